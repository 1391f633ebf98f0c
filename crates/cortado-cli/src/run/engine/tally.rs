//! What is added up during a run, for the explanation at its end.

use std::time::Duration;

use super::super::auto::Split;
use super::super::explain::{Facts, Summary};
use super::super::measure::JobUse;
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

    /// The summary of the run.
    pub(super) fn summary(
        &self,
        failed: u64,
        ended_early: bool,
        cores: usize,
        pace: &Pace,
    ) -> Summary {
        let (chosen, history) = pace.chosen();
        Summary::new(Facts {
            jobs: self.jobs,
            failed,
            wall: self.last.saturating_sub(self.first.unwrap_or(self.last)),
            cpu: self.cpu,
            split: self.split,
            longest: self.longest,
            peak: self.peak,
            cores,
            ended_early,
            chosen,
            history,
        })
    }
}
