//! What a server counts while it runs: computed units and the lateness of its timer. Every runtime
//! writes through this one type, so that none is measured differently.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::units;
use crate::latency::{Percentiles, histogram, percentiles};

/// The counters of a server since its window began.
pub(super) struct Figures {
    units: AtomicU64,
    timer: Mutex<Histogram<u64>>,
}

/// What a server reports at its end.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) units: u64,
    pub(super) timer: Percentiles,
}

impl Figures {
    pub(super) fn new() -> Self {
        Self { units: AtomicU64::new(0), timer: Mutex::new(histogram()) }
    }

    /// Computes and counts it.
    pub(super) fn compute(&self, units: u64) {
        units::compute(units);
        self.units.fetch_add(units, Ordering::Relaxed);
    }

    /// A timer that was due at `due` has fired now.
    pub(super) fn timer_fired(&self, due: Instant) {
        self.timer().saturating_record(nanoseconds(due.elapsed()));
    }

    /// Begins the window anew: what was counted before is forgotten.
    pub(super) fn restart(&self) {
        self.units.store(0, Ordering::Relaxed);
        self.timer().reset();
    }

    pub(super) fn totals(&self) -> Result<Totals> {
        let units = self.units.load(Ordering::Relaxed);
        Ok(Totals { units, timer: percentiles(&self.timer()) })
    }

    fn timer(&self) -> MutexGuard<'_, Histogram<u64>> {
        self.timer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_forgets_what_came_before() {
        let figures = Figures::new();
        figures.compute(10);
        figures.timer_fired(Instant::now() - Duration::from_secs(5));
        figures.restart();
        figures.compute(3);
        figures.timer_fired(Instant::now());
        let totals = figures.totals().unwrap();
        assert_eq!(totals.units, 3);
        assert!(totals.timer.max < 4e6);
    }
}
