//! What goes into the controller and what comes out of it: plain values, so that the engine, the simulation and the
//! explanation speak of the same things.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::tuning;

/// What is fixed before the first job starts.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Usable cores (affinity and cgroup quota respected); the first limit. At least 1.
    pub(crate) cores: usize,
    /// The user's upper bound (`--max-jobs`).
    pub(crate) max_jobs: usize,
    /// Upper bound from the open-file limit, if there is one.
    pub(crate) descriptors: Option<usize>,
    /// Upper bound from process limits, if there is one.
    pub(crate) processes: Option<usize>,
    /// Seed of the randomised hold times.
    pub(crate) seed: u64,
}

impl Settings {
    /// Settings for this many usable cores and no bound but the default `--max-jobs`.
    pub(crate) fn new(cores: usize) -> Self {
        let cores = cores.max(1);
        let max_jobs = tuning::MAX_JOBS;
        Self { cores, max_jobs, descriptors: None, processes: None, seed: 1 }
    }

    /// The smallest of the fixed bounds, and which one it is.
    pub(crate) fn bound(&self) -> (usize, Reason) {
        let fixed = [
            (self.max_jobs, Reason::MaxJobs),
            (self.descriptors.unwrap_or(usize::MAX), Reason::Descriptors),
            (self.processes.unwrap_or(usize::MAX), Reason::Processes),
        ];
        let (bound, why) = fixed.into_iter().min_by_key(|(bound, _)| *bound).unwrap_or(fixed[0]);
        (bound.max(1), why)
    }
}

/// Job time, summed over jobs, by what the jobs were doing. The three parts add up to the time the jobs were alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Split {
    /// On a core.
    pub(crate) working: Duration,
    /// Ready, but waiting for a core.
    pub(crate) queued: Duration,
    /// Waiting for something else: disk, network, a timer, another process.
    pub(crate) waiting: Duration,
}

impl Split {
    /// All three parts together.
    pub(crate) fn total(&self) -> Duration {
        self.working + self.queued + self.waiting
    }

    /// The share of true waiting, 0 to 1; 0 when nothing was measured.
    pub(crate) fn wait_share(&self) -> f64 {
        share(self.waiting, self.total())
    }

    /// Whether jobs that were so for `elapsed_s` on `cores` hardly need a CPU.
    pub(crate) fn is_light(&self, elapsed_s: f64, cores: usize) -> bool {
        let used = self.working.as_secs_f64() / (elapsed_s * cores as f64).max(1e-9);
        used <= tuning::LIGHT_USE && self.wait_share() >= tuning::LIGHT_WAIT
    }

    /// The share of time spent ready but without a core, 0 to 1; 0 when nothing was measured.
    pub(crate) fn queue_share(&self) -> f64 {
        share(self.queued, self.total())
    }
}

fn share(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { part.as_secs_f64() / whole.as_secs_f64() }
}

impl std::ops::AddAssign for Split {
    fn add_assign(&mut self, other: Self) {
        self.working += other.working;
        self.queued += other.queued;
        self.waiting += other.waiting;
    }
}

/// Memory as the controller needs it, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MemoryView {
    /// What can still be used without swapping: the machine's MemAvailable or what the cgroup leaves, the smaller.
    pub(crate) available: u64,
    /// What stays free in any case.
    pub(crate) reserve: u64,
    /// Resident memory of the live jobs together.
    pub(crate) live: u64,
    /// Peak of one job, estimated from jobs seen so far; 0 while unknown.
    pub(crate) job_peak: u64,
}

impl MemoryView {
    /// How many jobs fit at their peak; none while the peak is unknown.
    pub(crate) fn fits(&self) -> Option<usize> {
        if self.job_peak == 0 {
            return None;
        }
        let ours = self.available.saturating_sub(self.reserve).saturating_add(self.live);
        Some(usize::try_from(ours / self.job_peak).unwrap_or(usize::MAX).max(1))
    }
}

/// What the controller is shown at each look.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// Jobs running now.
    pub(crate) running: usize,
    /// When each of them began, since the run began.
    pub(crate) begins: Vec<Duration>,
    /// More jobs could be started now if the limit allowed it. False at the end of the input, while the input or a
    /// `--delay` holds the next job back, and while `--load` or `--memfree` does.
    pub(crate) queued_more: bool,
    /// Time of all jobs (live ones and those that finished) since the last look.
    pub(crate) split: Split,
    /// Idle share of the usable CPUs, 0 to 1, since the last look or over the shortest time that can be measured; no more
    /// than a quota leaves.
    pub(crate) idle: Option<f64>,
    /// Share of a CPU quota that is left, 0 to 1; 1 without one.
    pub(crate) quota_left: f64,
    /// Memory, where it can be measured.
    pub(crate) memory: Option<MemoryView>,
    /// Share of the time since the last look in which some thread stood still for want of memory, 0 to 1.
    pub(crate) memory_stall: Option<f64>,
}

/// What the controller wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Decision {
    /// Jobs that may run at once. At least 1. Running jobs are never ended to get below it.
    pub(crate) limit: usize,
    /// Why the limit is what it is.
    pub(crate) why: Reason,
    /// When to look again, at the latest.
    pub(crate) next: Duration,
}

/// Why the limit is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// The first limit: the usable cores.
    Start,
    /// CPU was idle and jobs waited.
    IdleWhileWaiting,
    /// Jobs waited and hardly needed the CPU, which others kept busy.
    LightWhileWaiting,
    /// Too few jobs have finished to go higher.
    TooFewFinished,
    /// The cores are busy, with our jobs or with what else the machine does.
    CpuBusy,
    /// A higher or lower limit is being tried.
    Trying,
    /// This limit finished more jobs per second than a lower one.
    MoreIsFaster,
    /// A higher limit did not finish more jobs per second.
    MoreIsNotFaster,
    /// A lower limit finished as many jobs per second.
    FewerIsAsFast,
    /// Neither a higher nor a lower limit finished more jobs per second.
    NeitherIsFaster,
    /// Jobs took longer the more there were.
    JobsSlower,
    /// A lower limit finished fewer jobs per second.
    FewerIsSlower,
    /// Jobs end as fast as they can be started, so that not even this many run.
    Starting,
    /// Failures rose at a higher limit.
    Failures,
    /// Memory for one more job is not there.
    Memory,
    /// The open-file limit.
    Descriptors,
    /// The process limit.
    Processes,
    /// `--max-jobs`.
    MaxJobs,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Start => "as many as there are usable cores",
            Reason::IdleWhileWaiting => "the CPU was idle while jobs waited",
            Reason::LightWhileWaiting => {
                "jobs waited and hardly needed the CPU, though it was busy"
            }
            Reason::TooFewFinished => "too few jobs had finished to go higher",
            Reason::CpuBusy => "the machine's cores were busy",
            Reason::Trying => "it was being tried",
            Reason::MoreIsFaster => "it finished more jobs per second than fewer at once",
            Reason::MoreIsNotFaster => "more at once did not finish more jobs per second",
            Reason::FewerIsAsFast => "it finished as many jobs per second as more at once",
            Reason::NeitherIsFaster => {
                "neither more nor fewer at once finished more jobs per second"
            }
            Reason::JobsSlower => "jobs took longer the more ran at once",
            Reason::FewerIsSlower => "fewer at once finished fewer jobs per second",
            Reason::Starting => "jobs ended as fast as they could be started",
            Reason::Failures => "more jobs failed with more at once",
            Reason::Memory => "memory would not have held more",
            Reason::Descriptors => "the open-file limit allows no more",
            Reason::Processes => "the process limit allows no more",
            Reason::MaxJobs => "--max-jobs allows no more",
        })
    }
}

/// One entry of the history: from `at` on the limit was `limit`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Change {
    /// Time since the run began, seconds.
    pub(crate) at_s: f64,
    /// Jobs at once allowed from then on.
    pub(crate) limit: usize,
    /// Why.
    pub(crate) why: Reason,
}
