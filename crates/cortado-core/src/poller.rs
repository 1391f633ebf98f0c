//! The poller: where a thread with nothing to do waits for descriptors and deadlines at once.
//!
//! Reactor and timers share one wait. Any thread may take a `turn`; one at a time has it, and
//! nobody queues for it: who does not get it does something else. An idle worker takes an
//! unlimited turn, a busy worker a short look every so many polls, and the monitor one with its
//! own limit, so a worker that is stuck in a poll never keeps readiness from being seen.

use std::io;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use parking_lot::Mutex;

use crate::reactor::{Events, Reactor};
use crate::seam::Clock;
use crate::timer::{Timers, Wheel};
use crate::tuning;

/// See the module.
pub(crate) struct Poller {
    reactor: Reactor,
    timers: Timers,
    /// No thread lingers where the time that this takes may be missing elsewhere.
    may_linger: bool,
    /// Held while waiting. It is only ever tried, never waited for.
    turn: Mutex<Turn>,
}

/// What only the thread whose turn it is may touch.
struct Turn {
    events: Events,
    wheel: Wheel,
}

/// How long a turn may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Look, do not wait.
    Not,
    /// Wait at most this long.
    AtMost(Duration),
    /// Wait until something happens.
    Unlimited,
    /// The same, but where events follow each other closely, look again for a moment before
    /// falling asleep.
    Linger,
}

impl Poller {
    pub(crate) fn new(clock: Arc<dyn Clock>, may_linger: bool) -> io::Result<Poller> {
        let (timers, wheel) = Timers::new(clock);
        let turn = Mutex::new(Turn { events: Events::new(), wheel });
        Ok(Poller { reactor: Reactor::new()?, timers, may_linger, turn })
    }

    pub(crate) fn reactor(&self) -> &Reactor {
        &self.reactor
    }

    pub(crate) fn timers(&self) -> &Timers {
        &self.timers
    }

    /// Ends a wait that is under way, or else the next one at once.
    pub(crate) fn notify(&self) {
        self.reactor.notify();
    }

    /// Some thread has the turn.
    pub(crate) fn is_occupied(&self) -> bool {
        self.turn.is_locked()
    }

    /// Takes all timers out at the end of the runtime; what waits for one waits for ever.
    pub(crate) fn clear_timers(&self) {
        let mut abandoned = Vec::new();
        self.timers.clear(&mut self.turn.lock().wheel, &mut abandoned);
        // Dropping a waker may run users' code, so the turn is given back first.
        drop(abandoned);
    }

    /// Moves time that stands to the next deadline, and adds to `ready` who waits for it. False where
    /// there is no timer.
    pub(crate) fn skip_to_next_timer(&self, ready: &mut Vec<Waker>) -> bool {
        let Some(mut turn) = self.turn.try_lock() else { return false };
        self.timers.skip(&mut turn.wheel, ready)
    }

    /// Waits for readiness and deadlines, and adds to `ready` the wakers of what happened.
    /// False where another thread has the turn.
    ///
    /// `goes_on` is asked once the turn is taken: where it says no, nothing is waited for. A
    /// `notify` that came before that may have ended the wait of whoever had the turn then, so who
    /// is notified must look for the reason here.
    pub(crate) fn turn(
        &self,
        wait: Wait,
        ready: &mut Vec<Waker>,
        goes_on: impl FnOnce() -> bool,
    ) -> bool {
        let Some(mut turn) = self.turn.try_lock() else { return false };
        let wait = if goes_on() { wait } else { Wait::Not };
        let Turn { events, wheel } = &mut *turn;
        let timeout = match (wait, self.timers.prepare(wheel)) {
            (Wait::Not, _) => Some(Duration::ZERO),
            (Wait::AtMost(limit), Some(due)) => Some(limit.min(due)),
            (Wait::AtMost(limit), None) => Some(limit),
            (Wait::Unlimited | Wait::Linger, due) => due,
        };
        let lingers = self.may_linger
            && wait == Wait::Linger
            && timeout.is_none_or(|limit| limit > tuning::POLLER_LINGER);
        self.reactor.wait(events, timeout, lingers, ready);
        self.timers.fire(wheel, ready);
        true
    }
}
