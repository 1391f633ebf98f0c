// The server of the mixed group in Go: echo, a 1 ms timer and four computing goroutines in one
// runtime. It takes the load, the units per poll and how the kernel refuses to raise a lowered
// thread as arguments, says its port as JSON, and obeys "start" and "stop" on standard input as
// the servers in Rust do. A unit is the same arithmetic as in Rust, compiled by Go.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	computingTasks = 4
	unitSteps      = 64
	bufferBytes    = 1024
)

var (
	computed atomic.Uint64
	sink     atomic.Uint64
	lateMu   sync.Mutex
	lateNs   []int64
)

// compute does the given units of work and counts them.
func compute(units uint64) {
	state := uint64(1)
	for step := uint64(0); step < units*unitSteps; step++ {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
	}
	sink.Store(state)
	computed.Add(units)
}

func computeForever(load string, units uint64) {
	for {
		if load == "fresh-tasks" {
			done := make(chan struct{})
			go func() {
				compute(units)
				close(done)
			}()
			<-done
		} else {
			compute(units)
			runtime.Gosched()
		}
	}
}

func fireTimer() {
	for {
		due := time.Now().Add(time.Millisecond)
		time.Sleep(time.Millisecond)
		late := time.Since(due).Nanoseconds()
		lateMu.Lock()
		lateNs = append(lateNs, late)
		lateMu.Unlock()
	}
}

func echo(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, bufferBytes)
	for {
		count, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:count]); err != nil {
			return
		}
	}
}

func accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		go echo(connection)
	}
}

func restart() {
	computed.Store(0)
	lateMu.Lock()
	lateNs = nil
	lateMu.Unlock()
}

// totals gives the figures since the start, percentiles in microseconds.
func totals() map[string]any {
	units := computed.Load()
	lateMu.Lock()
	defer lateMu.Unlock()
	sort.Slice(lateNs, func(a, b int) bool { return lateNs[a] < lateNs[b] })
	at := func(quantile float64) float64 {
		if len(lateNs) == 0 {
			return 0
		}
		rank := int(math.Ceil(quantile*float64(len(lateNs)))) - 1
		return float64(lateNs[max(rank, 0)]) / 1e3
	}
	timer := map[string]float64{"p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": at(1)}
	return map[string]any{"units": units, "timer": timer}
}

func say(answer any) {
	line, err := json.Marshal(answer)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}

func obey() {
	words := bufio.NewScanner(os.Stdin)
	for words.Scan() && words.Text() != "stop" {
		restart()
	}
	say(totals())
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench-go-mixed:", err)
	os.Exit(1)
}

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: bench-go-mixed LOAD UNITS_PER_POLL HOW_RAISING_WAS_REFUSED"))
	}
	units, err := strconv.ParseUint(os.Args[2], 10, 64)
	if err != nil {
		fail(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	go accept(listener)
	go fireTimer()
	for range computingTasks {
		go computeForever(os.Args[1], units)
	}
	say(map[string]any{"port": port, "raising_refused": os.Args[3]})
	obey()
}
