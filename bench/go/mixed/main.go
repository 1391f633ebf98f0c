// The server of the mixed group in Go: echo, a 1 ms timer and computing goroutines in one runtime.
// It takes the kind of work, the number of tasks, the microseconds of a poll (0: without end), the
// milliseconds after which to begin, the units per millisecond and how the kernel refuses to raise
// a lowered thread as arguments, says its port as JSON, and obeys "start" and "stop" on standard input as
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
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	unitSteps   = 64
	bufferBytes = 1024
	message     = 64
)

var (
	kind       string
	tasks      int
	pollUs     uint64
	beginMs    int
	unitsPerMs uint64

	computed atomic.Uint64
	sink     atomic.Uint64
	begun    atomic.Int64
	lateMu   sync.Mutex
	lateNs   []int64
	firstNs  int64
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

// poll does one poll's work, counted a tenth of a millisecond at a time.
func poll() {
	if kind == "sleeping" {
		// What blocks a thread, as a call that Go does not know of would.
		span := syscall.NsecToTimespec(int64(pollUs) * 1000)
		syscall.Nanosleep(&span, nil)
		return
	}
	slice := max(unitsPerMs/10, 1)
	for left := unitsPerMs * pollUs / 1000; pollUs == 0 || left > 0; {
		now := slice
		if pollUs != 0 {
			now = min(left, slice)
			left -= now
		}
		compute(now)
	}
}

func begins(spawned time.Time) {
	late := time.Since(spawned).Nanoseconds()
	lateMu.Lock()
	firstNs = max(firstNs, late)
	lateMu.Unlock()
	begun.Add(1)
}

func computeForever(spawned time.Time) {
	begins(spawned)
	for {
		if kind == "fresh" {
			done := make(chan struct{})
			go func() {
				poll()
				close(done)
			}()
			<-done
		} else {
			poll()
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
		if kind == "requests" {
			for range count / message {
				done := make(chan struct{})
				go func() {
					poll()
					close(done)
				}()
				<-done
			}
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
	never := 0
	if kind != "requests" {
		never = max(tasks-int(begun.Load()), 0)
	}
	return map[string]any{
		"units": units, "timer": timer, "threads": threads(),
		"first_slice_ms": float64(firstNs) / 1e6, "never_begun": never,
	}
}

func threads() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fail(err)
	}
	for _, line := range strings.Split(string(status), "\n") {
		if count, found := strings.CutPrefix(line, "Threads:"); found {
			number, _ := strconv.Atoi(strings.TrimSpace(count))
			return number
		}
	}
	return 0
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
	if len(os.Args) != 7 {
		fail(fmt.Errorf("usage: bench-go-mixed KIND TASKS POLL_US BEGIN_MS UNITS_PER_MS HOW_RAISING_WAS_REFUSED"))
	}
	kind = os.Args[1]
	var numbers [4]uint64
	for place := range numbers {
		number, err := strconv.ParseUint(os.Args[2+place], 10, 64)
		if err != nil {
			fail(err)
		}
		numbers[place] = number
	}
	tasks, pollUs, beginMs, unitsPerMs = int(numbers[0]), numbers[1], int(numbers[2]), numbers[3]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	go accept(listener)
	go fireTimer()
	go func() {
		time.Sleep(time.Duration(beginMs) * time.Millisecond)
		for range tasks {
			go computeForever(time.Now())
		}
	}()
	say(map[string]any{"port": port, "raising_refused": os.Args[6]})
	obey()
}
