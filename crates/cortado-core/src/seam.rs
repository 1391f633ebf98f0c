//! The seam: the two things that a checker or a test replaces, and nothing else.
//!
//! A `Clock` says what time it is; a `Driver` chooses which of several runnable tasks is next.
//! The defaults are the machine's monotonic clock and "the oldest". Virtual time and a chosen
//! schedule are other implementations of these two traits; the scheduler's logic does not change.

use std::time::Instant;

/// Says what time it is for timers.
pub trait Clock: Send + Sync + 'static {
    /// Now. Never goes backwards.
    fn now(&self) -> Instant;
}

/// The machine's monotonic clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// Chooses the next of several runnable tasks on the single-thread flavour.
pub trait Driver: Send + 'static {
    /// The index, below `candidates`, of the task to run next; 0 is the one that waits longest.
    ///
    /// `candidates` is at least 1.
    fn choose(&mut self, candidates: usize) -> usize;
}
