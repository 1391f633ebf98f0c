//! The readiness word of a descriptor: what the poller last reported, and how often it did.
//!
//! The poller is edge-triggered: it reports a change once. So the report is kept here until an
//! attempt to read or write finds that nothing is left (`WouldBlock`), and only then cleared.
//! Between that attempt and the clearing a newer report may come in, and clearing it would lose
//! it for good. Therefore the word carries a count of reports, the tick, an attempt remembers
//! the tick at which it began, and clearing does nothing where the tick has moved on: at worst
//! one more attempt follows. (Tokio's `ScheduledIo` uses the same idea with a tick of eight to
//! fifteen bits; here the tick has all but eight bits of the word and does not come round.)

use std::ops::BitOr;

use crate::shim::atomic::{AtomicUsize, Ordering};

/// What a descriptor is registered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interest(u8);

impl Interest {
    /// Data to read, or the end of it.
    pub const READABLE: Interest = Interest(1);
    /// Room to write.
    pub const WRITABLE: Interest = Interest(2);
    /// Exceptional conditions, such as a pressure-stall trigger; they count as readable.
    pub const PRIORITY: Interest = Interest(4);

    /// True where it contains `READABLE`.
    pub const fn is_readable(self) -> bool {
        self.0 & Self::READABLE.0 != 0
    }

    /// True where it contains `WRITABLE`.
    pub const fn is_writable(self) -> bool {
        self.0 & Self::WRITABLE.0 != 0
    }

    /// True where it contains `PRIORITY`.
    pub const fn is_priority(self) -> bool {
        self.0 & Self::PRIORITY.0 != 0
    }
}

impl BitOr for Interest {
    type Output = Interest;

    fn bitor(self, other: Interest) -> Interest {
        Interest(self.0 | other.0)
    }
}

/// One of the two things that a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Until there is something to read.
    Read,
    /// Until there is room to write.
    Write,
}

/// A set of readiness bits, as the poller reports them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready(usize);

impl Ready {
    pub(crate) const EMPTY: Ready = Ready(0);
    pub(crate) const READABLE: Ready = Ready(1);
    pub(crate) const WRITABLE: Ready = Ready(2);
    pub(crate) const PRIORITY: Ready = Ready(4);
    /// The other side writes no more, or an error waits to be read.
    pub(crate) const READ_CLOSED: Ready = Ready(8);
    /// The other side reads no more, or an error waits to be seen by a write.
    pub(crate) const WRITE_CLOSED: Ready = Ready(16);

    const CLOSED: Ready = Ready(Self::READ_CLOSED.0 | Self::WRITE_CLOSED.0);
    const OF_READ: Ready = Ready(Self::READABLE.0 | Self::PRIORITY.0 | Self::READ_CLOSED.0);
    const OF_WRITE: Ready = Ready(Self::WRITABLE.0 | Self::WRITE_CLOSED.0);

    /// What ends a wait in `direction`.
    pub(crate) const fn of(direction: Direction) -> Ready {
        match direction {
            Direction::Read => Self::OF_READ,
            Direction::Write => Self::OF_WRITE,
        }
    }

    pub(crate) const fn intersects(self, other: Ready) -> bool {
        self.0 & other.0 != 0
    }

    const fn and(self, other: Ready) -> Ready {
        Ready(self.0 & other.0)
    }

    const fn without(self, other: Ready) -> Ready {
        Ready(self.0 & !other.0)
    }
}

impl BitOr for Ready {
    type Output = Ready;

    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

/// Readiness that a wait ended with. Given back to `clear_ready` it clears itself, unless a newer
/// report came in since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyEvent {
    ready: Ready,
    tick: usize,
}

impl ReadyEvent {
    /// A read may find something, be it the end or an error.
    pub fn is_readable(&self) -> bool {
        self.ready.intersects(Ready::OF_READ)
    }

    /// A write may get somewhere, be it to an error.
    pub fn is_writable(&self) -> bool {
        self.ready.intersects(Ready::OF_WRITE)
    }

    /// The other side writes no more, or an error waits to be read. A hint.
    pub fn is_read_closed(&self) -> bool {
        self.ready.intersects(Ready::READ_CLOSED)
    }

    /// The other side reads no more, or an error waits to be seen by a write. A hint.
    pub fn is_write_closed(&self) -> bool {
        self.ready.intersects(Ready::WRITE_CLOSED)
    }

    /// An exceptional condition was reported.
    pub fn is_priority(&self) -> bool {
        self.ready.intersects(Ready::PRIORITY)
    }

    /// The same report, of which clearing leaves that the other side has closed. For reads and
    /// writes that were cut short, which show that nothing is left for now, but not that the
    /// descriptor will never be ready again.
    pub fn keep_closed(self) -> ReadyEvent {
        ReadyEvent { ready: self.ready.without(Ready::CLOSED), tick: self.tick }
    }
}

const TICK_SHIFT: u32 = 8;
const READY_MASK: usize = (1 << TICK_SHIFT) - 1;

/// See the module.
#[derive(Debug)]
pub(crate) struct ReadyWord(AtomicUsize);

impl ReadyWord {
    pub(crate) fn new() -> ReadyWord {
        ReadyWord(AtomicUsize::new(0))
    }

    /// A report: adds `ready` and moves the tick.
    pub(crate) fn report(&self, ready: Ready) {
        self.update(|tick, old| Some((tick.wrapping_add(1), old | ready)));
    }

    /// What is ready in `direction`, by a mere load: the fast path.
    pub(crate) fn peek(&self, direction: Direction) -> Option<ReadyEvent> {
        event(self.0.load(Ordering::Acquire), direction)
    }

    /// The same as a read-modify-write, for the look after a waker was put in place. It is
    /// ordered with every report: either it sees that report, or the report comes later and then
    /// sees the waker.
    pub(crate) fn confirm(&self, direction: Direction) -> Option<ReadyEvent> {
        event(self.0.fetch_or(0, Ordering::AcqRel), direction)
    }

    /// Clears `event` where it is still the newest report.
    pub(crate) fn clear(&self, event: ReadyEvent) {
        self.update(|tick, old| (tick == event.tick).then(|| (tick, old.without(event.ready))));
    }

    fn update(&self, change: impl Fn(usize, Ready) -> Option<(usize, Ready)>) {
        let mut word = self.0.load(Ordering::Acquire);
        while let Some((tick, ready)) = change(word >> TICK_SHIFT, Ready(word & READY_MASK)) {
            let next = tick << TICK_SHIFT | ready.0;
            match self.0.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }
}

fn event(word: usize, direction: Direction) -> Option<ReadyEvent> {
    let ready = Ready(word & READY_MASK).and(Ready::of(direction));
    (ready != Ready::EMPTY).then_some(ReadyEvent { ready, tick: word >> TICK_SHIFT })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn clearing_does_not_erase_a_newer_report() {
        let word = ReadyWord::new();
        word.report(Ready::READABLE);
        let first = word.peek(Direction::Read).unwrap();
        word.report(Ready::READABLE);
        word.clear(first);
        let second = word.peek(Direction::Read).unwrap();
        assert_ne!(first, second);
        word.clear(second);
        assert_eq!(word.peek(Direction::Read), None);
    }

    #[test]
    fn clearing_one_direction_leaves_the_other() {
        let word = ReadyWord::new();
        word.report(Ready::READABLE | Ready::WRITABLE | Ready::WRITE_CLOSED);
        word.clear(word.peek(Direction::Read).unwrap());
        assert_eq!(word.confirm(Direction::Read), None);
        let write = word.confirm(Direction::Write).unwrap();
        assert!(write.is_write_closed() && write.is_writable() && !write.is_readable());
    }

    #[test]
    fn a_cut_short_read_keeps_the_close() {
        let word = ReadyWord::new();
        word.report(Ready::READABLE | Ready::READ_CLOSED);
        word.clear(word.peek(Direction::Read).unwrap().keep_closed());
        assert!(word.peek(Direction::Read).unwrap().is_read_closed());
        word.clear(word.peek(Direction::Read).unwrap());
        assert_eq!(word.peek(Direction::Read), None);
    }
}
