//! Lowering: what makes a thread one of the work lane, for the kernel.
//!
//! A worker that starts in the work lane does it to its own thread, the monitor to that of a worker
//! that it moves there. Where the system refuses, the thread works all the same and competes with
//! the wait lane; a listener of the probe hears of that once.

use std::io;

use cortado_probe::{Event, Refused, emit};

use crate::shim::atomic::{AtomicBool, Ordering};
use crate::sys;
use crate::worker::Record;

/// See the module.
pub(crate) struct Lowering {
    nice: i32,
    priority_refused: AtomicBool,
}

impl Lowering {
    pub(crate) fn new(nice: i32) -> Lowering {
        Lowering { nice, priority_refused: AtomicBool::new(false) }
    }

    /// Lowers the worker's thread.
    pub(crate) fn lower(&self, record: &Record) {
        if let Err(error) = sys::lower_thread(record.thread(), self.nice) {
            say_once(&self.priority_refused, record, Refused::LowerPriority, &error);
        }
    }
}

fn say_once(said: &AtomicBool, record: &Record, what: Refused, error: &io::Error) {
    if !said.swap(true, Ordering::Relaxed) {
        emit(|| Event::Refused { worker: record.id(), what, error });
    }
}
