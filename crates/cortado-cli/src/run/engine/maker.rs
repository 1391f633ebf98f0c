//! A maker: makes the process of a job on the blocking pool, because whoever makes one stands still
//! until it has become its program, which is most of the life of a short job.
//!
//! **Where jobs are short**, the way from the end of one to the start of the next is what they wait
//! for: the event loop is woken, looks, and wakes a maker. So a maker that expects a short job stays
//! with it on its own thread, takes what it has written, and at once starts the next of those that
//! the loop has prepared (the [`Stock`]). The right to run, slot and token included, stays with the
//! maker; the loop hears of many ends at a time. A job that outlives [`STAYS`] is handed to the loop
//! as any other, with that right, and the next jobs are expected to be long.
//!
//! Makers stay only where nothing has to be asked between two jobs (`Run::may_chain`) and no more
//! run at once than there are makers, so that threads are bounded and no start waits for a maker
//! that only waits.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant, SystemTime};

use cortado::process::{ExitStatus, Newborn, ResourceUsage, SpawnError};
use rustix::io::Errno;

use super::super::measure::{MEASURED, Reader};
use super::super::output::read_waiting;
use super::command::Prepared;
use super::stock::Stock;

/// When an attempt began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// As a clock on the wall shows it.
    pub(super) date: SystemTime,
    /// Since the run began.
    pub(super) since: Duration,
}

impl Start {
    /// Now, in a run that began at `run`.
    pub(super) fn now(run: Instant) -> Start {
        Start { date: SystemTime::now(), since: run.elapsed() }
    }
}

/// What became of the last job that a maker started.
pub(super) enum Made {
    /// It runs.
    Runs { seq: u64, start: Start, newborn: Newborn },
    /// It has no process.
    Failed { seq: u64, start: Start, error: SpawnError },
    /// It has ended, like all before it, and the maker has nothing left to start.
    Nothing,
}

/// A job that has ended while its maker stayed with it.
pub(super) struct Short {
    pub(super) seq: u64,
    pub(super) start: Start,
    /// When it ended, since the run began.
    pub(super) end: Duration,
    /// For how long it was ready without a core, if that was measured.
    pub(super) queued: Option<Duration>,
    pub(super) reaped: std::io::Result<(ExitStatus, ResourceUsage)>,
    /// What was in its pipes: standard output and error.
    pub(super) written: [Result<Vec<u8>, Errno>; 2],
}

/// Starts `job`, and, if it may stay, the jobs of the stock after it for as long as they are short.
pub(super) fn make(
    mut job: Prepared,
    stock: &Stock,
    run: Instant,
    stays: Option<Duration>,
) -> Made {
    let mut reader = Reader::default();
    for turn in 0_u64.. {
        let (seq, start) = (job.seq, Start::now(run));
        let newborn = match job.start() {
            Ok(newborn) => newborn,
            Err(error) => return Made::Failed { seq, start, error },
        };
        let Some(patience) = stays.filter(|_| stock.expects_short()) else {
            return Made::Runs { seq, start, newborn };
        };
        // What went wrong with waiting here is found out again by who waits elsewhere.
        if !newborn.wait_exited_for(patience).unwrap_or(false) {
            stock.saw_long();
            return Made::Runs { seq, start, newborn };
        }
        let end = run.elapsed();
        let measured = (turn % MEASURED == 0).then(|| reader.schedstat(newborn.id())).flatten();
        let queued = measured.map(|measured| measured.queued);
        match stock.hand_in(ended(seq, start, end, queued, newborn)) {
            Some(next) => job = next,
            None => break,
        }
    }
    Made::Nothing
}

/// Takes what a process has left, and reaps it.
fn ended(
    seq: u64,
    start: Start,
    end: Duration,
    queued: Option<Duration>,
    mut child: Newborn,
) -> Short {
    let waiting = |pipe: Option<OwnedFd>| match pipe {
        Some(pipe) => read_waiting(pipe.as_fd()),
        None => Ok(Vec::new()),
    };
    let written = [waiting(child.stdout.take()), waiting(child.stderr.take())];
    Short { seq, start, end, queued, reaped: child.reap(), written }
}
