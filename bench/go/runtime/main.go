// The cases of the benchmark group `runtime` in Go: goroutines for tasks, channels and WaitGroups
// for handles. Prints a JSON array of figures, like the contenders in Rust.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var quick = len(os.Args) > 2 && os.Args[2] == "--quick"

func span(full, short time.Duration) time.Duration {
	if quick {
		return short
	}
	return full
}

func count(full, short int) int {
	if quick {
		return short
	}
	return full
}

func perOperation(operations int, work func()) float64 {
	work()
	limit := span(700*time.Millisecond, 150*time.Millisecond)
	began := time.Now()
	var times []float64
	for len(times) < 3 || time.Since(began) < limit {
		start := time.Now()
		work()
		times = append(times, float64(time.Since(start).Nanoseconds())/float64(operations))
	}
	sort.Float64s(times)
	return times[len(times)/2]
}

func spawnMany(tasks int) float64 {
	return perOperation(tasks, func() {
		var group sync.WaitGroup
		group.Add(tasks)
		for i := 0; i < tasks; i++ {
			go group.Done()
		}
		group.Wait()
	})
}

func stall() {
	began := time.Now()
	for time.Since(began) < 10*time.Microsecond {
	}
}

func busy1() float64 {
	var stop atomic.Bool
	for i := 0; i < 4; i++ {
		go func() {
			for !stop.Load() {
				runtime.Gosched()
				stall()
			}
		}()
	}
	defer stop.Store(true)
	return spawnMany(10_000)
}

func busy2() float64 {
	var stop atomic.Bool
	var succeed func()
	succeed = func() {
		if !stop.Load() {
			stall()
			go succeed()
		}
	}
	for i := 0; i < 4; i++ {
		go succeed()
	}
	defer stop.Store(true)
	return spawnMany(1_000)
}

func yieldIn(tasks, yields int) float64 {
	return perOperation(tasks*yields, func() {
		var group sync.WaitGroup
		group.Add(tasks)
		for i := 0; i < tasks; i++ {
			go func() {
				for n := 0; n < yields; n++ {
					runtime.Gosched()
				}
				group.Done()
			}()
		}
		group.Wait()
	})
}

func pingPong() float64 {
	const pairs = 1_000
	return perOperation(pairs, func() {
		var group sync.WaitGroup
		group.Add(pairs)
		for i := 0; i < pairs; i++ {
			go func() {
				ping, pong := make(chan struct{}, 1), make(chan struct{}, 1)
				go func() {
					<-ping
					pong <- struct{}{}
				}()
				ping <- struct{}{}
				<-pong
				group.Done()
			}()
		}
		group.Wait()
	})
}

func chainedSpawn() float64 {
	const chain = 1_000
	return perOperation(chain, func() {
		done := make(chan struct{})
		var next func(left int)
		next = func(left int) {
			if left == 0 {
				close(done)
			} else {
				go next(left - 1)
			}
		}
		next(chain)
		<-done
	})
}

func spawnAndAwait() float64 {
	return spawnMany(count(1_000_000, 100_000))
}

func rendezvous() float64 {
	const roundTrips = 200_000
	return perOperation(roundTrips, func() {
		there, back := make(chan uint64), make(chan uint64)
		go func() {
			for n := 0; n < roundTrips; n++ {
				back <- <-there
			}
		}()
		for n := uint64(0); n < roundTrips; n++ {
			there <- n
			<-back
		}
	})
}

func descend(parent chan<- uint64, first, leaves uint64) {
	if leaves == 1 {
		parent <- first
		return
	}
	answers := make(chan uint64)
	each := leaves / 10
	for child := uint64(0); child < 10; child++ {
		go descend(answers, first+child*each, each)
	}
	sum := uint64(0)
	for child := 0; child < 10; child++ {
		sum += <-answers
	}
	parent <- sum
}

func skynet() float64 {
	leaves := uint64(count(1_000_000, 100_000))
	return perOperation(1, func() {
		answer := make(chan uint64)
		go descend(answer, 0, leaves)
		if <-answer != leaves*(leaves-1)/2 {
			panic("the sum is wrong")
		}
	}) / 1e6
}

// The thread that wakes sleeps in the kernel, as the others' does: Go's own timers are not measured.
func wokenAmongBusy() []float64 {
	var stop atomic.Bool
	for i := 0; i < 8; i++ {
		go func() {
			for !stop.Load() {
				runtime.Gosched()
			}
		}()
	}
	defer stop.Store(true)
	wakes := make(chan time.Time, 1024)
	reports := make(chan float64, 1<<16)
	go func() {
		for woken := range wakes {
			reports <- float64(time.Since(woken).Nanoseconds()) / 1e3
		}
		close(reports)
	}()
	until := time.Now().Add(span(2*time.Second, 300*time.Millisecond))
	pause := syscall.NsecToTimespec(int64(time.Millisecond))
	for time.Now().Before(until) {
		// A signal that ends it early only makes one pause shorter.
		_ = syscall.Nanosleep(&pause, nil)
		wakes <- time.Now()
	}
	close(wakes)
	var all []float64
	for late := range reports {
		all = append(all, late)
	}
	sort.Float64s(all)
	return []float64{all[len(all)*99/100], all[len(all)-1]}
}

func resident() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	check(err)
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	check(err)
	return float64(pages * os.Getpagesize())
}

func bytesPerTask(wait func()) float64 {
	const tasks = 1_000_000
	before := resident()
	var group sync.WaitGroup
	group.Add(tasks)
	for i := 0; i < tasks; i++ {
		go func() {
			group.Done()
			wait()
		}()
	}
	group.Wait()
	return (resident() - before) / tasks
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func tinyTasks() float64 {
	limit := span(3*time.Second, 500*time.Millisecond)
	began, before := time.Now(), cpuTime()
	next := began
	for time.Since(began) < limit {
		go func() {}()
		next = next.Add(time.Millisecond)
		time.Sleep(time.Until(next))
	}
	return 100 * float64(cpuTime()-before) / float64(time.Since(began))
}

func contextSwitches() float64 {
	files, err := filepath.Glob("/proc/self/task/*/status")
	check(err)
	sum := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(text), "\n") {
			if strings.Contains(line, "ctxt_switches") {
				number, err := strconv.Atoi(strings.Fields(line)[1])
				check(err)
				sum += number
			}
		}
	}
	return float64(sum)
}

func idleWakeUps() float64 {
	time.Sleep(1500 * time.Millisecond)
	limit := span(4*time.Second, time.Second)
	before := contextSwitches()
	time.Sleep(limit)
	return (contextSwitches() - before) / limit.Seconds()
}

func farAway(index int) time.Duration {
	return time.Minute + time.Duration(index)*60*time.Microsecond
}

func timers() []float64 {
	total := count(1_000_000, 100_000)
	single := perOperation(total, func() {
		for i := 0; i < total; i++ {
			time.NewTimer(farAway(i)).Stop()
		}
	})
	together := perOperation(total, func() {
		all := make([]*time.Timer, total)
		for i := range all {
			all[i] = time.NewTimer(farAway(i))
		}
		for _, timer := range all {
			timer.Stop()
		}
	})
	return []float64{single, together}
}

func lateness() float64 {
	until := time.Now().Add(span(2*time.Second, 400*time.Millisecond))
	var all []float64
	var lock sync.Mutex
	var group sync.WaitGroup
	for seed := 0; seed < 100; seed++ {
		group.Add(1)
		go func(ms int) {
			defer group.Done()
			for time.Now().Before(until) {
				ms = (ms*37 + 11) % 50
				due := time.Now().Add(time.Duration(ms+1) * time.Millisecond)
				time.Sleep(time.Until(due))
				late := float64(time.Since(due).Nanoseconds()) / 1e3
				lock.Lock()
				all = append(all, late)
				lock.Unlock()
			}
		}(seed)
	}
	group.Wait()
	sort.Float64s(all)
	return all[len(all)*99/100]
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	var figures []float64
	one := func(figure float64) { figures = []float64{figure} }
	switch os.Args[1] {
	case "spawn-many-local", "spawn-many-remote-idle":
		one(spawnMany(10_000))
	case "spawn-many-remote-busy1":
		one(busy1())
	case "spawn-many-remote-busy2":
		one(busy2())
	case "yield-many":
		one(yieldIn(200, 1_000))
	case "ping-pong":
		one(pingPong())
	case "chained-spawn":
		one(chainedSpawn())
	case "spawn-and-await":
		one(spawnAndAwait())
	case "yield":
		one(yieldIn(1_000, count(10_000, 1_000)))
	case "rendezvous":
		one(rendezvous())
	case "skynet":
		one(skynet())
	case "woken-among-busy":
		figures = wokenAmongBusy()
	case "parked":
		one(bytesPerTask(func() { select {} }))
	case "sleeping":
		one(bytesPerTask(func() { time.Sleep(time.Hour) }))
	case "tiny-tasks":
		one(tinyTasks())
	case "idle-wake-ups":
		one(idleWakeUps())
	case "timers":
		figures = timers()
	case "lateness":
		one(lateness())
	default:
		fmt.Fprintln(os.Stderr, "there is no case", os.Args[1])
		os.Exit(1)
	}
	check(json.NewEncoder(os.Stdout).Encode(figures))
}
