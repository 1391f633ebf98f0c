//! When a run stops before all jobs have run: the policy of `--halt`, as a state machine that is
//! told of every job that finished. Spelling and meaning are GNU parallel's.
//!
//! A percentage is of all jobs. Where their number is not known beforehand (inputs from a file or
//! a pipe), it is of those that have finished so far, and at least three must have.

use std::fmt;
use std::str::FromStr;

/// How many jobs must have finished before a percentage of them means anything.
const FEWEST_FOR_PERCENT: u64 = 3;

/// How a job ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Its exit status; 0 if a signal ended it.
    pub(crate) exit: i32,
    /// The signal that ended it; 0 if none did.
    pub(crate) signal: i32,
}

impl Outcome {
    /// Whether the job succeeded.
    pub(crate) fn is_success(self) -> bool {
        self == Outcome::default()
    }

    /// The outcome as one exit status, as a shell gives it in `$?`.
    pub(crate) fn status(self) -> u8 {
        match self.signal {
            0 => self.exit.clamp(0, 255) as u8,
            signal => (128 + signal).clamp(0, 255) as u8,
        }
    }
}

/// What to do now that a job has finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Go on.
    Continue,
    /// Start no more jobs; let the running ones finish.
    StopStarting,
    /// Start no more jobs and end the running ones.
    KillRunning,
}

/// The policy of `--halt WHEN,WHY=AMOUNT`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HaltPolicy {
    /// What happens to the jobs that run.
    pub(crate) next: Next,
    /// Which jobs are counted.
    pub(crate) why: Why,
    /// How many of them it takes.
    pub(crate) amount: Amount,
}

/// Which jobs a policy counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Those that failed.
    Fail,
    /// Those that succeeded.
    Success,
    /// All that finished.
    Done,
}

/// How many jobs a policy waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Amount {
    /// So many.
    Count(u64),
    /// So many of a hundred.
    Percent(f64),
}

/// A `--halt` value that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HaltError(String);

impl fmt::Display for HaltError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no halt policy; write never, or now or soon, a comma, and fail=, success= or \
             done= with a number or a percentage: now,fail=1 or soon,fail=30%",
            self.0
        )
    }
}

impl std::error::Error for HaltError {}

impl FromStr for HaltPolicy {
    type Err = HaltError;

    fn from_str(text: &str) -> Result<HaltPolicy, HaltError> {
        parse(text).ok_or_else(|| HaltError(text.to_owned()))
    }
}

/// A policy of a text; `never` is a failure count that no run reaches.
fn parse(text: &str) -> Option<HaltPolicy> {
    let policy = |next, why, amount| Some(HaltPolicy { next, why, amount });
    match text {
        "never" | "0" => return policy(Next::StopStarting, Why::Fail, Amount::Count(u64::MAX)),
        "1" => return policy(Next::StopStarting, Why::Fail, Amount::Count(1)),
        "2" => return policy(Next::KillRunning, Why::Fail, Amount::Count(1)),
        "-1" => return policy(Next::StopStarting, Why::Success, Amount::Count(1)),
        "-2" => return policy(Next::KillRunning, Why::Success, Amount::Count(1)),
        _ => {}
    }
    let Some((when, why)) = text.split_once(',') else {
        // A lone percentage is the old spelling of soon,fail=.
        let amount = amount(text).filter(|amount| matches!(amount, Amount::Percent(_)))?;
        return policy(Next::StopStarting, Why::Fail, amount);
    };
    let (why, count) = why.split_once('=')?;
    let next = match when {
        "now" => Next::KillRunning,
        "soon" => Next::StopStarting,
        _ => return None,
    };
    let why = match why {
        "fail" => Why::Fail,
        "success" => Why::Success,
        "done" => Why::Done,
        _ => return None,
    };
    policy(next, why, amount(count)?)
}

/// A positive number or a percentage up to 100.
fn amount(text: &str) -> Option<Amount> {
    match text.strip_suffix('%') {
        Some(percent) => {
            let percent: f64 = percent.parse().ok()?;
            (percent > 0.0 && percent <= 100.0).then_some(Amount::Percent(percent))
        }
        None => text.parse().ok().filter(|count| *count > 0).map(Amount::Count),
    }
}

/// A policy with what has happened so far.
#[derive(Clone, Debug)]
pub(crate) struct Halt {
    policy: Option<HaltPolicy>,
    total: Option<u64>,
    failed: u64,
    succeeded: u64,
    /// The job that met the condition.
    cause: Option<Outcome>,
}

impl Halt {
    /// A policy before the first job has finished. `total` is the number of all jobs, if known.
    pub(crate) fn new(policy: Option<HaltPolicy>, total: Option<u64>) -> Halt {
        Halt { policy, total, failed: 0, succeeded: 0, cause: None }
    }

    /// A job has finished for good (after its retries). Once the condition is met the answer
    /// stays the same; jobs that finish afterwards count as failed or succeeded all the same.
    pub(crate) fn on_finished(&mut self, outcome: Outcome) -> Next {
        if outcome.is_success() {
            self.succeeded += 1;
        } else {
            self.failed += 1;
        }
        let Some(policy) = self.policy else { return Next::Continue };
        if self.cause.is_none() {
            if !self.is_met(policy) {
                return Next::Continue;
            }
            self.cause = Some(outcome);
        }
        policy.next
    }

    /// All inputs have been read, so that the number of all jobs is known.
    pub(crate) fn on_total(&mut self, total: u64) {
        self.total = Some(total);
    }

    fn is_met(&self, policy: HaltPolicy) -> bool {
        let done = self.failed + self.succeeded;
        let counted = match policy.why {
            Why::Fail => self.failed,
            Why::Success => self.succeeded,
            Why::Done => done,
        };
        match (policy.amount, self.total) {
            (Amount::Count(count), _) => counted >= count,
            (Amount::Percent(percent), Some(total)) => {
                counted > 0 && counted as f64 * 100.0 >= percent * total as f64
            }
            (Amount::Percent(percent), None) => {
                done >= FEWEST_FOR_PERCENT && counted as f64 * 100.0 >= percent * done as f64
            }
        }
    }

    /// The policy, if there is one.
    pub(crate) fn policy(&self) -> Option<HaltPolicy> {
        self.policy
    }

    /// How many jobs failed.
    pub(crate) fn failed(&self) -> u64 {
        self.failed
    }

    /// How many jobs there are: all, if that is known, else those that have finished.
    pub(crate) fn total(&self) -> u64 {
        self.total.unwrap_or(self.failed + self.succeeded)
    }

    /// How many jobs there are, once that is known.
    pub(crate) fn known_total(&self) -> Option<u64> {
        self.total
    }

    /// The job that met the condition, once it is met.
    pub(crate) fn cause(&self) -> Option<Outcome> {
        self.cause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: Outcome = Outcome { exit: 0, signal: 0 };
    const BAD: Outcome = Outcome { exit: 3, signal: 0 };

    fn run(policy: &str, total: Option<u64>, outcomes: &[Outcome]) -> Vec<Next> {
        let mut halt = Halt::new(Some(policy.parse().unwrap()), total);
        outcomes.iter().map(|outcome| halt.on_finished(*outcome)).collect()
    }

    #[test]
    fn counts_stop_the_run_when_they_are_reached() {
        use Next::{Continue, KillRunning, StopStarting};
        assert_eq!(run("now,fail=1", None, &[OK, BAD, OK]), [Continue, KillRunning, KillRunning]);
        assert_eq!(run("soon,fail=2", None, &[BAD, OK, BAD]), [Continue, Continue, StopStarting]);
        assert_eq!(run("now,success=1", None, &[BAD, OK]), [Continue, KillRunning]);
        assert_eq!(run("soon,done=2", None, &[BAD, OK]), [Continue, StopStarting]);
        assert_eq!(run("never", None, &[BAD, BAD]), [Continue, Continue]);
        assert_eq!(run("2", None, &[BAD]), [KillRunning]);
    }

    #[test]
    fn a_percentage_is_of_all_jobs_where_their_number_is_known() {
        use Next::{Continue, StopStarting};
        assert_eq!(run("soon,fail=1%", Some(7), &[BAD]), [StopStarting]);
        assert_eq!(run("30%", Some(7), &[BAD, BAD, OK]), [Continue; 3]);
        assert_eq!(run("30%", Some(6), &[BAD, BAD]), [Continue, StopStarting]);
    }

    #[test]
    fn a_percentage_of_finished_jobs_needs_three_of_them() {
        use Next::{Continue, StopStarting};
        assert_eq!(
            run("soon,fail=50%", None, &[BAD, BAD, BAD]),
            [Continue, Continue, StopStarting]
        );
        assert_eq!(
            run("soon,fail=50%", None, &[OK, OK, BAD, BAD]),
            [Continue, Continue, Continue, StopStarting]
        );
        let mut halt = Halt::new(Some("soon,fail=50%".parse().unwrap()), None);
        halt.on_total(2);
        assert_eq!(halt.on_finished(BAD), StopStarting);
    }

    #[test]
    fn the_cause_is_remembered() {
        let mut halt = Halt::new(Some("now,fail=1".parse().unwrap()), None);
        let killed = Outcome { exit: 0, signal: 9 };
        halt.on_finished(OK);
        assert_eq!(halt.cause(), None);
        halt.on_finished(killed);
        halt.on_finished(BAD);
        assert_eq!(halt.cause(), Some(killed));
        assert_eq!((halt.failed(), killed.status()), (2, 137));
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for text in
            ["", "now", "now,fail", "now,fail=0", "later,fail=1", "now,fail=101%", "3", "-3"]
        {
            assert!(text.parse::<HaltPolicy>().is_err(), "{text}");
        }
        assert!("x".parse::<HaltPolicy>().unwrap_err().to_string().contains("soon,fail=30%"));
    }
}
