//! The seat: the right to run in a lane, and how the monitor frees it.
//!
//! # Essay: freeing a seat
//!
//! **Nouns.** Each lane has as many seats as there are usable cores; `Idle` counts who holds one.
//! A *notice* is one word per worker, written by the worker and by the monitor, which the worker
//! reads after each poll with one relaxed load.
//!
//! **States** of the notice: `STANDING` is set while the worker holds no seat; `LOST` is set with
//! it by the monitor when it takes the seat away, and `LOWERED` where the thread gets a lower OS
//! priority; `CHARGED` says that the monitor has charged the poll; `MEASURE` is set with a seat of the work
//! lane, where every poll is measured. In the wait lane a poll without an incident reads zero.
//!
//! **Invariants.**
//! - F1: a seat is given back once: by whoever sets `STANDING`. The worker and the monitor both do
//!   that by one atomic step, so only one of them does. A worker does it also in the middle of a poll,
//!   where a job waits for another (`work::Standing`): it marks the seat as lost, like the monitor, and
//!   takes one again where one is free by then. And a worker of the work lane whose own poll has just ended
//!   without a seat may take away another one's, in place of the monitor (`Lanes::take_over_seat`). The
//!   step says of which lane the seat is to be: by then the worker may hold one of the other.
//! - F2: nothing is taken from a running worker but its seat. Its queue stays the worker's own, open
//!   to thieves, of whom the monitor is one, until the worker itself passes it on.
//! - F3: a worker whose seat is lost runs nothing more in that lane; what it wakes or spawns until
//!   its poll ends goes to its ring, never to the next-task slot, and wakes a worker: thieves begin
//!   with the queues of those who have no seat, so it does not wait for the poll's end. Where every
//!   other worker is too busy to steal, the monitor takes it at its next look.
//! - F4: a thread that was lowered never serves the wait lane again: lowering is one-way for an
//!   unprivileged process. `LOWERED` is set by the same step as `LOST`, before the thread is
//!   lowered, so a worker that sees it changes its lane even where the priority follows later.
//!
//! **Protocol.** The monitor: (1) sees the same poll number for longer than the stall limit while
//! somebody waits; (2) reads the thread's CPU clock, and its state where most of the time went elsewhere;
//! (3) `free`; (4) counts the seat as free in `Idle`; (5) lowers the thread if it computes;
//! (6) wakes a worker of the lane, which gets the seat and steals from the stuck queue. Where the work
//! lane has no place for one thread more although one of its workers sleeps, that worker ends first, and
//! (3) waits for the next look: a poll without a seat is never lowered. Where all of them compute, one more
//! for each seat is lowered beyond the lane's bound. A poll that queues tasks all along
//! for other workers of its lane counts as many short ones, and is left alone. The worker:
//! after the poll it sees `LOST`, passes its queue to the injector, and waits as a sleeper for a
//! new seat, in the work lane if `LOWERED`. There, where something waits, it takes the seat of a poll that
//! computes for long at once: the monitor would free it for whoever sleeps, and a thread that computes is
//! better not put to sleep between (`lowering`). Where the monitor has found no such poll, one after a long
//! one is taken for long as well. If it is not, or blocks in a call, nobody says so: the monitor looks at
//! polls with a seat.
//!
//! **The race.** The poll may end between (1) and (3). The worker then runs the next task for one
//! poll while its seat is given to another: for that poll the lane has one worker more than seats,
//! which costs a share of a core and breaks nothing, since no data belongs to a seat.
//!
//! If it searches at (3) and is lowered, (6) may count on its search and wake nobody; so a worker that leaves
//! a lane wakes it once more. And where the only worker awake stays without a seat, or has given its own up,
//! nobody comes back to the poller: the monitor and whoever gives a seat up see to that
//! (`Lanes::attend_poller`).
//!
//! A task may also be put into the next-task slot at that instant, by a worker that has just seen
//! its seat, and after the thief that (6) has woken looked there: nobody is woken for it, and the
//! poll that is stuck may even wait for it. So the monitor looks, as long as the poll lasts, at what
//! waits behind a poll without a seat, and passes it on to the injector.
//!
//! **Rejected.** Taking the stuck worker's queue away: its thread can enter the runtime at any
//! instant of the poll, so every push would need a check against the thief. Learning from wall time
//! and sending tasks to an unbounded pool: zio#8955.

use cortado_probe::Lane;

use crate::shim::atomic::{AtomicU32, Ordering};

const STANDING: u32 = 1;
const LOST: u32 = 1 << 1;
const LOWERED: u32 = 1 << 2;
const CHARGED: u32 = 1 << 3;
const MEASURE: u32 = 1 << 4;

/// See the module.
pub(crate) struct Notice(AtomicU32);

impl Notice {
    /// That of a worker without a seat.
    pub(crate) fn new() -> Notice {
        Notice(AtomicU32::new(STANDING))
    }

    /// Zero as long as a poll ends without anything to see to.
    pub(crate) fn word(&self) -> &AtomicU32 {
        &self.0
    }

    /// Worker: it has a seat. With `measure`, every poll is to be measured.
    pub(crate) fn sit(&self, measure: bool) {
        self.0.swap(if measure { MEASURE } else { 0 }, Ordering::AcqRel);
    }

    /// Worker: it holds its seat no longer. False: it was freed already.
    pub(crate) fn stand_up(&self) -> bool {
        self.0.fetch_or(STANDING, Ordering::AcqRel) & STANDING == 0
    }

    /// The worker holds a seat. For another thread: what it wrote before it sat down is visible.
    pub(crate) fn is_seated(&self) -> bool {
        self.0.load(Ordering::Acquire) & STANDING == 0
    }

    /// Worker: its seat was freed.
    pub(crate) fn is_lost(&self) -> bool {
        self.0.load(Ordering::Relaxed) & LOST != 0
    }

    /// Worker, without a seat: its thread was lowered, or is about to be.
    pub(crate) fn is_lowered(&self) -> bool {
        self.0.load(Ordering::Acquire) & LOWERED != 0
    }

    /// Worker: the monitor has charged a poll.
    pub(crate) fn take_charged(&self) -> bool {
        self.0.load(Ordering::Relaxed) & CHARGED != 0
            && self.0.fetch_and(!CHARGED, Ordering::Acquire) & CHARGED != 0
    }

    /// Worker: every poll is measured.
    pub(crate) fn measures(&self) -> bool {
        self.0.load(Ordering::Relaxed) & MEASURE != 0
    }

    /// Monitor: there is a charge for the poll under way.
    pub(crate) fn charge(&self) {
        self.0.fetch_or(CHARGED, Ordering::Release);
    }

    /// Takes the seat away. False: the worker does not hold one of this lane.
    pub(crate) fn free(&self, lane: Lane, lower: bool) -> bool {
        let mark = STANDING | LOST | if lower { LOWERED } else { 0 };
        let seat = if lane == Lane::Work { MEASURE } else { 0 };
        let mut now = self.0.load(Ordering::Relaxed);
        while now & (STANDING | MEASURE) == seat {
            match self.0.compare_exchange(now, now | mark, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(changed) => now = changed,
            }
        }
        false
    }
}
