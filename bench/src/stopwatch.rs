//! How a contender's process measures itself: it repeats the work for a while, and takes the median.

use std::time::{Duration, Instant};

use crate::round::median;

/// How long and how often a piece of work is repeated.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch {
    quick: bool,
}

impl Stopwatch {
    pub(crate) fn new(quick: bool) -> Self {
        Self { quick }
    }

    pub(crate) fn is_quick(&self) -> bool {
        self.quick
    }

    /// How long something is to be watched.
    pub(crate) fn span(&self, full: Duration, quick: Duration) -> Duration {
        if self.quick { quick } else { full }
    }

    /// The median time of one of the `operations` that a call to `work` makes, in ns. The first
    /// call is not counted.
    pub(crate) fn per_operation(&self, operations: usize, mut work: impl FnMut()) -> f64 {
        self.median(|| {
            let began = Instant::now();
            work();
            began.elapsed()
        }) / operations as f64
    }

    /// The median of what a call to `sample` says, in ns. The first call is not counted.
    pub(crate) fn median(&self, mut sample: impl FnMut() -> Duration) -> f64 {
        sample();
        let span = self.span(Duration::from_millis(700), Duration::from_millis(150));
        let began = Instant::now();
        let mut times = Vec::new();
        while times.len() < 3 || began.elapsed() < span {
            times.push(sample().as_nanos() as f64);
        }
        median(&times).expect("there were three calls at least")
    }
}
