//! Lowering: what the kernel is to know of a worker's thread: the priority of the work lane, a time slice,
//! and under a quota the CPUs where the lane stays.
//!
//! The slice is what the kernel goes by where several threads are lowered on one core: of those that have
//! not had more than their share, the one runs first whose slice would end first (the kernel's documents say
//! EEVDF, sched-eevdf.rst; Stoica and Abdel-Wahab, "Earliest Eligible Virtual Deadline First", 1995). So
//! a computing thread near the end of its slice comes before one of the wait lane that wakes: by a short
//! slice of the wait lane only shortly before its end, by a long slice of the computing one seldom. One that
//! is not let run stays where it is until the kernel looks again, at the next event of that core or
//! its next tick. A thread of the work lane has a long slice while its poll computes for long, and
//! only then: the next to wake there comes before it as well.
//!
//! The short slice costs something where nobody computes: a worker that is woken comes before whoever else
//! uses its core, such as a client of the server, after each of its requests. So the workers' slices are
//! shortened with the first thread of the work lane.
//!
//! A worker says it of its own thread, the monitor of its own and of that of a worker that it moves to
//! the work lane, and so do threads of other schedulers that live beside the lane's workers. Where the
//! system refuses, the thread works all the same and competes with the wait lane; a listener of the probe
//! hears of that once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cortado_probe::{Event, Lane, Refused, WorkerId, emit};

use crate::confinement::Confinement;
use crate::shim::atomic::{AtomicBool, Ordering};
use crate::sys;
use crate::tuning;
use crate::worker::Record;

/// See the module.
pub(crate) struct Lowering {
    nice: i32,
    confinement: Confinement,
    /// The work lane has had a thread.
    computes: AtomicBool,
    priority_refused: AtomicBool,
    cpus_refused: AtomicBool,
    slice_refused: AtomicBool,
}

impl Lowering {
    pub(crate) fn new(nice: i32, confinement: Confinement) -> Lowering {
        let [priority_refused, cpus_refused, slice_refused] = [false; 3].map(AtomicBool::new);
        let computes = AtomicBool::new(false);
        Lowering { nice, confinement, computes, priority_refused, cpus_refused, slice_refused }
    }

    /// Makes the worker's thread one of the lane, for the kernel; `workers` are all that there are.
    pub(crate) fn place(&self, record: &Record, lane: Lane, workers: &[Arc<Record>]) {
        self.place_thread(Some(record.id()), record.thread(), lane, workers);
    }

    /// Makes the calling thread, which is no worker's, one of the lane.
    pub(crate) fn place_own(&self, lane: Lane, workers: &[Arc<Record>]) {
        self.place_thread(None, sys::thread_id(), lane, workers);
    }

    fn place_thread(
        &self,
        worker: Option<WorkerId>,
        thread: i32,
        lane: Lane,
        workers: &[Arc<Record>],
    ) {
        if let Some(cpus) = self.confinement.of(lane)
            && let Err(error) = cpus.keep(thread)
        {
            say_once(&self.cpus_refused, worker, Refused::FewerCpus, &error);
        }
        if lane == Lane::Work
            && let Err(error) = sys::lower_thread(thread, self.nice)
        {
            say_once(&self.priority_refused, worker, Refused::LowerPriority, &error);
        }
        if lane == Lane::Work {
            // In this order: a worker that the monitor moves still counts as one of the wait lane.
            self.shorten_slices(workers);
            self.set_slice(worker, thread, None);
        } else if worker.is_none() || self.computes.load(Ordering::SeqCst) {
            // The monitor, which is no worker, hardly runs: it takes nothing from anybody.
            self.set_slice(worker, thread, Some(tuning::WAIT_SLICE));
        }
    }

    /// The work lane has a thread. A worker of the wait lane that begins at this moment either is among
    /// `workers`, or sees that it has.
    fn shorten_slices(&self, workers: &[Arc<Record>]) {
        if self.computes.swap(true, Ordering::SeqCst) {
            return;
        }
        // The thread first: with it comes the lane that it began in.
        let waiting = |record: &&Arc<Record>| record.thread() != 0 && record.lane() == Lane::Wait;
        for record in workers.iter().filter(waiting) {
            self.set_slice(Some(record.id()), record.thread(), Some(tuning::WAIT_SLICE));
        }
    }

    /// Monitor: the worker's thread is in the work lane, and its poll computes for long.
    pub(crate) fn lengthen_slice(&self, record: &Record) {
        self.set_slice(Some(record.id()), record.thread(), Some(tuning::LONG_SLICE));
        // Only now: who sees it takes back what was set.
        record.note_long_slice(true);
    }

    /// Worker: the poll for which its slice was lengthened is over.
    pub(crate) fn end_long_slice(&self, record: &Record) {
        record.note_long_slice(false);
        self.set_slice(Some(record.id()), record.thread(), None);
    }

    fn set_slice(&self, worker: Option<WorkerId>, thread: i32, slice: Option<Duration>) {
        if let Err(error) = sys::set_slice(thread, slice) {
            say_once(&self.slice_refused, worker, Refused::TimeSlice, &error);
        }
    }
}

fn say_once(said: &AtomicBool, worker: Option<WorkerId>, what: Refused, error: &io::Error) {
    if !said.swap(true, Ordering::Relaxed) {
        emit(|| Event::Refused { worker, what, error });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::panic::Location;
    use std::pin::Pin;
    use std::time::Instant;

    use super::*;
    use crate::{Builder, work};

    #[test]
    fn slices_are_shortened_when_something_computes() {
        let runtime = Builder::new().worker_threads(1).build().unwrap();
        let slice = || runtime.block_on(runtime.spawn(async { sys::own_slice() })).unwrap();
        let before = slice();
        assert_ne!(before, tuning::WAIT_SLICE);
        let handle = runtime.handle();
        let computing = async { sys::own_slice() };
        let task = work::spawn_on(&handle, computing, "".into(), Location::caller());
        assert_eq!(runtime.block_on(task).unwrap(), before);
        let knows_slices = before != Duration::ZERO;
        assert_eq!(slice(), if knows_slices { tuning::WAIT_SLICE } else { before });
    }

    #[test]
    fn a_poll_that_computes_for_long_has_a_long_slice_until_it_ends() {
        let runtime = Builder::new().worker_threads(1).report_long_polls(false).build().unwrap();
        let handle = runtime.handle();
        let in_work_lane = |task| {
            runtime.block_on(work::spawn_on(&handle, task, "".into(), Location::caller())).unwrap()
        };
        let slice = async { sys::own_slice() };
        let before = in_work_lane(Box::pin(slice) as Pin<Box<dyn Future<Output = _> + Send>>);
        let computing = async move {
            let limit = Instant::now() + Duration::from_secs(100);
            while before != Duration::ZERO && sys::own_slice() == before && Instant::now() < limit {
                (0..10_000).for_each(|n| _ = std::hint::black_box(n));
            }
            sys::own_slice()
        };
        let during = in_work_lane(Box::pin(computing));
        let knows_slices = before != Duration::ZERO;
        assert_eq!(during, if knows_slices { tuning::LONG_SLICE } else { before });
        assert_eq!(in_work_lane(Box::pin(async { sys::own_slice() })), before);
    }
}
