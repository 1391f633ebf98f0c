//! How a contender's process measures itself: it repeats the work for a while, and takes the median.

use std::time::{Duration, Instant};

use crate::round::median;

/// How long and how often a piece of work is repeated.
pub(super) struct Stopwatch {
    quick: bool,
}

impl Stopwatch {
    pub(super) fn new(quick: bool) -> Self {
        Self { quick }
    }

    pub(super) fn is_quick(&self) -> bool {
        self.quick
    }

    /// How long something is to be watched.
    pub(super) fn span(&self, full: Duration, quick: Duration) -> Duration {
        if self.quick { quick } else { full }
    }

    /// The median time of one of the `operations` that a call to `work` makes, in ns. The first
    /// call is not counted.
    pub(super) fn per_operation(&self, operations: usize, mut work: impl FnMut()) -> f64 {
        work();
        let span = self.span(Duration::from_millis(700), Duration::from_millis(150));
        let began = Instant::now();
        let mut times = Vec::new();
        while times.len() < 3 || began.elapsed() < span {
            let began = Instant::now();
            work();
            times.push(began.elapsed().as_nanos() as f64 / operations as f64);
        }
        median(&times).expect("there were three calls at least")
    }
}
