//! Figures of a runtime at one instant.

use cortado_probe::Lane;

use crate::handle::{Flavour, Handle};
use crate::shim::atomic::{AtomicU64, Ordering};

/// Figures of a runtime; see [`Handle::metrics`].
///
/// They are always on, since each of them is kept by who is slow already or sleeps: no clock is read
/// and nothing is counted where a task is queued or polled. So there is no histogram here of how
/// long polls take and how long tasks wait for their turn, which would need two readings of a clock
/// for each poll, as much as a poll of a short task costs. What is bad enough to matter is told: each
/// poll that outlasts the stall limit is counted, and reported through the probe with its task,
/// place, duration and cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Tasks that have not ended. Counting them takes time in proportion to the most that there
    /// ever were at once.
    pub live_tasks: usize,
    /// Workers that hold a seat of the wait lane; on an event loop, 0.
    pub active_wait_workers: usize,
    /// Workers that hold a seat of the work lane.
    pub active_work_workers: usize,
    /// Threads of the wait lane, sleeping ones included.
    pub wait_threads: usize,
    /// Threads of the work lane, sleeping ones included.
    pub work_threads: usize,
    /// Polls that outlasted the stall limit (0.5 ms in the wait lane, 20 ms in the work lane), since
    /// the start, as far as the monitor saw them.
    pub long_polls: u64,
    /// Those among them whose thread was blocked in a call, and did not compute.
    pub blocked_polls: u64,
    /// Seats that the polls under way have lost, to the monitor or to a worker in its place, since the start.
    pub seats_freed: u64,
    /// Threads that the monitor has given a lower priority, since the start.
    pub threads_lowered: u64,
    /// Tasks that moved to the work lane, because they computed or because the lane has all the
    /// threads that it may start and they were not known to be short, since the start.
    pub moves_to_work: u64,
    /// Tasks that moved to the wait lane because their polls had become short, since the start.
    pub moves_to_wait: u64,
    /// New tasks that started in the work lane, because others from their spawn location had
    /// computed, since the start.
    pub starts_in_work: u64,
    /// How often the monitor has looked, since the start.
    pub monitor_looks: u64,
    /// Threads of the blocking pool.
    pub blocking_threads: usize,
    /// Threads of the blocking pool without a closure.
    pub idle_blocking_threads: usize,
    /// Closures that wait for a thread of the blocking pool.
    pub queued_closures: usize,
}

impl Metrics {
    pub(crate) fn of(handle: &Handle) -> Metrics {
        let mut metrics = Metrics::default();
        if let Flavour::Lanes(lanes) = handle.flavour() {
            let (wait, work) = (lanes.lane(Lane::Wait), lanes.lane(Lane::Work));
            let counts = &lanes.monitor().counts;
            let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            metrics.active_wait_workers = wait.idle.active();
            metrics.active_work_workers = work.idle.active();
            metrics.wait_threads = wait.threads();
            metrics.work_threads = work.threads();
            metrics.long_polls = read(&counts.long_polls);
            metrics.blocked_polls = read(&counts.blocked_polls);
            metrics.seats_freed = read(&counts.seats_freed);
            metrics.threads_lowered = read(&counts.threads_lowered);
            metrics.monitor_looks = read(&counts.looks);
            let moves = &lanes.placement().counts;
            metrics.moves_to_work = read(&moves.moves_to_work);
            metrics.moves_to_wait = read(&moves.moves_to_wait);
            metrics.starts_in_work = read(&moves.starts_in_work);
        }
        handle.registry().view(|_| metrics.live_tasks += 1);
        let pool = handle.resources().blocking().metrics();
        metrics.blocking_threads = pool.threads;
        metrics.idle_blocking_threads = pool.idle;
        metrics.queued_closures = pool.queued;
        metrics
    }
}
