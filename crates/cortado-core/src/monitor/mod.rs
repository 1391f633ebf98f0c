//! The monitor: the thread that sees a worker stuck in one poll, and frees its seat.
//!
//! It samples and never interrupts. A worker publishes the number of its poll with a relaxed store;
//! the monitor brings the clocks. It looks often only while a poll outlasts a tick and somebody
//! waits, rarely when all is well, and sleeps when the workers have slept for a while. While it has
//! a reason to look it waits in the poller, so descriptors and timers are seen also when every
//! worker is stuck. What it does about a poll stands in the essay on freeing a seat.

mod alarm;
mod look;
mod report;
mod senses;
#[cfg(all(test, not(loom)))]
mod tests;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use cortado_probe::Lane;

pub(crate) use alarm::Alarm;

use crate::context;
use crate::handle::Handle;
use crate::lanes::Lanes;
use crate::poller::Wait;
use crate::shim::atomic::{AtomicU64, Ordering};
use crate::sys;
use crate::tuning::{TICK_LONG, TICK_SHORT, TICK_WORK, TICKS_BEFORE_SLEEP};
use look::Look;
use senses::Machine;

/// What the monitor of a runtime does; see [`Builder::monitor`](crate::Builder::monitor).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum MonitorMode {
    /// It frees the seats of stuck workers, moves tasks that compute to the work lane, watches
    /// descriptors and timers when no worker can, and reports.
    #[default]
    Act,
    /// It reports long polls, and watches descriptors and timers; what is stuck stays stuck, and every
    /// task stays in the lane in which it started.
    Report,
    /// There is no monitor. A worker that is stuck in a poll holds up whatever only it could have seen:
    /// descriptors and timers too, where it was the one that looked at them. As on other runtimes,
    /// no poll may be long then.
    Off,
}

/// What the workers and the metrics see of the monitor.
pub(crate) struct Monitor {
    alarm: Alarm,
    pub(crate) counts: Counts,
}

/// What the monitor did, for metrics.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) long_polls: AtomicU64,
    pub(crate) blocked_polls: AtomicU64,
    pub(crate) seats_freed: AtomicU64,
    pub(crate) threads_lowered: AtomicU64,
    pub(crate) looks: AtomicU64,
}

impl Monitor {
    pub(crate) fn new() -> Monitor {
        Monitor { alarm: Alarm::new(), counts: Counts::default() }
    }

    /// A worker has become busy: the monitor must not sleep.
    pub(crate) fn rouse(&self) {
        self.alarm.rouse();
    }

    /// The runtime ends.
    pub(crate) fn end(&self) {
        self.alarm.end();
    }

    fn has_ended(&self) -> bool {
        self.alarm.has_ended()
    }
}

/// The body of the monitor's thread.
pub(crate) fn watch(lanes: Arc<Lanes>) {
    let _entered = context::enter(Handle::of_lanes(lanes.clone()));
    lanes.lowering().place_own(Lane::Wait, lanes.records());
    // Without it the kernel may round a wait of the monitor up by 50 µs; it does no harm if not set.
    let _ = sys::set_timer_slack(NonZeroU64::MIN);
    let mut look = Look::new(Machine);
    let mut ready = Vec::new();
    let mut pace = TICK_LONG;
    let mut quiet_ticks = 0;
    while !lanes.monitor().has_ended() {
        let goes_on = || !lanes.monitor().has_ended();
        // Where only the work lane is waited for, the poller is left to the workers.
        let waited_in_poller =
            pace < TICK_WORK && lanes.poller().turn(Wait::AtMost(pace), &mut ready, goes_on);
        if !waited_in_poller {
            lanes.monitor().alarm.pause(pace);
            lanes.poll_now(&mut ready);
        }
        ready.drain(..).for_each(context::wake);
        lanes.attend_poller();
        let seen = look.at(&lanes);
        quiet_ticks = if seen.anything_happened { 0 } else { quiet_ticks + 1 };
        pace = next_pace(pace, seen.wanted_pace);
        if quiet_ticks >= TICKS_BEFORE_SLEEP {
            let busy =
                || lanes.lane(Lane::Wait).idle.active() + lanes.lane(Lane::Work).idle.active();
            lanes.monitor().alarm.sleep_unless(|| busy() > 0);
            quiet_ticks = 0;
        }
    }
}

/// At once to the pace that a reason asks for; without one, slower step by step.
fn next_pace(pace: Duration, wanted: Option<Duration>) -> Duration {
    wanted.unwrap_or((pace * 2).clamp(TICK_SHORT, TICK_LONG))
}

/// One more of what the metrics show.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
