//! How a run ends before its jobs have: the stages, and what leads to them.

use cortado::signal::SignalKind;

use super::super::complain;
use super::super::exit::{self, End};
use super::super::output::OutputError;
use super::Run;
use super::live::Why;

/// How far the end has come. Stages only advance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Jobs are started.
    #[default]
    Going,
    /// No more are; the running ones finish.
    Draining,
    /// The running ones are told to end.
    Ending,
}

/// The end as it is known so far.
#[derive(Debug, Default)]
pub(super) struct Closing {
    stage: Stage,
    /// The signal that began it.
    signal: Option<i32>,
    /// The status of the error that began it.
    fault: Option<u8>,
    /// A job was not run, or not to its end.
    left: bool,
    /// What has been said once already.
    said: Vec<String>,
}

/// How many different messages are remembered, so that each is said only once. Messages beyond
/// these are not said: by then the pattern is clear.
const MESSAGES: usize = 8;

impl Run {
    /// How far the end has come.
    pub(super) fn stage(&self) -> Stage {
        self.closing.borrow().stage
    }

    /// Goes on to a later stage.
    pub(super) fn advance(&self, stage: Stage) {
        {
            let mut closing = self.closing.borrow_mut();
            if stage <= closing.stage {
                return;
            }
            closing.stage = stage;
            closing.left |= !self.feed.borrow().is_exhausted();
        }
        if self.drop_tickets() {
            self.leave_one();
        }
        if stage == Stage::Ending {
            self.lives.tell_all(Why::RunEnds);
        }
        self.wake();
    }

    /// A signal has come.
    pub(super) fn signalled(&self, kind: SignalKind) {
        let first = self.closing.borrow().signal.is_none();
        let polite = first && kind == SignalKind::interrupt() && self.stage() < Stage::Ending;
        let running = self.lives.count();
        if first {
            self.closing.borrow_mut().signal = Some(kind.as_raw_value());
        }
        if polite {
            self.say(format_args!("interrupted: starting no more{}", self.left_to_do(running)));
            self.advance(Stage::Draining);
        } else {
            if self.stage() < Stage::Ending && running > 0 {
                let jobs = if running == 1 { "job" } else { "jobs" };
                self.say(format_args!("ending {running} running {jobs}"));
            }
            self.advance(Stage::Ending);
        }
        // A run that was ending already no longer waits for the reader of its output.
        self.wake();
    }

    /// What goes on after the first Ctrl-C.
    fn left_to_do(&self, running: usize) -> String {
        let unwritten = self.unsettled.get() > self.again.borrow().len();
        match running {
            0 if unwritten => "; output is being written (Ctrl-C again drops it)".to_owned(),
            0 => String::new(),
            1 => "; 1 running job finishes (Ctrl-C again ends it)".to_owned(),
            jobs => format!("; {jobs} running jobs finish (Ctrl-C again ends them)"),
        }
    }

    /// Whether the run ended before all jobs had run.
    pub(super) fn is_ended_early(&self) -> bool {
        self.closing.borrow().left
    }

    /// Whether a signal, and not an error or the halt policy, has ended the running jobs.
    pub(super) fn is_ended_by_signal(&self) -> bool {
        let closing = self.closing.borrow();
        closing.stage == Stage::Ending && closing.signal.is_some()
    }

    /// A job was not run, or ended, because the run ends.
    pub(super) fn leave_one(&self) {
        self.closing.borrow_mut().left = true;
    }

    /// The run cannot go on, for a reason that no job is guilty of.
    pub(super) fn fail(&self, message: impl std::fmt::Display) {
        if self.fault(exit::ERROR) {
            self.progress.aside(|| complain(message));
        }
        self.advance(Stage::Ending);
    }

    /// The input cannot be read on; what was read is finished.
    pub(super) fn input_failed(&self, message: String) {
        if self.fault(exit::ERROR) {
            self.progress.aside(|| complain(message));
        }
        self.leave_one();
        self.advance(Stage::Draining);
    }

    /// Output is lost. That its reader has seen enough may be what the user wants, but not that jobs
    /// were ended or never ran: so that is said as well, though not under `--quiet`.
    pub(super) fn output_failed(&self, error: OutputError) {
        if matches!(error, OutputError::Abandoned) {
            return;
        }
        if self.fault(error.exit_status()) {
            match error {
                OutputError::BrokenPipe(_) => self.say(error),
                error => self.progress.aside(|| complain(error)),
            }
        }
        self.advance(Stage::Ending);
    }

    /// Notes the status of an error. False: there was one before.
    fn fault(&self, status: u8) -> bool {
        let mut closing = self.closing.borrow_mut();
        let first = closing.fault.is_none();
        closing.fault.get_or_insert(status);
        first
    }

    /// Tells the user of an error that many jobs may have, once.
    pub(super) fn say_once(&self, message: &str) {
        let said = &mut self.closing.borrow_mut().said;
        if said.len() < MESSAGES && !said.iter().any(|other| other == message) {
            said.push(message.to_owned());
            self.progress.aside(|| complain(message));
        }
    }

    /// The exit status.
    pub(super) fn status(&self) -> u8 {
        let closing = self.closing.borrow();
        let end = match (closing.fault, closing.signal) {
            (Some(status), _) => return status,
            (None, Some(signal)) => End::Signalled(signal),
            (None, None) => End::Finished,
        };
        exit::status(end, &self.halt.borrow())
    }
}
