//! The numbers of the engine: for each its unit, and why it has this value.

use std::time::Duration;

/// How long a job that is told to end by `TERM` has to do so before it is killed. As long as GNU
/// parallel's last two steps together (200 ms, 100 ms) and then some, because a job that cleans up
/// after itself on a busy machine needs it.
pub(super) const TERM_GRACE: Duration = Duration::from_secs(1);

/// How long a run that a signal has ended goes on writing output of jobs that had finished before.
/// A reader that keeps up takes what a pipe holds within a fraction of that.
pub(super) const OUTPUT_GRACE: Duration = Duration::from_secs(1);

/// Processes that are made at a time even on one core: while one is made the other one's maker may
/// still be on its way back to work.
pub(super) const FEWEST_MAKERS: usize = 2;

/// Jobs that are read ahead. Enough that the reader is woken once for many starts: 10,000 starts a
/// second would need it 40 times a second.
pub(super) const READ_AHEAD: usize = 256;

/// The memory of the jobs that are read ahead, bytes: two blocks of standard input as they are by
/// default. As many wait with the reader and with the event loop.
pub(super) const READ_AHEAD_BYTES: usize = 2 << 20;

/// When `-j auto` first looks at the jobs. A sleeping process is past `exec` and asleep after about
/// 2 ms, so that waiting shows by then, and a run of short jobs loses little.
pub(super) const FIRST_LOOK: Duration = Duration::from_millis(20);

/// Least time between two looks of `-j auto`: the kernel counts idle time in ticks of 10 ms.
pub(super) const LOOK_APART: Duration = Duration::from_millis(10);

/// How often `--load` and `--memfree` look again while they hold the next job back, and how often
/// `--memfree` looks at running jobs. A job that allocates 1 GB/s takes 100 MB in that time.
pub(super) const GATE_INTERVAL: Duration = Duration::from_millis(100);

/// Most starts per second under `--load`: a process that was just started is not yet ready in the
/// count that it is compared with, and would let a burst through. A start takes about 1 ms.
pub(super) const LOAD_SETTLES: Duration = Duration::from_millis(5);

/// After so long without a start `--load` and `--memfree` say that they hold the next job back.
pub(super) const GATE_SILENCE: Duration = Duration::from_secs(10);

/// The first pause after a process could not be made for want of processes, memory or descriptors.
/// It doubles each time.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Failed tries in a row to make the only process of the run, after which the run is given up:
/// with doubling pauses from 20 ms on, 5 seconds.
pub(super) const LONE_TRIES: u32 = 8;

/// How long the number at once stays below what could not be started.
pub(super) const CEILING_HOLDS: Duration = Duration::from_secs(2);

/// Part of memory, of the machine's, that `-j auto` leaves free: one in so many.
pub(super) const MEMORY_RESERVE: u64 = 20;

/// Share of `--memfree` below which the youngest job is ended: GNU parallel's.
pub(super) const MEMORY_EVICTS: f64 = 0.5;

/// How long a maker stays with a job that it expects to be short: several times as long as `true`
/// takes on a busy machine. What a job writes beyond its pipe, and a signal to it, waits for so long.
pub(super) const STAYS: Duration = Duration::from_millis(10);

/// Jobs in a row that must have been short before the next one is expected to be: few enough that
/// a run of a hundred gains, and enough that jobs of mixed lengths are left to the event loop.
pub(super) const SHORT_ENOUGH: u32 = 8;

/// Jobs that are prepared ahead of makers that go on by themselves. A loop that is woken at half
/// of them has 3 ms to bring more when two makers start 10,000 jobs a second.
pub(super) const STOCK: usize = 64;

/// The memory of their arguments, bytes. An ordinary command takes 100, but with `-n 10000` it is
/// half a megabyte.
pub(super) const STOCK_BYTES: usize = 1 << 20;

/// The loop hears of short jobs at the latest so long after their end, plus the length of one. At
/// 1,500 jobs a second that makes one wake-up of 8.
pub(super) const DELIVERY: Duration = Duration::from_millis(5);
