//! What a server counts while it runs: computed units, the lateness of its timer, how long tasks
//! waited for their first slice of a core. Every runtime computes and writes through this one type,
//! so that none is measured differently.

use std::fs;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::units;
use super::work::{Kind, Work};
use crate::latency::{Percentiles, histogram, percentiles};

/// The counters of a server since its window began.
pub(super) struct Figures {
    pub(super) work: Work,
    units_per_ms: u64,
    units: AtomicU64,
    timer: Mutex<Histogram<u64>>,
    /// Of all computing tasks since the start, not of the window.
    first_slice_ns: AtomicU64,
    /// Tasks that have had a first slice.
    begun: AtomicUsize,
}

/// What a server reports at its end.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) units: u64,
    pub(super) timer: Percentiles,
    /// Threads of the process at its end.
    pub(super) threads: usize,
    /// The longest that a task waited between its spawning and its first slice, among those that had
    /// one.
    pub(super) first_slice_ms: f64,
    /// Tasks that never had a slice.
    pub(super) never_begun: usize,
}

impl Figures {
    pub(super) fn new(work: Work, units_per_ms: u64) -> Self {
        Self {
            work,
            units_per_ms,
            units: AtomicU64::new(0),
            timer: Mutex::new(histogram()),
            first_slice_ns: AtomicU64::new(0),
            begun: AtomicUsize::new(0),
        }
    }

    /// One poll's work.
    pub(super) fn poll(&self) {
        let Work { kind, poll_us, .. } = self.work;
        match (kind, poll_us) {
            (Kind::Sleeping, us) => thread::sleep(Duration::from_micros(us)),
            (_, 0) => loop {
                self.compute(self.slice());
            },
            (_, us) => {
                let mut left = self.units_per_ms * us / 1000;
                while left > 0 {
                    let now = left.min(self.slice());
                    self.compute(now);
                    left -= now;
                }
            }
        }
    }

    /// Long polls are counted while they last, a tenth of a millisecond at a time.
    fn slice(&self) -> u64 {
        (self.units_per_ms / 10).max(1)
    }

    fn compute(&self, units: u64) {
        units::compute(units);
        self.units.fetch_add(units, Ordering::Relaxed);
    }

    /// A computing task that was spawned at `spawned` has its first slice now.
    pub(super) fn begins(&self, spawned: Instant) {
        self.first_slice_ns.fetch_max(nanoseconds(spawned.elapsed()), Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
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
        let begun = self.begun.load(Ordering::Relaxed);
        let expected = if self.work.kind == Kind::Requests { 0 } else { self.work.tasks };
        Ok(Totals {
            units: self.units.load(Ordering::Relaxed),
            timer: percentiles(&self.timer()),
            threads: threads()?,
            first_slice_ms: self.first_slice_ns.load(Ordering::Relaxed) as f64 / 1e6,
            never_begun: expected.saturating_sub(begun),
        })
    }

    fn timer(&self) -> MutexGuard<'_, Histogram<u64>> {
        self.timer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many threads this process has.
pub(super) fn threads() -> Result<usize> {
    let status = fs::read_to_string("/proc/self/status").context("count the threads")?;
    let threads = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    Ok(threads.context("the kernel counts threads")?.trim().parse()?)
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(poll_us: u64) -> Figures {
        Figures::new(Work { kind: Kind::LongLived, tasks: 2, poll_us, begin_ms: 0 }, 100)
    }

    #[test]
    fn a_restart_forgets_what_came_before() {
        let figures = figures(1_050);
        figures.poll();
        assert_eq!(figures.totals().unwrap().units, 105);
        figures.timer_fired(Instant::now() - Duration::from_secs(5));
        figures.restart();
        let totals = figures.totals().unwrap();
        assert_eq!((totals.units, totals.timer.max), (0, 0.0));
        figures.timer_fired(Instant::now() - Duration::from_millis(5));
        assert!(figures.totals().unwrap().timer.max >= 4_900.0);
    }

    #[test]
    fn who_never_begins_is_counted() {
        let figures = figures(100);
        figures.begins(Instant::now() - Duration::from_millis(7));
        let totals = figures.totals().unwrap();
        assert_eq!(totals.never_begun, 1);
        assert!(totals.first_slice_ms >= 7.0 && totals.threads > 0);
    }
}
