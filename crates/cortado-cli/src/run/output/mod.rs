//! The way of the jobs' output to ours.
//!
//! Each job has a `Capture`. Its pipes are read as the job writes; what must wait (for the end of
//! the job, for the end of a line, for the jobs before it) is held back, in memory up to a bound
//! per job and in all, and beyond it in one temporary file. What may leave goes into the queue of
//! the `Writer`, which alone writes to our standard output and error, one thing after the other,
//! and never blocks the event loop. A slow reader of our output makes the queue fill up; then
//! `Output::room` holds the next job back, and with it the run.
//!
//! | mode | a job's output leaves |
//! |---|---|
//! | `Group` | as a whole when the job is finished: its output, then its errors |
//! | `Lines` | in whole lines, as they come; what is left without a line end, when it is finished |
//! | `Inherit` | not through us |
//!
//! Under `keep_order` jobs leave in the order of `begin`. In `Lines` mode the first that is not
//! finished writes its lines as they come, the others wait: as with GNU parallel.
//!
//! Bytes are never changed, except that `tag` puts the inputs and a tab before each line. A last
//! line without an end stays without one, as with GNU parallel.

mod capture;
mod error;
mod held;
mod parcel;
mod receipt;
mod spill;
#[cfg(test)]
mod tests;
mod tuning;
mod writer;

pub(crate) use capture::{Capture, read_waiting};
pub(crate) use error::{Channel, OutputError};
pub(crate) use receipt::Written;

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::path::PathBuf;
use std::rc::Rc;
use std::task::Poll;

use capture::Body;
use held::Store;
use receipt::Receipt;
use tuning::{FINISHED_AHEAD, READ_SIZE, STARTS_AHEAD};
use writer::{Sinks, Writer};

use super::input::Job;
use super::order::Order;
use super::plan::{Output as Mode, Plan};
use super::progress::Progress;

/// What is done with output: the part of the plan that matters here.
#[derive(Clone, Debug)]
pub(crate) struct OutputSettings {
    /// When a job's output leaves.
    pub(crate) mode: Mode,
    /// Whether jobs leave in the order of their beginning.
    pub(crate) keep_order: bool,
    /// Whether the inputs are put before each line.
    pub(crate) tag: bool,
    /// Where the output is also written to.
    pub(crate) results: Option<PathBuf>,
}

impl OutputSettings {
    /// The settings of a plan.
    pub(crate) fn of(plan: &Plan) -> OutputSettings {
        OutputSettings {
            mode: plan.output,
            keep_order: plan.keep_order,
            tag: plan.tag,
            results: plan.results.clone(),
        }
    }
}

/// The output of a run. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Output {
    shared: Rc<Shared>,
}

/// What all captures share.
struct Shared {
    settings: OutputSettings,
    store: Rc<Store>,
    writer: Rc<Writer>,
    /// What a pipe is read into. One for all, since nothing waits while it is in use.
    scratch: RefCell<Box<[u8]>>,
    /// The jobs that have not left, under `keep_order`.
    order: Option<RefCell<Order<Finished>>>,
    /// Those of them that are not finished, where the first of them writes its lines.
    unfinished: RefCell<HashMap<u64, Rc<RefCell<Body>>>>,
}

/// A job that waits for its turn; without a body it has nothing to say.
struct Finished {
    body: Option<Rc<RefCell<Body>>>,
    receipt: Receipt,
}

impl Output {
    /// The output to our standard output and error. The progress line steps aside while something
    /// is written to its terminal.
    pub(crate) fn new(settings: OutputSettings, progress: Rc<Progress>) -> Output {
        Output::to(settings, Sinks::standard(), progress)
    }

    fn to(settings: OutputSettings, sinks: Sinks, progress: Rc<Progress>) -> Output {
        let order = settings.keep_order.then(|| RefCell::new(Order::new()));
        let shared = Shared {
            settings,
            store: Store::new(),
            writer: Writer::new(sinks, progress),
            scratch: RefCell::new(vec![0; READ_SIZE].into()),
            order,
            unfinished: RefCell::default(),
        };
        Output { shared: Rc::new(shared) }
    }

    /// Waits until it is sensible to begin another job: until our output's reader keeps up and,
    /// under `keep_order`, not too many finished jobs wait for one before them. To be awaited
    /// before each `begin`, and not before a retry, since the others may be waiting for that one.
    ///
    /// # Errors
    /// Where output was lost, in whatever job: nothing that is begun now could be shown.
    pub(crate) async fn room(&self) -> Result<(), OutputError> {
        poll_fn(|cx| {
            let shared = &self.shared;
            std::task::ready!(shared.writer.poll_room(cx, STARTS_AHEAD))?;
            if shared.order.as_ref().is_some_and(|order| order.borrow().len() >= FINISHED_AHEAD) {
                shared.writer.wait(cx);
                return Poll::Pending;
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// A job begins, in rising order of `seq`. It makes the files of `--results`.
    ///
    /// # Errors
    /// Where these cannot be made. The run cannot go on.
    pub(crate) fn begin(&self, job: &Job) -> Result<Capture, OutputError> {
        let body = Rc::new(RefCell::new(Body::new(job, self)?));
        if let Some(order) = &self.shared.order {
            order.borrow_mut().start(job.seq);
            if self.shared.settings.mode == Mode::Lines {
                self.shared.unfinished.borrow_mut().insert(job.seq, body.clone());
            }
        }
        Ok(Capture::new(self.clone(), job.seq, body))
    }

    /// The job is finished and will not be tried again: its output leaves when its turn comes,
    /// whether or not what is returned is polled. That resolves when every byte of the job has
    /// been handed to the kernel: only then may the job be logged as finished. Under `keep_order`
    /// this may be long after, so the job's slot should not wait for it.
    pub(crate) fn finish(&self, capture: Capture) -> Written {
        capture.finish()
    }

    /// Resolves when everything that may leave has left: the last thing that a run waits for, when
    /// all captures are finished or dropped.
    pub(crate) fn flush(&self) -> Written {
        self.shared.writer.written()
    }

    /// Throws away what has not left, for a run that is told to end while nobody reads its output.
    /// Everyone who waits is told `OutputError::Abandoned`, so that these jobs are not logged.
    pub(crate) fn abandon(&self) {
        self.shared.writer.fail(&OutputError::Abandoned);
    }
}

impl Shared {
    /// Whether nothing that began before this job is still to leave.
    fn is_first(&self, seq: u64) -> bool {
        self.order.as_ref().is_none_or(|order| order.borrow().head() == Some(seq))
    }

    fn finish(&self, seq: u64, body: &Rc<RefCell<Body>>) -> Written {
        if self.order.is_none() {
            body.borrow_mut().leave(&self.writer);
            return self.writer.written();
        }
        let receipt = Receipt::default();
        let written = receipt.written();
        self.line_up(seq, Finished { body: Some(body.clone()), receipt });
        written
    }

    /// The job will never be finished; what it has written is lost.
    fn give_up(&self, seq: u64) {
        if self.order.is_some() {
            self.line_up(seq, Finished { body: None, receipt: Receipt::default() });
        }
    }

    /// Lets leave whose turn has come.
    fn line_up(&self, seq: u64, finished: Finished) {
        let Some(order) = &self.order else { return };
        let mut order = order.borrow_mut();
        let was_full = order.len() >= FINISHED_AHEAD;
        self.unfinished.borrow_mut().remove(&seq);
        order.finish(seq, finished);
        while let Some((_, finished)) = order.next_ready() {
            if let Some(body) = finished.body {
                body.borrow_mut().leave(&self.writer);
            }
            self.writer.confirm(finished.receipt);
        }
        if let Some(body) = order.head().and_then(|seq| self.unfinished.borrow().get(&seq).cloned())
        {
            body.borrow_mut().leave_lines(&self.writer);
        }
        if was_full {
            self.writer.wake_waiters();
        }
    }
}
