module bench-go-forkjoin

go 1.22
