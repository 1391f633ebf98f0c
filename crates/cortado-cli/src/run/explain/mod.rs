//! What `cortado run` says of itself when it is done: the figures ([`Summary`], also `--json`), what they mean
//! ([`Verdict`], [`Advice`]), and one short paragraph for people.
//!
//! Two numbers are kept apart throughout. How many jobs were *in flight* at once is (job time) / (wall time); how many
//! cores were *busy at the same instant*, in the mean, is (CPU time) / (wall time). Every sentence rests on figures of
//! this very run and names them; where there is no basis for advice, none is given.

#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use serde::Serialize;

use super::auto::{Change, Reason, Split};

/// How the number at once was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub(crate) enum Chosen {
    /// By `-j auto`; the last limit while there was something to start, and why it was that.
    Auto {
        /// Jobs at once.
        limit: usize,
        /// Why.
        why: Reason,
    },
    /// By the user's `-j`.
    Fixed {
        /// Jobs at once.
        limit: usize,
    },
}

/// What may hold the next job back although a slot is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Holdback {
    /// The next input has not come.
    Input,
    /// `--delay`.
    Delay,
    /// `--load`.
    Load,
    /// `--memfree`.
    Memory,
    /// Processes could not be made.
    Processes,
    /// The reader of our output does not keep up.
    Output,
    /// The tokens of make's jobserver are in use.
    Make,
}

/// What the engine knows at the end of a run.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Jobs that ended, however.
    pub(crate) jobs: u64,
    /// Those that failed in the end.
    pub(crate) failed: u64,
    /// From the first start to the last end.
    pub(crate) wall: Duration,
    /// From the beginning of the run to its end.
    pub(crate) whole: Duration,
    /// CPU time of all jobs.
    pub(crate) cpu: Duration,
    /// Time of all jobs, split.
    pub(crate) split: Split,
    /// The longest job.
    pub(crate) longest: Duration,
    /// Most jobs at once.
    pub(crate) peak: usize,
    /// Usable cores; under a quota, no more than it grants.
    pub(crate) cores: f64,
    /// Idle share of the usable cores, 0 to 1, whoever else used them; none where that was not measured.
    pub(crate) idle: Option<f64>,
    /// Whether the run was ended before all jobs had run.
    pub(crate) ended_early: bool,
    /// What held jobs back for longest while a slot was free, and for how long.
    pub(crate) holdback: Option<(Holdback, Duration)>,
    /// How the number at once was chosen.
    pub(crate) chosen: Chosen,
    /// The limits of `-j auto` over time; empty for a fixed number.
    pub(crate) history: Vec<Change>,
}

/// The figures of a run. Times are in seconds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    /// Jobs that ended, however.
    pub(crate) jobs: u64,
    /// Those that failed in the end.
    pub(crate) failed: u64,
    /// Whether the run was ended before all jobs had run.
    pub(crate) ended_early: bool,
    /// From the first start to the last end, seconds.
    pub(crate) wall_s: f64,
    /// Jobs per second of wall time.
    pub(crate) jobs_per_s: f64,
    /// Jobs in flight, mean over the wall time.
    pub(crate) at_once_mean: f64,
    /// Most jobs in flight.
    pub(crate) at_once_peak: usize,
    /// How the number at once was chosen.
    pub(crate) chosen: Chosen,
    /// Usable cores; under a quota, no more than it grants.
    pub(crate) cores: f64,
    /// Cores busy with the jobs at the same instant, mean over the wall time.
    pub(crate) cores_busy_mean: f64,
    /// CPU time of all jobs, seconds.
    pub(crate) cpu_s: f64,
    /// Idle share of the usable cores, 0 to 1, whoever else used them.
    pub(crate) cores_idle_share: Option<f64>,
    /// The longest job, seconds.
    pub(crate) longest_s: f64,
    /// What held jobs back for longest while a slot was free.
    pub(crate) holdback: Option<Holdback>,
    /// For which share of the run it did, 0 to 1.
    pub(crate) holdback_share: f64,
    /// Job time spent working, seconds.
    pub(crate) working_s: f64,
    /// Job time spent ready but without a core, seconds.
    pub(crate) queued_s: f64,
    /// Job time spent waiting for something else, seconds.
    pub(crate) waiting_s: f64,
    /// What kind of run it was.
    pub(crate) verdict: Verdict,
    /// What would make it faster.
    pub(crate) advice: Advice,
    /// The limits of `-j auto` over time.
    pub(crate) history: Vec<Change>,
}

/// What the job time went into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// No job ran.
    Nothing,
    /// At least four fifths of the job time was working or waiting for a core.
    CpuBound,
    /// At least four fifths of the job time was waiting for something else.
    IoBound,
    /// Neither.
    Mixed,
}

/// What would make the run faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Advice {
    /// More cores: the jobs kept nearly all busy.
    MoreCores,
    /// More cores: with starting the jobs, and with others, nearly all were busy.
    MoreCoresToStart,
    /// More cores, or fewer others on these: jobs stood ready without one.
    FreeCores,
    /// Not known: others kept the cores busy, so that `-j auto` went no higher.
    OthersBusy,
    /// More jobs at once: jobs waited or cores were idle while the user's number was reached.
    MoreAtOnce,
    /// A higher bound (`--max-jobs`, descriptors, processes) or more memory: that was what kept more from running.
    HigherBound,
    /// Neither: more at once was tried and did not finish more jobs per second.
    NeitherTried,
    /// Not more at once: it was tried and did not finish more jobs per second. More cores: not known.
    NotMoreAtOnce,
    /// Not more at once: slots were free, and the jobs for them were held back.
    HeldBack,
    /// Neither: more at once failed more often, or jobs took longer then.
    NeitherOverloaded,
    /// Not more at once: there was one job.
    OneJob,
    /// Not more at once: all jobs ran at once already.
    NeitherAllAtOnce,
    /// Neither: the longest job took nearly the whole time.
    NeitherLongest,
    /// Not more at once: jobs ended as fast as they could be started.
    FasterStarts,
    /// The number at once was still going up when the jobs ran out.
    StillRising,
    /// All jobs failed: that comes first.
    AllFailed,
    /// The run was too short to say anything.
    TooShort,
    /// It was not found out.
    Unknown,
}

/// Share of job time from which a verdict is given to one side.
const CLEAR_SHARE: f64 = 0.8;
/// Share of the cores that must have been busy to say that they were the limit.
const CORES_FULL: f64 = 0.85;
/// Share of job time ready but without a core from which the same is said: others may use the cores, too.
const CORES_MISSED: f64 = 0.25;
/// Share of the allowed number that must have been in flight to say that it was reached.
const LIMIT_FULL: f64 = 0.8;
/// Share of the cores below which the jobs were not what kept them busy.
const CORES_OURS: f64 = 0.5;
/// Share of the run in which jobs were held back from free slots, from which that decides it.
const HOLDBACK_DECIDES: f64 = 0.5;
/// The shortest run that is worth an explanation: a few times what it takes to start a process.
const SHORTEST: Duration = Duration::from_millis(10);
/// Share of the wall time from which one job decides it.
const LONGEST_DECIDES: f64 = 0.8;

impl Summary {
    /// The summary of these facts.
    pub(crate) fn new(facts: Facts) -> Self {
        let wall_s = facts.wall.as_secs_f64();
        let per_wall = |value: f64| if wall_s > 0.0 { value / wall_s } else { 0.0 };
        let at_once_mean = per_wall(facts.split.total().as_secs_f64());
        let cores_busy_mean = per_wall(facts.cpu.as_secs_f64());
        Self {
            jobs: facts.jobs,
            failed: facts.failed,
            ended_early: facts.ended_early,
            wall_s,
            jobs_per_s: per_wall(facts.jobs as f64),
            at_once_mean,
            at_once_peak: facts.peak,
            chosen: facts.chosen,
            cores: facts.cores,
            cores_busy_mean,
            cpu_s: facts.cpu.as_secs_f64(),
            cores_idle_share: facts.idle,
            longest_s: facts.longest.as_secs_f64(),
            holdback: facts.holdback.map(|(holdback, _)| holdback),
            holdback_share: holdback_share(&facts),
            working_s: facts.split.working.as_secs_f64(),
            queued_s: facts.split.queued.as_secs_f64(),
            waiting_s: facts.split.waiting.as_secs_f64(),
            verdict: verdict(&facts),
            advice: advice(&facts, at_once_mean, cores_busy_mean),
            history: facts.history,
        }
    }

    /// The paragraph for people, without a line end.
    pub(crate) fn paragraph(&self) -> String {
        text::paragraph(self)
    }

    /// The limits of `-j auto` over time, a line each, for `--explain`; empty for a fixed number.
    pub(crate) fn history_text(&self) -> String {
        text::history(&self.history)
    }
}

fn verdict(facts: &Facts) -> Verdict {
    let total = facts.split.total().as_secs_f64();
    if facts.jobs == 0 || total <= 0.0 {
        return Verdict::Nothing;
    }
    match facts.split.waiting.as_secs_f64() / total {
        waiting if waiting >= CLEAR_SHARE => Verdict::IoBound,
        waiting if waiting <= 1.0 - CLEAR_SHARE => Verdict::CpuBound,
        _ => Verdict::Mixed,
    }
}

fn holdback_share(facts: &Facts) -> f64 {
    let held = facts.holdback.map_or(0.0, |(_, time)| time.as_secs_f64());
    held / facts.whole.as_secs_f64().max(f64::MIN_POSITIVE)
}

fn advice(facts: &Facts, at_once_mean: f64, cores_busy_mean: f64) -> Advice {
    if facts.jobs == 0 || facts.wall < SHORTEST {
        return Advice::TooShort;
    }
    if facts.failed >= facts.jobs {
        return Advice::AllFailed;
    }
    let total = facts.split.total().as_secs_f64().max(f64::MIN_POSITIVE);
    let cores_full = cores_busy_mean >= CORES_FULL * facts.cores;
    if facts.split.queued.as_secs_f64() / total >= CORES_MISSED {
        return if cores_full { Advice::MoreCores } else { Advice::FreeCores };
    }
    if let Some(advice) = nothing_left_to_start(facts) {
        return advice;
    }
    if cores_full {
        return Advice::MoreCores;
    }
    if holdback_share(facts) >= HOLDBACK_DECIDES {
        return Advice::HeldBack;
    }
    let all_busy = facts.idle.is_some_and(|idle| idle <= 1.0 - CORES_FULL);
    let works = verdict(facts) == Verdict::CpuBound;
    match facts.chosen {
        _ if all_busy && works => Advice::MoreCoresToStart,
        Chosen::Fixed { .. } if all_busy => Advice::Unknown,
        Chosen::Fixed { limit } => {
            let reached = at_once_mean >= LIMIT_FULL * limit as f64;
            if reached { Advice::MoreAtOnce } else { Advice::Unknown }
        }
        Chosen::Auto { why: Reason::CpuBusy, .. } if cores_busy_mean < CORES_OURS * facts.cores => {
            Advice::OthersBusy
        }
        Chosen::Auto { why, .. } => after_auto(why, works || all_busy),
    }
}

/// The advice where more at once had nothing to run, however many were allowed.
fn nothing_left_to_start(facts: &Facts) -> Option<Advice> {
    if facts.ended_early {
        return None;
    }
    let longest = facts.longest.as_secs_f64() >= LONGEST_DECIDES * facts.wall.as_secs_f64();
    match facts.jobs {
        1 => Some(Advice::OneJob),
        jobs if facts.peak as u64 >= jobs => Some(Advice::NeitherAllAtOnce),
        _ => longest.then_some(Advice::NeitherLongest),
    }
}

/// The advice that follows from why `-j auto` ended at its number. `cores_count`: the jobs may have been limited by the
/// cores.
fn after_auto(why: Reason, cores_count: bool) -> Advice {
    match why {
        Reason::MaxJobs | Reason::Descriptors | Reason::Processes | Reason::Memory => {
            Advice::HigherBound
        }
        Reason::MoreIsNotFaster | Reason::FewerIsAsFast | Reason::NeitherIsFaster
            if cores_count =>
        {
            Advice::NotMoreAtOnce
        }
        Reason::MoreIsNotFaster | Reason::FewerIsAsFast | Reason::NeitherIsFaster => {
            Advice::NeitherTried
        }
        Reason::IdleWhileWaiting
        | Reason::LightWhileWaiting
        | Reason::TooFewFinished
        | Reason::MoreIsFaster => Advice::StillRising,
        Reason::Starting => Advice::FasterStarts,
        Reason::Failures | Reason::JobsSlower if cores_count => Advice::Unknown,
        Reason::Failures | Reason::JobsSlower => Advice::NeitherOverloaded,
        _ => Advice::Unknown,
    }
}
