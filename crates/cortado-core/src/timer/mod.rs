//! Timers: deadlines turned into wake-ups.
//!
//! A timer that waits is an `Entry`, shared by its `Sleep` and the wheel. Only the thread that has
//! the poller's turn touches the wheel. Everyone else, of either lane, posts the entry to a
//! lock-free inbox, which means: look at me again. Nobody ever waits for anybody here.
//!
//! How no deadline is overslept. The thread that is about to wait drains the inbox, publishes in
//! `waiting_until` until when it is going to wait, and looks into the inbox once more. Who posts an
//! entry reads `waiting_until` after the push, and ends the wait by `notify` if the entry is due
//! earlier. Store then load on both sides:
//!
//! ```text
//! prepare                            post
//! waiting_until.store(next)          inbox.push(entry), SeqCst
//! fence(SeqCst)                      waiting_until.load(SeqCst)
//! inbox.is_empty()?
//! ```
//!
//! The race would be that both loads miss the other's store. In the single order of SeqCst steps the
//! push comes before the load. If the poller's look misses the push, its fence comes before the push; if
//! the poster's load misses the store, it comes before the fence. Both cannot be. So the poller finds the
//! entry, or the poster finds the time and notifies. Both at once cost a wake-up for nothing.
//! `loom_insert_against_prepare` is this race as a model; there a fence stands between the push and the
//! load, since loom takes SeqCst steps for weaker ones.
//!
//! While nobody waits, `waiting_until` is 0 and posting notifies nobody: whoever takes a turn next
//! drains first. That somebody does is the idle protocol's promise.
//!
//! A thread that drops a timer keeps the entry for a moment (`stash.rs`): its next timer takes it
//! over. Where the wheel has it at an earlier time, nothing needs to be said. Where its message is
//! still to be read, the change of the state word stands for another one: whoever reads the message sees
//! the new deadline before it publishes until when it waits. If the poller has looked already and waits,
//! it has missed the message's push, which came before; so the argument holds for the load behind the
//! change. The same goes for a timer that is moved to an earlier time (`Sleep::reset`).
//!
//! An inbox that nobody empties would keep cancelled entries alive, since a poller that waits for
//! a far deadline is not woken by farther ones. So it is woken when half of the messages are stale, but
//! not for fewer than `BACKLOG`. Timers that somebody waits for may lie in the inbox until the poller
//! wakes by itself: it costs no more there than in the wheel.

mod aim;
mod delay_queue;
mod entry;
mod instant;
mod interval;
mod listening;
mod pause;
mod sleep;
pub(crate) mod stash;
pub mod time;
mod timeout;
mod wheel;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod sleep_tests;
#[cfg(all(test, not(loom)))]
mod tests;

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::inbox::Inbox;
use crate::seam::Clock;
use crate::shim::atomic::Ordering::{Relaxed, SeqCst};
use crate::shim::atomic::{AtomicU64, AtomicUsize, fence};

use entry::{Entry, EntryRef, LAST_DEADLINE};
pub(crate) use pause::Held;
use pause::Pause;
pub(crate) use wheel::Wheel;

/// Stale messages for which a poller that waits may be woken: some 200 KB of entries.
const BACKLOG: usize = 4096;

/// How often `prepare` reads messages that keep coming before it gives up waiting.
const ROUNDS: usize = 4;

/// The values of `waiting_until` that are not times.
const NOBODY_WAITS: u64 = 0;
const WITHOUT_END: u64 = u64::MAX;

/// The part of the timers that every thread shares.
pub(crate) struct Timers {
    clock: Arc<dyn Clock>,
    start: Instant,
    inbox: Inbox<Entry>,
    /// Messages since the last drain, and cancelled timers that were given up, roughly.
    messages: AtomicUsize,
    stale: AtomicUsize,
    waiting_until: AtomicU64,
    pause: Pause,
}

impl Timers {
    /// Timers without any entry, and the wheel for whoever has the poller's turn.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> (Timers, Wheel) {
        let timers = Timers {
            start: clock.now(),
            clock,
            inbox: Inbox::new(),
            messages: AtomicUsize::new(0),
            stale: AtomicUsize::new(0),
            waiting_until: AtomicU64::new(NOBODY_WAITS),
            pause: Pause::new(),
        };
        (timers, Wheel::new())
    }

    /// Reads the messages, and says how long the caller may wait: not at all past the earliest
    /// deadline, and without end where there is none. `fire` comes after the wait.
    pub(crate) fn prepare(&self, wheel: &mut Wheel) -> Option<Duration> {
        for _ in 0..ROUNDS {
            self.drain(wheel);
            let next = wheel.next_deadline();
            self.waiting_until.store(next.unwrap_or(WITHOUT_END), Relaxed);
            fence(SeqCst);
            if self.inbox.is_empty() {
                return next.and_then(|next| self.until(next));
            }
        }
        Some(Duration::ZERO)
    }

    /// How long to wait for a deadline. Where time stands, waiting does not bring it nearer: then it
    /// is not waited for while a closure holds the clock, and once none does, the caller is to skip
    /// to it. A notification that said so may have been taken by an earlier look.
    fn until(&self, deadline: u64) -> Option<Duration> {
        let left = deadline.saturating_sub(self.elapsed());
        match self.is_paused() && left > 0 {
            true => self.may_skip().then_some(Duration::ZERO),
            false => Some(Duration::from_nanos(left)),
        }
    }

    /// Adds to `ready` who waits for a deadline that has come.
    pub(crate) fn fire(&self, wheel: &mut Wheel, ready: &mut Vec<Waker>) {
        self.waiting_until.store(NOBODY_WAITS, Relaxed);
        self.drain(wheel);
        wheel.expire(self.elapsed(), ready);
    }

    /// Takes every timer out at the end of the runtime. What waits for one waits for ever; the
    /// caller drops the wakers once it has given the turn back, since that may run users' code.
    pub(crate) fn clear(&self, wheel: &mut Wheel, abandoned: &mut Vec<Waker>) {
        self.drain(wheel);
        wheel.clear(abandoned);
    }

    /// What time it is on this runtime's clock.
    pub(crate) fn now(&self) -> Instant {
        if let Some(at) = self.pause.stands_at() {
            return self.start + Duration::from_nanos(at);
        }
        let (now, shift) = (self.clock.now(), self.pause.shift());
        let by = Duration::from_nanos(shift.unsigned_abs());
        let shifted = if shift < 0 { now.checked_sub(by) } else { now.checked_add(by) };
        shifted.unwrap_or(now)
    }

    /// Time stands.
    pub(crate) fn is_paused(&self) -> bool {
        self.pause.stands_at().is_some()
    }

    /// Nothing runs on the blocking pool that time must not overtake.
    pub(crate) fn may_skip(&self) -> bool {
        !self.pause.is_held()
    }

    /// Stops time, where it does not stand.
    pub(crate) fn pause(&self) {
        if !self.is_paused() {
            self.pause.stop_at(self.elapsed());
        }
    }

    fn resume(&self) {
        self.pause.go_on(self.since_start(self.clock.now()));
    }

    /// Moves time that stands; false where it passes.
    fn jump(&self, by: Duration) -> bool {
        let at = self.pause.stands_at();
        let by = u64::try_from(by.as_nanos()).unwrap_or(LAST_DEADLINE);
        at.map(|at| self.pause.stop_at(at.saturating_add(by).min(LAST_DEADLINE - 1))).is_some()
    }

    /// Moves time that stands to the next deadline, and adds to `ready` who waits for it. False
    /// where there is none.
    pub(crate) fn skip(&self, wheel: &mut Wheel, ready: &mut Vec<Waker>) -> bool {
        self.drain(wheel);
        wheel.settle(ready);
        let Some(next) = wheel.next_deadline() else { return false };
        self.pause.stop_at(next.max(self.elapsed()));
        wheel.expire(self.elapsed(), ready);
        true
    }

    /// Nanoseconds since the clock's start.
    fn elapsed(&self) -> u64 {
        self.since_start(self.now())
    }

    /// An instant as the state word holds it: to the nanosecond, for 73 years. What is later than
    /// that never comes.
    fn since_start(&self, instant: Instant) -> u64 {
        self.nanoseconds(instant).max(0).cast_unsigned()
    }

    /// The same, below zero for what was before the start.
    fn nanoseconds(&self, instant: Instant) -> i64 {
        let span = |span: Duration| {
            let whole = span.as_secs().checked_mul(1_000_000_000);
            let ns = whole.and_then(|ns| ns.checked_add(span.subsec_nanos().into()));
            ns.unwrap_or(LAST_DEADLINE).min(LAST_DEADLINE).cast_signed()
        };
        match instant.checked_duration_since(self.start) {
            Some(after) => span(after),
            None => -span(self.start.saturating_duration_since(instant)),
        }
    }

    /// The reverse.
    fn instant(&self, nanoseconds: i64) -> Instant {
        let by = Duration::from_nanos(nanoseconds.unsigned_abs());
        let moved =
            if nanoseconds < 0 { self.start.checked_sub(by) } else { self.start.checked_add(by) };
        moved.unwrap_or(self.start)
    }

    /// Sends an entry to the wheel. True where the poller must be notified.
    fn post(&self, entry: EntryRef) -> bool {
        let deadline = entry.deadline();
        self.push(entry);
        self.is_overslept(deadline)
    }

    /// Gives a cancelled entry up. True where the poller must be notified.
    fn discard(&self, entry: EntryRef) -> bool {
        if entry.give_up() {
            self.push(entry);
        }
        let stale = self.stale.load(Relaxed) + 1;
        self.stale.store(stale, Relaxed);
        stale.is_multiple_of(BACKLOG)
            && stale >= self.messages.load(Relaxed) / 2
            && self.waiting_until.load(Relaxed) != NOBODY_WAITS
    }

    fn push(&self, entry: EntryRef) {
        self.inbox.push(entry);
        // Two threads that count at once may count one message between them; the same below.
        self.messages.store(self.messages.load(Relaxed) + 1, Relaxed);
    }

    /// Somebody waits in the poller for longer than until `deadline`, and may not have read the message
    /// about it, which the caller has sent or changed.
    fn is_overslept(&self, deadline: u64) -> bool {
        #[cfg(loom)]
        fence(SeqCst);
        deadline < self.waiting_until.load(SeqCst)
    }

    fn drain(&self, wheel: &mut Wheel) {
        if self.inbox.is_empty() {
            return;
        }
        self.messages.store(0, Relaxed);
        self.stale.store(0, Relaxed);
        for entry in self.inbox.take_all() {
            wheel.take_in(entry);
        }
    }
}
