module bench-go-runtime

go 1.22
