//! The numbers that the scheduler runs by: each with its unit, its reason, and what chose it.
//! A number that no benchmark has chosen yet says so.

use std::time::Duration;

/// Polls between two looks of a busy worker at the descriptors and the timers, at the most. Odd,
/// so that it does not beat with loops of even length. The figure of Go and Tokio (61); not
/// measured here.
pub(crate) const LOOK_EVERY_POLLS: u32 = 61;

/// What a worker with long polls aims at as the time between two looks: one of the shortest polls that the
/// monitor must find. `runtime woken-among-computing`: its longest wait 811 µs, 2,282 without.
pub(crate) const LOOK_AIM: Duration = Duration::from_micros(100);

/// The least time between two of these looks at the descriptors and the timers. A look costs about
/// 0.4 µs; 61 polls that only yield take 1 µs. Measured as `runtime yield`.
pub(crate) const LOOK_EVERY: Duration = Duration::from_micros(10);

/// Looks at the descriptors that a worker skips in a row, at the most, while its ring is half full or
/// more: 128 tasks and six looks, which come 100 µs apart where polls take 2 µs or more, are about as
/// long. `net echo-64B-1000`, p99: 43 ms without, 21 with it (Tokio 45).
pub(crate) const LOOKS_SKIPPED_MOST: u32 = 6;

/// Polls between two looks of a busy worker at its lane's injector, at the most, which costs two loads
/// where it is empty. `runtime spawn-many-remote-busy1`: with 61, and one task at a time, tasks from outside
/// waited 80 times as long as Tokio's beside tasks that yield.
pub(crate) const INJECTOR_EVERY_POLLS: u32 = 8;

/// The same for a worker that has many tasks of its own, each of which waits for the others: so many
/// polls of its own stand against one task from the injector. A multiple of the figure above. With 8
/// the workers contend for the injector: `runtime yield` doubles.
pub(crate) const INJECTOR_EVERY_POLLS_WITH_MANY: u32 = 64;

/// How long the last worker awake looks at the descriptors again and again before it falls asleep, where
/// its sleeps are short: what a sleep and the waking from it cost, some 20 µs where the core falls asleep as
/// well. `net echo-64B-1`, thousands of requests a second and µs of the server's CPU time for each: with 10 µs 18.5
/// and 22.8, 20 µs 41.9 and 22.2, 30 µs 45.4 and 21.9, 40 µs 45.0 and 22.0; `echo-64B-50`: with 10 µs 202, with
/// 20 173 to 191, with 30 205, with 40 200 to 204. What it costs: a request each 50 µs, whatever the answer, takes 36
/// instead of 14 µs of CPU time, each 70 µs nothing more.
pub(crate) const POLLER_LINGER: Duration = Duration::from_micros(30);

/// So many times in a row in vain end the lingering. A first guess: one by chance must not.
pub(crate) const PATIENCE_MAX: u32 = 4;

/// After so many sleeps in a row of less than twice that, a thread tries whether lingering helps. A first guess: what
/// a try in vain costs, about two sleeps, is to be little beside those.
pub(crate) const LINGER_TRY_EVERY: u32 = 16;

/// A thread that lingers and has lost its core to others for so long shares it with some that compute: a client
/// that answers does not take so long, and the kernel's tick comes after 1 to 4 ms. Not measured beyond that.
pub(crate) const LINGER_LOST: Duration = Duration::from_millis(1);

/// So many sleeps are without lingering then: a loss of a few ms in a thousand requests. Not measured beyond `net
/// echo-64B-1` and `echo-64B-50`, which are the same with it and without.
pub(crate) const SLEEPS_WITHOUT_LINGERING: u32 = 1_000;

/// Tasks in a row that may run from the next-task slot while others wait in the ring. Tokio's
/// figure; keeps a pair of tasks that wake each other from starving the rest. Not measured here.
pub(crate) const NEXT_IN_A_ROW: u32 = 3;

/// Of the tasks that a worker's queue has spilled before their first poll, the oldest and not the newest leave
/// at every so many of their turns, beside those that a worker takes singly. A first guess: rare, so that a tree of
/// tasks still grows into its depth.
pub(crate) const INJECTOR_OLDEST_EVERY: u32 = 16;

/// Tasks that a worker takes from the injector beside the one that it runs. Bounded so that the
/// lock is held shortly; 64 are no better (`runtime skynet`, `spawn-many-local`, `spawn-many-remote-busy1`).
pub(crate) const INJECTOR_BATCH: usize = 32;

/// A worker that finds nothing looks on for a few µs before it sleeps, if it has polled so often
/// since it rose: then tasks come faster than threads can be woken. One that was woken for a request
/// or a timer has polled less, and sleeps at once.
pub(crate) const LINGER_AFTER_POLLS: u32 = 16;

/// Looks of a lingering worker at the queues. With `LINGER_PAUSES` about 5 µs in all, what waking a
/// thread costs its waker and the thread (a futex hand-over is 7 to 8 µs here).
pub(crate) const LINGER_LOOKS: u32 = 16;
/// Spin-loop hints between two such looks.
pub(crate) const LINGER_PAUSES: u32 = 8;

/// A busy worker takes over what waits behind another one that has begun no poll for so long, at its
/// next look. A thread that is preempted may wait for a time slice of 3 ms. `net echo-64B-50`, whose client
/// takes one of the two cores, p99: 3.0 ms without, 0.57 with 150 µs, 0.52 with 80 (Tokio 0.70).
pub(crate) const RELIEF_AFTER: Duration = Duration::from_micros(80);

/// For how long a worker of the wait lane stays awake for an answer of the work lane: `forkjoin ask-long`, what
/// 50 µs of computing take beyond themselves: 6 to 8 µs instead of 44.
pub(crate) const ANSWER_LINGER: Duration = Duration::from_micros(100);

/// So many answers in a row that did not come within that time make a worker fall asleep at once. More than
/// one or two, which come late by chance.
pub(crate) const ANSWER_PATIENCE: u32 = 4;
/// It tries again once in so many sleeps: 1.6 µs a sleep on average, on a core that nobody uses.
pub(crate) const ANSWER_TRY_EVERY: u32 = 64;

/// A theft that brings fewer tasks beside the one that runs next makes the thief patient: with 16 its
/// two or three transfers of the victim's cache lines are spread over as many tasks.
pub(crate) const STEAL_FEW: usize = 16;
/// Spin-loop hints of a patient thief before it steals again, about half a µs. `runtime
/// spawn-and-await`, in ns per task: none 141, 8 hints 117, 32 hints 114, 512 hints 111.
pub(crate) const STEAL_PAUSES: u32 = 32;

/// The most slots, and the most shares in the lanes, that a worker keeps at hand for its tasks. With
/// 256, a change of the shared words is paid once for 64 tasks or more.
pub(crate) const SPARE_MOST: usize = 256;

/// Cells up to this size are recycled, in bytes; most futures are smaller. None under loom, which
/// follows each allocation, and none under AddressSanitizer, from which it would hide mistakes.
pub(crate) const RECYCLED_BYTES: usize = if cfg!(any(loom, plain_memory)) { 0 } else { 512 };

/// Bytes that change hands at once when cells are recycled between threads: about 70 small tasks.
pub(crate) const BUNDLE_BYTES: usize = 8 * 1024;

/// How many bundles of one size class are kept for all threads: 1 MiB. Beyond that, memory goes back
/// to the allocator.
pub(crate) const BUNDLES_PER_CLASS: usize = if cfg!(loom) { 2 } else { 128 };

/// How many entries of timers that it dropped a thread keeps, for the timers that it makes next: a few
/// timeouts within each other. So many, and those that timers have that were not polled yet, may also wake an idle
/// poller once each, for nothing. Not
/// measured beyond `runtime timers`, for which one is enough.
pub(crate) const STASHED_ENTRIES: usize = 16;

/// How long one poll may last while others wait, before its seat is freed, in the wait lane.
/// `mixed`: with 0.5 ms the echo's tail stays far below the computing polls; the monitor
/// looks no faster than twice in that time. Others were not measured.
pub(crate) const STALL_LIMIT: Duration = Duration::from_micros(500);

/// The same in the work lane, where polls are long by nature: after this the kernel shares the
/// cores between more threads than there are seats. A fifth of the 100 ms within which every one
/// of four computing tasks a core is to get its first slice. Polls of 10 ms, a common length, do
/// not reach it. Not measured beyond that.
pub(crate) const WORK_STALL_LIMIT: Duration = Duration::from_millis(20);

/// The monitor's pace while a poll is in progress that may outlast the stall limit and somebody
/// waits for it: half of `STALL_LIMIT`. A 0.2 ms loop costs 9 % of a core, so it is only kept up while there
/// is a reason. Others were not measured.
pub(crate) const TICK_SHORT: Duration = Duration::from_micros(250);

/// The monitor's pace while ready tasks wait although polls come and go: it samples. 2 ms cost
/// about 1 % of a core. Others were not measured.
pub(crate) const TICK_SAMPLE: Duration = Duration::from_millis(2);

/// The monitor's pace while a poll in the work lane may outlast its limit and others wait for the seat. `mixed
/// slices` with `compute`, the first slice of the last of 8 endless tasks: 102 ms with twice as much, 87 with this.
pub(crate) const TICK_WORK: Duration = Duration::from_millis(5);

/// The monitor's slowest pace while anybody is awake: Go's sysmon has the same. Not measured.
pub(crate) const TICK_LONG: Duration = Duration::from_millis(10);

/// Ticks without any poll after which the monitor goes to sleep. Half a second of the slowest pace:
/// a program that does something every few milliseconds does not pay a wake-up each time. Not measured.
pub(crate) const TICKS_BEFORE_SLEEP: u32 = 50;

/// A poll that is still the same after this time, on CPU, is a long one. Ten times a busy
/// connection's poll (5 µs), and below the shortest computing poll that must be found (100 µs). A sample, which
/// lasts as long, finds one that used half of it: the sample begins and ends within some poll. Others
/// were not measured.
pub(crate) const LONG_POLL: Duration = Duration::from_micros(40);

/// A poll that was found long is worth a line for people after this time. The usual advice is 10 to
/// 100 µs between two awaits, and Go's scheduler asks for preemption after 10 ms: what is below costs
/// others little here, and a line would only annoy.
pub(crate) const LINE_AFTER: Duration = Duration::from_millis(10);

/// Between two such lines of one spawn location: a log stays readable however many polls are long.
pub(crate) const LINE_EVERY: Duration = Duration::from_secs(60);

/// Of how many locations it is remembered that a line was said: 4 KiB. A bound, not a speed.
pub(crate) const LINE_LOCATIONS: usize = 256;

/// A task moves to the work lane when it has used this much CPU time in long polls lately, µs. Two
/// samples of the monitor, so that one unlucky sample moves nobody. `mixed short-polls` is where it shows;
/// others were not measured.
pub(crate) const MOVE_AT_US: u32 = 3_000;

/// A task comes back to the wait lane when what it used lately has fallen below this, µs. An eighth
/// of `MOVE_AT_US`: three short polls, so a task does not go back and forth. Not measured.
pub(crate) const RETURN_BELOW_US: u32 = 400;

/// What a task counts as having used when a poll of it was blocked in a call, µs. Below
/// `RETURN_BELOW_US`, so that it moves nobody; it is forgotten after 9 times `LOAD_HALF_LIFE`.
pub(crate) const BLOCKED_LOAD_US: u32 = 256;

/// What a task used lately is halved in this time: a tenth of a second is what people take for at once. Not
/// measured.
pub(crate) const LOAD_HALF_LIFE: Duration = Duration::from_millis(100);

/// A spawn location's score at which its new tasks start in the work lane. `mixed fresh-1ms` and `fresh-10ms`
/// are what it is for; others were not measured, nor of the two below.
pub(crate) const LOCATION_HOT: u32 = 8;
/// See `LOCATION_HOT`: how far a location can be from being forgotten, in short tasks.
pub(crate) const LOCATION_MAX: u32 = 32;
/// What a location's score gains when the monitor finds one of its tasks computing: two findings
/// make it hot.
pub(crate) const LOCATION_FOUND: u32 = 4;

/// How many of the work lane's threads there may be for each of its seats: so many endless tasks
/// all advance by the kernel's time slices, and each has so much of a core. That many endless tasks a core are
/// to begin within 0.1 s (`mixed slices`). One more for each seat may be
/// lowered where all of these compute.
pub(crate) const WORK_THREADS_PER_SEAT: usize = 4;

/// Under a quota of control groups, the wait lane may use one CPU more than the quota holds whole ones
/// where this much of one is left, in CPUs. `mixed quota-1.5`.
pub(crate) const QUOTA_REST: f64 = 0.25;

/// How many threads of the wait lane may be blocked in calls, beside two for each of its seats: one
/// holds it, one is the next to be blocked. `mixed crowd-sleeping`.
pub(crate) const BLOCKED_THREADS: usize = 64;

/// The nice value of threads in the work lane. `mixed held-lock`, four rounds each: it leaves the work
/// lane 9.6 to 15 % of the cores beside a wait lane that never rests, 5 leaves it 24 to 29 %, 15 3.4 %
/// and 19 1.5 %, and then a task of the work lane waits up to 63 ms for a lock. Of `mixed crowd-endless`
/// the echo's p99 was 1.06 ms, with 5 3.2 ms, with 15 0.3 ms, with 19 0.7 ms, all before `LONG_SLICE`.
pub(crate) const WORK_NICE: i32 = 10;

/// The time slice of threads in the wait lane, once something computes: the shortest that the kernel takes. It
/// makes them no faster, it lets them go before the computing ones. Eight rounds of `mixed k2x-endless`, medians: the
/// echo's p99 155 µs instead of 431, the timer's 111 instead of 807; `mixed crowd-endless`: 1,070 instead
/// of 2,053. All before `LONG_SLICE`.
pub(crate) const WAIT_SLICE: Duration = Duration::from_micros(100);

/// The time slice of a thread in the work lane that is not known to compute for long. Longer than what the kernel
/// chooses on 2 cores, 1.4 ms (with more of them its own is as long, or longer), so that a job of 1 ms is seldom near its end, near which it would come before a thread of the
/// wait lane. Echo's p99 beside two tasks that ask for 1 ms of `compute` again and again (`mixed k1x-1ms`), medians of
/// seven to nine rounds in three runs: with the kernel's 346, 293 and 566 µs, with 2 ms 111 in the last one, with 3 ms
/// 109, 146 and 235, with 6 ms 163, with 20 ms 94. `mixed asked`, whose job waits for others' slices, p99 in ms: with the
/// kernel's 5.3, with 2 ms 6.1, with 3 ms 7.9, with 20 ms 25.
pub(crate) const WORK_SLICE: Duration = Duration::from_millis(2);

/// The time slice of a thread in the work lane whose poll has computed for `WORK_STALL_LIMIT`, or the one before for
/// `LONG_SLICE_FROM`. The longer, the fewer
/// ends it has, near which such a thread comes before one of the wait lane. Seven rounds each of the echo of `mixed
/// k2x-endless` in two runs, where all threads of the lane had it, p99, median and worst: with what the kernel chooses,
/// 1.4 ms, 160 and 833 µs, with 20 ms 76 and 96; then 5 ms 136 and 639, 10 ms 161 and 269, 20 ms 89 and 260, 40 ms
/// 69 and 97. With 20 ms for all threads a computation of 1 ms beside four endless ones took 25 ms at p99 instead of 7.
pub(crate) const LONG_SLICE: Duration = Duration::from_millis(20);

/// A thread of the work lane whose last poll has computed for so long has the long slice for the next one, too, unless it
/// sleeps before: what one of four that share a core for `WORK_STALL_LIMIT` has computed. `mixed`'s long polls, seven
/// rounds each, the echo's p99, median and worst, before a slice was kept and a seat taken over: four tasks with polls
/// of 100 ms 118 and 280 µs, now 82 and 265; with a client of the usual priority 880 and 2,935, now 100 and 999.
pub(crate) const LONG_SLICE_FROM: Duration = Duration::from_millis(5);

/// How long a thread beyond the seats waits for work before it ends. Tokio's figure for its
/// blocking threads.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// How late a tick of an interval with `Delay` may be without moving the ticks after it: less is the
/// machine's jitter, and would add up. Tokio's figure; timers here are 1.5 ms late at most on an idle
/// machine.
pub(crate) const DELAY_TOLERANCE: Duration = Duration::from_millis(5);

/// The most threads of the blocking pool. Tokio's figure.
pub(crate) const BLOCKING_THREADS: usize = 512;
