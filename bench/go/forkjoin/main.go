// The cases of the benchmark group `forkjoin` in Go: a goroutine for each computation that is asked
// for, and a channel back. Prints a JSON array of figures, like the contenders in Rust.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"time"
)

const (
	computation = 50 * time.Microsecond
	asks        = 100
)

var quick = len(os.Args) > 2 && os.Args[2] == "--quick"

func trifle() time.Duration { return 0 }

func compute() time.Duration {
	began := time.Now()
	for time.Since(began) < computation {
	}
	return time.Since(began)
}

// ns per round trip, beyond the computation itself; the first hundred are not counted.
func roundTrip(work func() time.Duration) float64 {
	span := 700 * time.Millisecond
	if quick {
		span = 200 * time.Millisecond
	}
	start := time.Now()
	var times []float64
	for len(times) < 3 || time.Since(start) < span {
		began, computed := time.Now(), time.Duration(0)
		for i := 0; i < asks; i++ {
			answer := make(chan time.Duration)
			go func() { answer <- work() }()
			computed += <-answer
		}
		times = append(times, float64((time.Since(began)-computed).Nanoseconds())/asks)
	}
	counted := times[1:]
	sort.Float64s(counted)
	return counted[len(counted)/2]
}

func main() {
	cases := map[string]func() time.Duration{"ask-short": trifle, "ask-long": compute}
	if len(os.Args) < 2 || cases[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: forkjoin ask-short|ask-long [--quick]")
		os.Exit(2)
	}
	figures := []float64{roundTrip(cases[os.Args[1]])}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
