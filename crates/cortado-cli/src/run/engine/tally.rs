//! What is added up during a run, for the explanation at its end.

use std::time::Duration;

use super::super::auto::Split;
use super::super::explain::{Facts, Summary};
use super::super::measure::JobUse;
use super::holdback::Holdbacks;
use super::pace::Pace;

/// The sums.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Jobs that ended for good.
    pub(super) jobs: u64,
    /// When the first process was made and when the last ended, since the run began.
    first: Option<Duration>,
    last: Duration,
    cpu: Duration,
    split: Split,
    longest: Duration,
    peak: usize,
    /// What kept slots free.
    pub(super) holdbacks: Holdbacks,
}

/// The machine that the jobs ran on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    /// Usable cores; under a quota, no more than it grants.
    pub(super) cores: f64,
    /// Their idle share over the run, if that was measured.
    pub(super) idle: Option<f64>,
}

impl Tally {
    /// A process was made, and so many live now.
    pub(super) fn started(&mut self, now: Duration, living: usize) {
        self.first = Some(self.first.map_or(now, |first| first.min(now)));
        self.peak = self.peak.max(living);
    }

    /// A process has ended.
    pub(super) fn ended(&mut self, now: Duration) {
        self.last = self.last.max(now);
    }

    /// What an attempt used.
    pub(super) fn used(&mut self, used: &JobUse) {
        self.cpu += used.cpu;
        self.split += used.split;
        self.longest = self.longest.max(used.wall);
    }

    /// The summary of the run, which has lasted for `whole`.
    pub(super) fn summary(
        &self,
        whole: Duration,
        failed: u64,
        ended_early: bool,
        machine: Machine,
        pace: &Pace,
    ) -> Summary {
        let (chosen, history) = pace.chosen();
        Summary::new(Facts {
            jobs: self.jobs,
            failed,
            wall: self.last.saturating_sub(self.first.unwrap_or(self.last)),
            whole,
            cpu: self.cpu,
            split: self.split,
            longest: self.longest,
            peak: self.peak,
            cores: machine.cores,
            idle: machine.idle,
            ended_early,
            holdback: self.holdbacks.longest(),
            chosen,
            history,
        })
    }
}
