//! Wheel: every deadline, in the order in which they come, at constant cost per timer.
//!
//! It is a hierarchical timing wheel (G. Varghese, T. Lauck, "Hashed and Hierarchical Timing
//! Wheels", SOSP 1987; scheme 7). A tick is one millisecond from the clock's start. Seven levels of
//! 64 slots each cover 139 years; a slot of level L spans 64^L ticks. Insert and remove are O(1): a
//! slot is a vector of entries, each of which knows its position, so that the last one can take the
//! place of one that leaves; and each level has a bitmap of the slots in use. Only the thread that has the
//! poller's turn touches the wheel.
//!
//! A deadline goes to the level of the highest six-bit digit in which its tick differs from the
//! wheel's own tick. Three facts follow, and the rest of the file leans on them:
//! - All of a level comes before all of the next one, and within a level slots come in index
//!   order. So the first slot in use of the first level in use holds the earliest deadline.
//! - Advancing to a tick before the start of that slot moves nothing.
//! - At the start of a slot of a higher level its entries differ from the wheel's tick in lower
//!   digits only, so they sink.
//!
//! Nothing is rounded: an entry keeps its deadline to the nanosecond, a slot keeps the earliest of
//! its deadlines, and an entry fires when the clock has reached its deadline, never before. The
//! earliest is a lower bound after a removal, and after a deadline moved away: an idle poller may wake
//! for it once, then the slot is sorted out and exact again. It does not wake merely to move entries
//! down.

use std::array;
use std::mem;
use std::task::Waker;

use super::entry::{EntryRef, Fire, LAST_DEADLINE, Message};

/// Nanoseconds in a tick.
pub(super) const TICK_NS: u64 = 1_000_000;
const LEVELS: usize = 7;
const SLOTS: usize = 64;
const DIGIT_BITS: u32 = SLOTS.trailing_zeros();
/// An empty slot gives the memory for more entries than this back.
const KEPT_ENTRIES: usize = 16;

/// See the module.
pub(crate) struct Wheel {
    levels: Box<[Level]>,
    /// The tick that the wheel has reached.
    tick: u64,
}

struct Level {
    in_use: u64,
    slots: [Slot; SLOTS],
}

struct Slot {
    entries: Vec<EntryRef>,
    /// No deadline in this slot is earlier.
    earliest: u64,
}

/// A slot of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) level: u8,
    pub(super) slot: u8,
}

impl Wheel {
    /// An empty wheel.
    pub(super) fn new() -> Wheel {
        let slot = |_| Slot { entries: Vec::new(), earliest: u64::MAX };
        let level = |_| Level { in_use: 0, slots: array::from_fn(slot) };
        Wheel { levels: (0..LEVELS).map(level).collect(), tick: 0 }
    }

    /// How many entries it holds.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots().map(|slot| slot.entries.len()).sum()
    }

    /// For how many entries it has memory.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.slots().map(|slot| slot.entries.capacity()).sum()
    }

    #[cfg(test)]
    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.levels.iter().flat_map(|level| &level.slots)
    }

    /// A time at or before which nothing is due, and at which something may be.
    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.first_place().map(|place| self.slot(place).earliest)
    }

    /// Does what an entry out of the inbox asks for.
    pub(super) fn take_in(&mut self, entry: EntryRef) {
        let kept = match entry.receive() {
            Message::Keep(LAST_DEADLINE) | Message::Forget => None,
            Message::Keep(deadline) => Some(deadline),
        };
        // The wheel's own reference, where it has the entry already, goes instead of this one.
        self.unlink(&entry);
        if let Some(deadline) = kept {
            self.link(entry, deadline);
        }
    }

    /// Fires what is due at `now`, in nanoseconds from the clock's start.
    pub(super) fn expire(&mut self, now: u64, ready: &mut Vec<Waker>) {
        let now_tick = now / TICK_NS;
        while let Some(place) = self.first_place() {
            let start = self.start(place);
            let later_in_tick = start == now_tick && self.slot(place).earliest > now;
            if start > now_tick || (place.level == 0 && later_in_tick) {
                break;
            }
            self.tick = start;
            self.sort_out(place, now, ready);
        }
        self.tick = self.tick.max(now_tick);
    }

    /// Makes `next_deadline` exact: nobody waits for what comes before it.
    pub(super) fn settle(&mut self, ready: &mut Vec<Waker>) {
        while let Some(place) = self.first_place() {
            let earliest = self.slot(place).earliest;
            // At the time 0 nothing is due that was not before.
            self.sort_out(place, 0, ready);
            if self.next_deadline() == Some(earliest) {
                break;
            }
        }
    }

    /// Takes every entry out, with who waits for it.
    pub(super) fn clear(&mut self, abandoned: &mut Vec<Waker>) {
        while let Some(place) = self.first_place() {
            for entry in self.detach(place) {
                entry.set_nowhere();
                abandoned.extend(entry.abandon());
            }
        }
    }

    /// Empties a slot: what is due fires, the rest goes where it belongs now.
    fn sort_out(&mut self, place: Place, now: u64, ready: &mut Vec<Waker>) {
        let mut entries = self.detach(place);
        for entry in entries.drain(..) {
            entry.set_nowhere();
            match entry.fire(now) {
                Fire::Later(LAST_DEADLINE) | Fire::Gone => {}
                Fire::Later(deadline) => self.link(entry, deadline),
                Fire::Fired(waker) => ready.extend(waker),
            }
        }
        let slot = self.slot_mut(place);
        if slot.entries.capacity() == 0 && entries.capacity() <= KEPT_ENTRIES {
            slot.entries = entries;
        }
    }

    fn link(&mut self, entry: EntryRef, deadline: u64) {
        let place = self.place(deadline);
        self.levels[usize::from(place.level)].in_use |= 1 << place.slot;
        let slot = self.slot_mut(place);
        slot.earliest = slot.earliest.min(deadline);
        entry.set_place(place, slot.entries.len());
        slot.entries.push(entry);
    }

    /// Takes an entry out, if it is there.
    fn unlink(&mut self, entry: &EntryRef) {
        let Some((place, position)) = entry.place() else { return };
        entry.set_nowhere();
        let slot = self.slot_mut(place);
        drop(slot.entries.swap_remove(position));
        match slot.entries.get(position) {
            Some(moved) => moved.set_position(position),
            None if slot.entries.is_empty() => {
                slot.entries.shrink_to(KEPT_ENTRIES);
                slot.earliest = u64::MAX;
                self.levels[usize::from(place.level)].in_use &= !(1 << place.slot);
            }
            None => {}
        }
    }

    /// Makes a slot empty and returns what it held.
    fn detach(&mut self, place: Place) -> Vec<EntryRef> {
        self.levels[usize::from(place.level)].in_use &= !(1 << place.slot);
        let slot = self.slot_mut(place);
        slot.earliest = u64::MAX;
        mem::take(&mut slot.entries)
    }

    fn slot_mut(&mut self, place: Place) -> &mut Slot {
        &mut self.levels[usize::from(place.level)].slots[usize::from(place.slot)]
    }

    fn slot(&self, place: Place) -> &Slot {
        &self.levels[usize::from(place.level)].slots[usize::from(place.slot)]
    }

    /// Where a deadline belongs, seen from the wheel's tick. What is overdue belongs to this tick.
    fn place(&self, deadline: u64) -> Place {
        let tick = (deadline / TICK_NS).max(self.tick);
        let level = (tick ^ self.tick).checked_ilog2().unwrap_or(0) / DIGIT_BITS;
        let slot = (tick >> (level * DIGIT_BITS)) % SLOTS as u64;
        Place { level: level as u8, slot: slot as u8 }
    }

    /// The first slot that is in use.
    fn first_place(&self) -> Option<Place> {
        let (level, found) = self.levels.iter().enumerate().find(|(_, level)| level.in_use != 0)?;
        Some(Place { level: level as u8, slot: found.in_use.trailing_zeros() as u8 })
    }

    /// The first tick of a slot that is in use.
    fn start(&self, place: Place) -> u64 {
        let shift = u32::from(place.level) * DIGIT_BITS;
        let above = self.tick >> (shift + DIGIT_BITS) << (shift + DIGIT_BITS);
        above | u64::from(place.slot) << shift
    }
}
