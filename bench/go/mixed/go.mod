module bench-go-mixed

go 1.22
