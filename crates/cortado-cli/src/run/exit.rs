//! The exit status of a run, by GNU parallel's rules:
//!
//! | status | meaning |
//! |---|---|
//! | 0 | all jobs succeeded, or the number that `--halt …,success=` asks for was reached |
//! | 1 to 100 | so many jobs failed; with a percentage in `--halt`, so many of a hundred |
//! | 101 | more than 100 jobs failed |
//! | the job's own | `--halt …,fail=1` ended the run: the status of the job that failed (128 + the signal that ended it) |
//! | 126, 127 | the program cannot be executed, or does not exist; no job was started |
//! | 130, 143, 129 | the run was ended by Ctrl-C, `TERM` or `HUP`: 128 + the signal |
//! | 255 | any other error: wrong options, unreadable input, a full disk |

use super::halt::{Amount, Halt, Why};

/// The program of the command exists and cannot be executed.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// The program of the command does not exist.
pub(crate) const NOT_FOUND: u8 = 127;
/// Anything else that kept the run from doing what it was asked to.
pub(crate) const ERROR: u8 = 255;

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All jobs ran, or the halt policy stopped it.
    Finished,
    /// The signal with this number ended it.
    Signalled(i32),
}

/// The exit status of a run.
pub(crate) fn status(end: End, halt: &Halt) -> u8 {
    match end {
        End::Signalled(signal) => return (128 + signal).clamp(0, 255) as u8,
        End::Finished => {}
    }
    let Some(policy) = halt.policy() else { return count(halt.failed()) };
    match (policy.why, policy.amount, halt.cause()) {
        (Why::Success, _, Some(_)) => 0,
        (Why::Fail, Amount::Count(1), Some(cause)) => cause.status(),
        (_, Amount::Percent(_), _) => percent(halt.failed(), halt.total()),
        _ => count(halt.failed()),
    }
}

/// A number of failures as a status.
fn count(failed: u64) -> u8 {
    failed.min(101) as u8
}

/// A share of failures as a status, rounded up so that no failure reads as success.
fn percent(failed: u64, total: u64) -> u8 {
    (failed * 100).div_ceil(total.max(1)).min(100) as u8
}

#[cfg(test)]
mod tests {
    use super::super::halt::Outcome;
    use super::*;

    /// The status of a run whose jobs end one after the other with these exit statuses, until the
    /// policy stops it.
    fn run(policy: Option<&str>, exits: &[i32]) -> u8 {
        let policy = policy.map(|policy| policy.parse().unwrap());
        let mut halt = Halt::new(policy, Some(exits.len() as u64));
        for exit in exits {
            halt.on_finished(Outcome { exit: *exit, signal: 0 });
            if halt.cause().is_some() {
                break;
            }
        }
        status(End::Finished, &halt)
    }

    #[test]
    fn failures_are_counted_up_to_a_hundred() {
        assert_eq!(run(None, &[0, 0]), 0);
        assert_eq!(run(None, &[0, 3, 1]), 2);
        assert_eq!(run(None, &[1; 100]), 100);
        assert_eq!(run(None, &[1; 150]), 101);
    }

    /// The figures are those that GNU parallel 20221122 exits with, one job at a time.
    #[test]
    fn halt_policies_exit_as_gnu_parallel_does() {
        for (policy, exits, expected) in [
            ("now,fail=1", &[0, 3, 1][..], 3),
            ("now,fail=2", &[0, 3, 1, 4], 2),
            ("soon,fail=1", &[0, 3, 1, 4], 3),
            ("soon,fail=3", &[3, 2, 0, 0, 0], 2),
            ("soon,fail=1", &[0], 0),
            ("now,success=1", &[0, 3, 1, 4], 0),
            ("now,success=2", &[2, 3, 1, 4, 0], 4),
            ("now,done=2", &[2, 3, 1, 4], 2),
            ("now,fail=50%", &[0, 3, 1, 4], 50),
            ("now,fail=90%", &[0, 3, 1, 4], 75),
            ("now,success=50%", &[0, 0, 1, 4], 0),
            ("soon,success=90%", &[0, 3, 1, 4], 75),
            ("soon,done=50%", &[0, 3, 1, 4], 25),
            ("soon,fail=30%", &[3, 3, 0, 0, 0, 0, 0], 29),
            ("soon,fail=1%", &[3, 3, 0, 0, 0, 0, 0], 15),
            ("soon,fail=1%", &[0, 0, 0, 0, 0, 0, 3], 15),
            ("never", &[0, 0, 1, 4], 2),
        ] {
            assert_eq!(run(Some(policy), exits), expected, "{policy} {exits:?}");
        }
    }

    #[test]
    fn other_ends_have_their_own_status() {
        let halt = Halt::new(None, None);
        assert_eq!(status(End::Signalled(2), &halt), 130);
        assert_eq!(status(End::Signalled(15), &halt), 143);
    }
}
