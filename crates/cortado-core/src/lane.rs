//! One lane: its idle workers, its shared queue, and how many threads it has and may have.

use crate::idle::Idle;
use crate::injector::Injector;
use crate::shim::atomic::{AtomicUsize, Ordering};

/// See the module.
pub(crate) struct LaneState {
    pub(crate) idle: Idle,
    pub(crate) injector: Injector,
    threads: AtomicUsize,
    most_threads: usize,
}

impl LaneState {
    /// Without threads so far. Those that it gets have numbers below `workers`.
    pub(crate) fn new(seats: usize, most_threads: usize, workers: usize) -> LaneState {
        let (idle, injector) = (Idle::new(seats, workers), Injector::new());
        LaneState { idle, injector, threads: AtomicUsize::new(0), most_threads }
    }

    /// Counts one thread more, up to the lane's bound.
    pub(crate) fn add_thread(&self) -> bool {
        self.add_thread_below(self.most_threads)
    }

    /// The same for one that is there already and computes: up to one for each seat beyond the bound.
    pub(crate) fn add_computing_thread(&self) -> bool {
        self.add_thread_below(self.most_threads + self.idle.seats())
    }

    fn add_thread_below(&self, bound: usize) -> bool {
        let add = |now| (now < bound).then_some(now + 1);
        self.threads.fetch_update(Ordering::AcqRel, Ordering::Relaxed, add).is_ok()
    }

    /// Counts one thread less.
    pub(crate) fn remove_thread(&self) {
        self.threads.fetch_sub(1, Ordering::AcqRel);
    }

    /// The lane has more threads than seats, so one that finds nothing to do may end.
    pub(crate) fn has_spare_threads(&self) -> bool {
        self.threads() > self.idle.seats()
    }

    /// No thread can be started.
    pub(crate) fn is_full(&self) -> bool {
        self.threads() >= self.most_threads
    }

    /// Only as many threads can be added as there are seats.
    pub(crate) fn is_nearly_full(&self) -> bool {
        self.threads() + self.idle.seats() >= self.most_threads
    }

    /// Counts one thread less, if that leaves one for each seat.
    pub(crate) fn remove_spare_thread(&self) -> bool {
        let remove = |now| (now > self.idle.seats()).then(|| now - 1);
        self.threads.fetch_update(Ordering::AcqRel, Ordering::Relaxed, remove).is_ok()
    }

    pub(crate) fn threads(&self) -> usize {
        self.threads.load(Ordering::Relaxed)
    }

    /// How many threads do not sleep, with a seat or without one. One that is about to end or has just
    /// begun may be missing.
    pub(crate) fn awake(&self) -> usize {
        self.threads().saturating_sub(self.idle.sleeping())
    }

    pub(crate) fn injected(&self) -> bool {
        !self.injector.is_empty()
    }
}
