//! How the monitor falls asleep, and how a worker that becomes busy wakes it.
//!
//! Monitor: says that it sleeps, fence, looks once more whether a worker is awake. Worker: counts
//! itself as awake, fence, reads whether the monitor sleeps. Of the two, one sees the other. The
//! monitor sleeps only after a long quiet time, so in a program that has something to do every few
//! milliseconds the worker's side is one fence and one load.
//!
//! The end leaves a token as a rousing does, and a pause that goes by may take it. So who is about
//! to sleep looks at `ended` too, which was set before the token was put.

use std::time::Duration;

use crate::park::Parker;
use crate::shim::atomic::{AtomicBool, Ordering, fence};

/// See the module.
pub(crate) struct Alarm {
    asleep: AtomicBool,
    ended: AtomicBool,
    parker: Parker,
}

impl Alarm {
    pub(crate) fn new() -> Alarm {
        let [asleep, ended] = [false; 2].map(AtomicBool::new);
        Alarm { asleep, ended, parker: Parker::new() }
    }

    /// Worker, after it was counted as awake.
    pub(crate) fn rouse(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) && self.asleep.swap(false, Ordering::Relaxed) {
            self.parker.unpark();
        }
    }

    /// Monitor: sleeps until a worker rouses it, unless one is awake already or the end has come.
    pub(crate) fn sleep_unless(&self, somebody_is_awake: impl Fn() -> bool) {
        self.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !somebody_is_awake() && !self.has_ended() {
            self.parker.park();
        }
        self.asleep.store(false, Ordering::Relaxed);
    }

    /// Monitor: a tick goes by.
    pub(crate) fn pause(&self, pace: Duration) {
        self.parker.park_timeout(pace);
    }

    /// Wakes the monitor for good.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        self.parker.unpark();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}
