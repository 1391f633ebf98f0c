//! Lowering: what the kernel is to know of a worker's thread: the priority of the work lane, a time slice,
//! and under a quota the CPUs where the lane stays.
//!
//! The slice is what the kernel goes by where several threads are lowered on one core: of those that have
//! not had more than their share, the one runs first whose slice would end first (the kernel's documents say
//! EEVDF, sched-eevdf.rst; Stoica and Abdel-Wahab, "Earliest Eligible Virtual Deadline First", 1995). So
//! a computing thread near the end of its slice comes before one of the wait lane that wakes: by a short
//! slice of the wait lane only shortly before its end, by a long slice of the computing one seldom. One that
//! is not let run stays where it is until the kernel looks again, at the next event of that core or
//! its next tick. A thread of the work lane has a long slice while it computes for long, and only then: the
//! next to wake there comes before it as well.
//!
//! A second thing makes one that wakes wait. Who has had how much of its share is measured against the
//! average of the core, and a computing thread that falls asleep, wakes or is moved to another core takes what it
//! is ahead or behind with it: up to half of its slice where two share the core, more of it where more do.
//! If the average falls, who slept meanwhile has had more than its share all of a sudden, and waits until
//! the others have made up for it, for some milliseconds. So
//! a thread of the work lane whose poll has ended goes on without sleeping, where there is something to do
//! and others compute for long (`Lanes::take_over_seat`), and with the same slice.
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
            self.set_slice(worker, thread, tuning::WORK_SLICE);
        } else if worker.is_none() || self.computes.load(Ordering::SeqCst) {
            // The monitor, which is no worker, hardly runs: it takes nothing from anybody.
            self.set_slice(worker, thread, tuning::WAIT_SLICE);
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
            self.set_slice(Some(record.id()), record.thread(), tuning::WAIT_SLICE);
        }
    }

    /// The worker's thread is in the work lane, and computes for long, or does not: its own worker says so,
    /// or the monitor where a poll is long.
    pub(crate) fn fit_slice(&self, record: &Record, is_long: bool) {
        if record.has_long_slice() == is_long {
            return;
        }
        record.note_long_slice(is_long);
        let mut set = is_long;
        loop {
            let slice = if set { tuning::LONG_SLICE } else { tuning::WORK_SLICE };
            self.set_slice(Some(record.id()), record.thread(), slice);
            // Where the other one has said the opposite meanwhile, either may have come last.
            let wanted = record.has_long_slice();
            if wanted == set {
                return;
            }
            set = wanted;
        }
    }

    fn set_slice(&self, worker: Option<WorkerId>, thread: i32, slice: Duration) {
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
    use crate::{Builder, work, yield_now};

    #[test]
    fn slices_are_shortened_when_something_computes() {
        let runtime = Builder::new().worker_threads(1).build().unwrap();
        let slice = || runtime.block_on(runtime.spawn(async { sys::own_slice() })).unwrap();
        let before = slice();
        assert_ne!(before, tuning::WAIT_SLICE);
        let handle = runtime.handle();
        let computing = async { sys::own_slice() };
        let task = work::spawn_on(&handle, computing, "".into(), Location::caller());
        let expected = |slice| if before == Duration::ZERO { before } else { slice };
        assert_eq!(runtime.block_on(task).unwrap(), expected(tuning::WORK_SLICE));
        assert_eq!(slice(), expected(tuning::WAIT_SLICE));
    }

    #[test]
    fn who_computes_for_long_has_a_long_slice_until_a_poll_is_short_or_it_sleeps() {
        let runtime = Builder::new().worker_threads(1).report_long_polls(false).build().unwrap();
        let handle = runtime.handle();
        let in_work_lane = |task| {
            runtime.block_on(work::spawn_on(&handle, task, "".into(), Location::caller())).unwrap()
        };
        let slice = || {
            in_work_lane(
                Box::pin(async { sys::own_slice() }) as Pin<Box<dyn Future<Output = _> + Send>>
            )
        };
        let before = slice();
        let knows_slices = before != Duration::ZERO;
        let long = if knows_slices { tuning::LONG_SLICE } else { before };
        let compute_until_long = move || {
            let limit = Instant::now() + Duration::from_secs(100);
            while knows_slices && sys::own_slice() != long && Instant::now() < limit {
                (0..10_000).for_each(|n| _ = std::hint::black_box(n));
            }
            sys::own_slice()
        };
        assert_eq!(in_work_lane(Box::pin(async move { compute_until_long() })), long);
        while handle.metrics().active_work_workers > 0 {
            std::thread::yield_now();
        }
        assert_eq!(slice(), before, "it has slept");
        let polls = async move {
            assert_eq!(compute_until_long(), long);
            yield_now().await;
            assert_eq!(sys::own_slice(), long, "it is likely to compute on");
            yield_now().await;
            sys::own_slice()
        };
        assert_eq!(in_work_lane(Box::pin(polls)), before);
    }
}
