//! What was seen while the limit stood still: how long the finished jobs took, how many ran, how idle the CPU was.
//! Two such windows tell whether a limit finishes more jobs per second than another.
//!
//! Counting completions is a poor measure for short windows: jobs that started together end together, and a window
//! catches one batch more or less. By Little's law the rate is (jobs in flight) / (mean length), and lengths carry no
//! such phase. But the mean length is at the mercy of the mix: long jobs pile up in the slots after a while and look
//! like a slow-down. A true slow-down stretches short and long jobs alike, so the three quartiles of the lengths are
//! compared, and the one that speaks most for the higher limit counts.

use std::time::Duration;

use super::tuning;
use super::view::{Split, View};

/// The running collection.
#[derive(Debug, Default)]
pub(crate) struct Window {
    lengths: Vec<f32>,
    next: usize,
    count: u64,
    span_s: f64,
    idle: f64,
    idle_s: f64,
    split: Split,
}

impl Window {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.lengths.clear();
        *self = Self { lengths: std::mem::take(&mut self.lengths), ..Self::default() };
    }

    /// Forgets all but the lengths: what ran before the last change still counts too much.
    pub(crate) fn clear_time(&mut self) {
        let (lengths, next) = (std::mem::take(&mut self.lengths), self.next);
        *self = Self { lengths, next, ..Self::default() };
    }

    /// A job finished after `wall`; its length counts when the whole of it lay in the window.
    pub(crate) fn finished(&mut self, wall: Duration, whole: bool) {
        self.count += 1;
        if !whole {
            return;
        }
        let length = wall.as_secs_f32().max(1e-6).ln();
        if self.lengths.len() < tuning::WINDOW_KEEP {
            self.lengths.push(length);
        } else {
            self.lengths[self.next] = length;
            self.next = (self.next + 1) % tuning::WINDOW_KEEP;
        }
    }

    /// Time went by: `elapsed_s` with what the view and the CPU's idle share say of it.
    pub(crate) fn passed(&mut self, elapsed_s: f64, view: &View, idle: Option<f64>) {
        self.span_s += elapsed_s;
        self.split += view.split;
        if let Some(idle) = idle {
            self.idle += elapsed_s * idle;
            self.idle_s += elapsed_s;
        }
    }

    /// Lengths collected.
    pub(crate) fn lengths(&self) -> usize {
        self.lengths.len()
    }

    /// Jobs finished.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Seconds collected.
    pub(crate) fn span_s(&self) -> f64 {
        self.span_s
    }

    /// The window's figures; none without a finished job.
    pub(crate) fn figures(&self) -> Option<Figures> {
        if self.lengths.is_empty() || self.span_s <= 0.0 {
            return None;
        }
        let mut sorted = self.lengths.clone();
        sorted.sort_by(f32::total_cmp);
        let at =
            |share: f64| f64::from(sorted[((sorted.len() - 1) as f64 * share).round() as usize]);
        let quartiles = [at(0.25), at(0.5), at(0.75)];
        // The standard error of a median is 1.25 times that of a mean; a normal's quartiles are 1.35 deviations apart.
        let deviation = (quartiles[2] - quartiles[0]) / 1.35;
        Some(Figures {
            quartiles,
            error: 1.25 * deviation / (sorted.len() as f64).sqrt(),
            running: self.split.total().as_secs_f64() / self.span_s,
            rate: self.count as f64 / self.span_s,
            idle: if self.idle_s > 0.0 { Some(self.idle / self.idle_s) } else { None },
            wait_share: self.split.wait_share(),
            queue_share: self.split.queue_share(),
        })
    }
}

/// The figures of one window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    quartiles: [f64; 3],
    /// Standard error of the median's logarithm.
    pub(crate) error: f64,
    /// Mean number of running jobs.
    pub(crate) running: f64,
    /// Completions per second, counted.
    pub(crate) rate: f64,
    /// Mean idle share of the CPU.
    pub(crate) idle: Option<f64>,
    /// Share of job time that was true waiting.
    pub(crate) wait_share: f64,
    /// Share of job time that was spent ready but without a core.
    pub(crate) queue_share: f64,
}

impl Figures {
    /// Throughput of `self` as a multiple of that of `other`, by the quartile that speaks most for the window with
    /// more jobs at once.
    pub(crate) fn gain_over(&self, other: &Figures) -> f64 {
        let stretch = (0..3).map(|i| self.quartiles[i] - other.quartiles[i]);
        let stretch = if self.running >= other.running {
            stretch.fold(f64::INFINITY, f64::min)
        } else {
            stretch.fold(f64::NEG_INFINITY, f64::max)
        };
        let by_length = self.running.max(0.1) / other.running.max(0.1) / stretch.exp();
        if self.running >= other.running {
            return by_length;
        }
        // On the way down, jobs that were slowed while more ran still end in this window; the count knows better.
        (by_length * self.rate / other.rate.max(1e-9)).sqrt()
    }

    /// Slots were in use, given that there were `limit` of them.
    pub(crate) fn full(&self, limit: usize) -> bool {
        self.running >= tuning::FULL * limit as f64
    }
}
