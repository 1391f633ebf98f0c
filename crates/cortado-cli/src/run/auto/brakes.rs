//! The brakes of the controller: what holds the limit down whatever throughput says. Failures that come in bursts when
//! the limit has grown are taken as the other side's "too much" (a refused connection or a 429 reaches us as an exit
//! status); memory, descriptors and processes are hard bounds.

use std::time::Duration;

use super::tuning;

/// Watches the share of failed jobs.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    finished: u64,
    failed: u64,
    usual: Option<f64>,
    brakes: u32,
    /// When the limit was last brought down. What began before then does not speak of the present one.
    braked: Duration,
    ceiling: Option<(usize, Duration)>,
}

impl Failures {
    /// A job that began at `began` finished.
    pub(crate) fn finished(&mut self, began: Duration, ok: bool) {
        if began < self.braked {
            return;
        }
        self.finished += 1;
        self.failed += u64::from(!ok);
    }

    /// The limit to fall back to when a burst of failures has come since the last call; `limit` is the present one.
    ///
    /// After [`tuning::FAILURE_BRAKES`] brakes that changed nothing, the present share of failures becomes the usual
    /// one: these jobs fail for reasons of their own, and running fewer would only make the run longer.
    pub(crate) fn burst(&mut self, now: Duration, limit: usize) -> Option<usize> {
        if self.finished < tuning::FAILURE_JOBS.max(limit as u64 / 4) {
            return None;
        }
        let share = self.failed as f64 / self.finished as f64;
        self.finished = 0;
        self.failed = 0;
        let usual = *self.usual.get_or_insert(share);
        if share < usual + tuning::FAILURE_RISE {
            self.usual = Some(usual + 0.2 * (share - usual));
            self.brakes = 0;
            return None;
        }
        self.brakes += 1;
        if self.brakes > tuning::FAILURE_BRAKES {
            self.usual = Some(share);
            self.ceiling = None;
            self.brakes = 0;
            return None;
        }
        self.braked = now;
        let lower = ((limit as f64 * tuning::FAILURE_BRAKE) as usize).max(1);
        self.ceiling = Some((lower, now + tuning::FAILURE_MEMORY));
        Some(lower)
    }

    /// The limit that is not exceeded because of earlier failures.
    pub(crate) fn ceiling(&self, now: Duration) -> Option<usize> {
        self.ceiling.filter(|(_, until)| now < *until).map(|(limit, _)| limit)
    }
}
