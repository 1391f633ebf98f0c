//! What the monitor sees and does outside of the runtime: time, other threads' clocks and states, and
//! their priorities. A trait, so that a test can show it a machine that is busy, or stopped by a
//! quota, whatever the real one does.

use std::time::{Duration, Instant};

use cortado_probe::Lane;

use crate::lanes::Lanes;
use crate::sys;
use crate::worker::Record;

/// See the module.
pub(super) trait Senses {
    fn now(&self) -> Instant;

    /// Lets a moment pass between two looks at the same thing.
    fn pause(&self, moment: Duration);

    /// The CPU time that the worker's thread has used; nothing where it cannot be read.
    fn cpu_time(&self, record: &Record) -> Option<Duration>;

    /// The kernel's letter for what the worker's thread does; nothing where it cannot be read.
    fn state(&self, record: &Record) -> Option<char>;

    /// Makes the worker's thread one of the work lane.
    fn lower(&self, lanes: &Lanes, record: &Record);

    /// Gives the worker's thread, which is in the work lane, a long time slice for its poll.
    fn lengthen_slice(&self, lanes: &Lanes, record: &Record);
}

/// The machine as it is.
pub(super) struct Machine;

impl Senses for Machine {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn pause(&self, moment: Duration) {
        std::thread::sleep(moment);
    }

    fn cpu_time(&self, record: &Record) -> Option<Duration> {
        sys::thread_cpu_time(record.thread())
    }

    fn state(&self, record: &Record) -> Option<char> {
        sys::thread_state(record.thread())
    }

    fn lower(&self, lanes: &Lanes, record: &Record) {
        lanes.lowering().place(record, Lane::Work, lanes.records());
    }

    fn lengthen_slice(&self, lanes: &Lanes, record: &Record) {
        lanes.lowering().fit_slice(record, true);
    }
}
