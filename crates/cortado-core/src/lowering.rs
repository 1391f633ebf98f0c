//! Lowering: what the kernel is to know of a worker's thread: the priority of the work lane, the short
//! time slice of the wait lane, and under a quota the CPUs where the lane stays.
//!
//! The slice is what the kernel goes by where several threads are lowered on one core: of those that have
//! not had more than their share, the one runs first whose slice would end first. A computing thread near
//! the end of its own would come before one of the wait lane with a slice as long.
//!
//! A worker says it of its own thread, the monitor of its own and of that of a worker that it moves to
//! the work lane, and so do threads of other schedulers that live beside the lane's workers. Where the
//! system refuses, the thread works all the same and competes with the wait lane; a listener of the probe
//! hears of that once.

use std::io;

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
    priority_refused: AtomicBool,
    cpus_refused: AtomicBool,
    slice_refused: AtomicBool,
}

impl Lowering {
    pub(crate) fn new(nice: i32, confinement: Confinement) -> Lowering {
        let [priority_refused, cpus_refused, slice_refused] = [false; 3].map(AtomicBool::new);
        Lowering { nice, confinement, priority_refused, cpus_refused, slice_refused }
    }

    /// Makes the worker's thread one of the lane, for the kernel.
    pub(crate) fn place(&self, record: &Record, lane: Lane) {
        self.place_thread(Some(record.id()), record.thread(), lane);
    }

    /// Makes the calling thread, which is no worker's, one of the lane.
    pub(crate) fn place_own(&self, lane: Lane) {
        self.place_thread(None, sys::thread_id(), lane);
    }

    fn place_thread(&self, worker: Option<WorkerId>, thread: i32, lane: Lane) {
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
        let slice = (lane == Lane::Wait).then_some(tuning::WAIT_SLICE);
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
