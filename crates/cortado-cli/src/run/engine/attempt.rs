//! One attempt at a job: from the time that its process was made to its end, with its input, its
//! output, its time limit, and the two steps in which a job is ended, `TERM` and then `KILL`, both
//! to the whole process group.
//!
//! The end has two steps as well. A process that has exited is first left as a zombie: what it used
//! can still be read, and the number of its group cannot yet be another's. Then it is reaped.

use std::future::{Future, poll_fn};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::pin::{Pin, pin};
use std::process::ExitStatus;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use cortado::io::AsyncWriteExt;
use cortado::process::{Child, ChildStdin, Newborn, ProcessHandle, SpawnError};
use cortado::signal::SignalKind;
use cortado::time::{Sleep, sleep, sleep_until};

use super::super::exit;
use super::super::halt::Outcome;
use super::super::input::Job;
use super::super::measure::JobUse;
use super::super::output::Channel;
use super::Run;
use super::live::{Live, Why};
use super::maker::{Short, Start};
use super::tuning::TERM_GRACE;
use super::turn::Ticket;

/// How an attempt came out.
pub(super) enum Attempt {
    /// The job ran to an end that counts.
    Ended(Ended),
    /// The system had no room for one more process.
    NoRoom(SpawnError),
    /// It was ended because memory was short.
    Evicted,
    /// It was ended because the run ends.
    Stopped,
    /// The run cannot go on.
    Fault(String),
}

/// A job that ran to its end.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) start: SystemTime,
    pub(super) runtime: Duration,
    pub(super) used: JobUse,
    /// Whether it was ended because its time was up.
    pub(super) timed_out: bool,
    /// Why there is no process, if none could be made.
    pub(super) not_started: Option<String>,
}

/// Sees a process to its end.
pub(super) async fn see_to_end(
    run: &Run,
    ticket: &mut Ticket,
    start: Start,
    newborn: Newborn,
    live: &Rc<Live>,
) -> Attempt {
    let mut child = match newborn.attend() {
        Ok(child) => child,
        Err(error) => return not_made(start, error),
    };
    live.is_watched(child.handle());
    run.process_made(child.id(), start.since);
    let gone = watch(run, ticket, start, &mut child, live).await;
    let used = run.process_ended(child.id());
    if live.told().is_some() {
        // Whoever of its group has outlived it had as long to end as it had.
        let _ = child.signal_group(SignalKind::kill());
    }
    run.lives.remove(live);
    let reaped = gone.and_then(|()| child.reap());
    if let Err(error) = ticket.capture.sweep() {
        run.output_failed(error);
    }
    let (status, usage) = match reaped {
        Ok(reaped) => reaped,
        Err(error) => return cannot_wait(&error),
    };
    let used = used.map(|ended| ended.with_cpu(usage.user + usage.system)).unwrap_or_default();
    run.stock.saw(used.wall);
    // Also of an attempt that comes to nothing: it was in flight and took its share of the cores.
    run.tally.borrow_mut().used(&used);
    match live.told() {
        Some(Why::RunEnds) => Attempt::Stopped,
        Some(Why::Memory) => Attempt::Evicted,
        told => Attempt::Ended(Ended {
            outcome: outcome(status, told),
            start: start.date,
            runtime: run.now() - start.since,
            used,
            timed_out: told.is_some(),
            not_started: None,
        }),
    }
}

/// The attempt of a job that ended while its maker stayed with it.
pub(super) fn was_short(run: &Run, ticket: &mut Ticket, short: Short) -> Attempt {
    let Short { start, end, queued, reaped, written, .. } = short;
    for (channel, written) in [Channel::Out, Channel::Err].into_iter().zip(written) {
        if let Err(error) = ticket.capture.take(channel, written) {
            run.output_failed(error);
        }
    }
    let (status, usage) = match reaped {
        Ok(reaped) => reaped,
        Err(error) => return cannot_wait(&error),
    };
    let runtime = end - start.since;
    let used = run.process_came_and_went(start.since, end, usage.user + usage.system, queued);
    Attempt::Ended(Ended {
        outcome: outcome(status, None),
        start: start.date,
        runtime,
        used,
        timed_out: false,
        not_started: None,
    })
}

/// The attempt of a job for which no process could be made.
pub(super) fn not_made(start: Start, error: SpawnError) -> Attempt {
    match error.is_exhausted() {
        true => Attempt::NoRoom(error),
        false => Attempt::Ended(never_ran(&error, start)),
    }
}

fn cannot_wait(error: &io::Error) -> Attempt {
    Attempt::Fault(format!("a job cannot be waited for: {error}"))
}

/// Waits until the process has exited, and ends it when it is told to or its time is up.
async fn watch(
    run: &Run,
    ticket: &mut Ticket,
    start: Start,
    child: &mut Child,
    live: &Live,
) -> io::Result<()> {
    let Ticket { job, capture, .. } = ticket;
    capture.attach(child.stdout.take(), child.stderr.take());
    let writer = child.stdin.take().map(|stdin| cortado::spawn_local(write(stdin, job.clone())));
    let handle = child.handle();
    let mut exit = pin!(child.wait_exited());
    let mut drained = false;
    let mut timer = run.plan.timeout.map(|limit| sleep_until(run.began + start.since + limit));
    let mut step = Step::Runs;
    let exited = loop {
        let event = poll_fn(|cx| {
            if !drained && let Poll::Ready(result) = capture.poll_drain(cx) {
                drained = true;
                if let Err(error) = result {
                    run.output_failed(error);
                }
            }
            poll_event(cx, exit.as_mut(), live, step, &mut timer)
        });
        match event.await {
            Event::Exited(result) => break result,
            Event::Told => step = Step::Termed,
            Event::TimeIsUp if step == Step::Runs => {
                live.tell(Why::Timeout);
                step = Step::Termed;
            }
            Event::TimeIsUp => step = Step::Killed,
        }
        timer = (step == Step::Termed).then(|| sleep(TERM_GRACE));
        signal(&handle, step);
    };
    if let Some(writer) = writer {
        writer.abort();
    }
    exited
}

/// How far the end of a job has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Runs,
    Termed,
    Killed,
}

/// What a running job waits for.
enum Event {
    Exited(io::Result<()>),
    Told,
    TimeIsUp,
}

fn poll_event(
    cx: &mut Context<'_>,
    exit: Pin<&mut impl Future<Output = io::Result<()>>>,
    live: &Live,
    step: Step,
    timer: &mut Option<Sleep>,
) -> Poll<Event> {
    if let Poll::Ready(result) = exit.poll(cx) {
        return Poll::Ready(Event::Exited(result));
    }
    if step == Step::Runs && live.poll_told(cx).is_ready() {
        return Poll::Ready(Event::Told);
    }
    let time_is_up = timer.as_mut().is_some_and(|timer| Pin::new(timer).poll(cx).is_ready());
    if time_is_up { Poll::Ready(Event::TimeIsUp) } else { Poll::Pending }
}

/// Signals the job's process group. It fails only where the group is gone.
fn signal(job: &ProcessHandle, step: Step) {
    match step {
        Step::Runs => {}
        Step::Termed => {
            let _ = job.signal_group(SignalKind::terminate());
            // A stopped process hears of nothing but this and KILL.
            let _ = job.signal_group(SignalKind::continued());
        }
        Step::Killed => {
            let _ = job.signal_group(SignalKind::kill());
        }
    }
}

/// Gives the job its block. A job that does not read all of it breaks the pipe, which is its right.
async fn write(mut stdin: ChildStdin, job: Rc<Job>) {
    if let Some(block) = &job.stdin {
        let _ = stdin.write_all(&block.0).await;
    }
}

/// The end of a job whose program could not be executed: as a shell reports it.
fn never_ran(error: &SpawnError, start: Start) -> Ended {
    let exit = if error.is_not_found() { exit::NOT_FOUND } else { exit::NOT_EXECUTABLE };
    Ended {
        outcome: Outcome { exit: i32::from(exit), signal: 0 },
        start: start.date,
        runtime: Duration::ZERO,
        used: JobUse::default(),
        timed_out: false,
        not_started: Some(error.to_string()),
    }
}

/// What the log says. A job that ran out of time has failed, also if it ended politely.
fn outcome(status: ExitStatus, told: Option<Why>) -> Outcome {
    match (told, status.signal()) {
        (Some(_), signal) => {
            Outcome { exit: -1, signal: signal.unwrap_or(SignalKind::terminate().as_raw_value()) }
        }
        (None, Some(signal)) => Outcome { exit: 0, signal },
        (None, None) => Outcome { exit: status.code().unwrap_or(0), signal: 0 },
    }
}
