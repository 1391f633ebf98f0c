//! Wheel: every deadline, in the order in which they come, at constant cost per timer.
//!
//! It is a hierarchical timing wheel (G. Varghese, T. Lauck, "Hashed and Hierarchical Timing
//! Wheels", SOSP 1987; scheme 7). A tick is one millisecond from the clock's start. Seven levels of
//! 64 slots each cover 139 years; a slot of level L spans 64^L ticks. Insert and remove are O(1):
//! lists are doubly linked through indices into one slab, and each level has a bitmap of the
//! slots in use. Only the thread that has the poller's turn touches the wheel.
//!
//! A deadline goes to the level of the highest six-bit digit in which its tick differs from the
//! wheel's own tick. Three facts follow, and the rest of the file leans on them:
//! - All of a level comes before all of the next one, and within a level slots come in index
//!   order. So the first slot in use of the first level in use holds the earliest deadline.
//! - Advancing to a tick before the start of that slot moves nothing.
//! - At the start of a slot of a higher level its entries differ from the wheel's tick in lower
//!   digits only, so they sink.
//!
//! Nothing is rounded: a node keeps its deadline to the nanosecond, a slot keeps the earliest of
//! its deadlines, and a node fires when the clock has reached its deadline, never before. The
//! earliest is a lower bound after a removal: an idle poller may wake for a removed timer once,
//! then the slot is sorted out and exact again. It does not wake merely to move entries down.

use std::task::Waker;

use slab::Slab;

use super::entry::{EntryRef, Fire, LAST_DEADLINE, Message};

/// Nanoseconds in a tick.
pub(super) const TICK_NS: u64 = 1_000_000;
const LEVELS: usize = 7;
const SLOTS: usize = 64;
const DIGIT_BITS: u32 = SLOTS.trailing_zeros();
/// The index of no node.
const NONE: u32 = u32::MAX;
/// An empty wheel gives the memory of more nodes than this back.
const KEPT_NODES: usize = 1024;

/// See the module.
pub(crate) struct Wheel {
    nodes: Slab<Node>,
    levels: Box<[Level]>,
    /// The tick that the wheel has reached.
    tick: u64,
}

struct Node {
    entry: EntryRef,
    deadline: u64,
    previous: u32,
    next: u32,
    place: Place,
}

struct Level {
    in_use: u64,
    slots: [Slot; SLOTS],
}

#[derive(Clone, Copy)]
struct Slot {
    first: u32,
    /// No deadline in this slot is earlier.
    earliest: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    level: u8,
    slot: u8,
}

impl Wheel {
    /// An empty wheel.
    pub(super) fn new() -> Wheel {
        let slot = Slot { first: NONE, earliest: u64::MAX };
        let levels = (0..LEVELS).map(|_| Level { in_use: 0, slots: [slot; SLOTS] }).collect();
        Wheel { nodes: Slab::new(), levels, tick: 0 }
    }

    /// How many entries it holds.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// For how many entries it has memory.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.nodes.capacity()
    }

    /// A time at or before which nothing is due, and at which something may be.
    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.first_place().map(|place| self.slot(place).earliest)
    }

    /// Does what an entry out of the inbox asks for.
    pub(super) fn take_in(&mut self, entry: EntryRef) {
        let message = match entry.receive() {
            Message::Keep(LAST_DEADLINE) => Message::Forget,
            message => message,
        };
        match (message, entry.slot()) {
            (Message::Keep(deadline), None) => self.insert(entry, deadline),
            (Message::Keep(deadline), Some(key)) => {
                self.unlink(key);
                self.link(key, deadline);
            }
            (Message::Forget, Some(key)) => {
                self.unlink(key);
                self.forget(key);
            }
            (Message::Forget, None) => {}
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
        self.give_memory_back();
    }

    /// Takes every entry out, with who waits for it.
    pub(super) fn clear(&mut self, abandoned: &mut Vec<Waker>) {
        for node in std::mem::take(&mut self.nodes) {
            node.1.entry.set_slot(None);
            abandoned.extend(node.1.entry.abandon());
        }
        let tick = self.tick;
        *self = Wheel { tick, ..Wheel::new() };
    }

    /// Gives the memory of a burst back once the wheel is empty.
    pub(super) fn give_memory_back(&mut self) {
        if self.nodes.is_empty() && self.nodes.capacity() > KEPT_NODES {
            self.nodes = Slab::new();
        }
    }

    fn insert(&mut self, entry: EntryRef, deadline: u64) {
        let vacant = self.nodes.vacant_entry();
        let key = u32::try_from(vacant.key()).ok().filter(|key| *key != NONE);
        let key = key.expect("fewer than four billion timers at once");
        entry.set_slot(Some(key));
        let place = Place { level: 0, slot: 0 };
        vacant.insert(Node { entry, deadline, previous: NONE, next: NONE, place });
        self.link(key, deadline);
    }

    fn forget(&mut self, key: u32) {
        self.nodes.remove(key as usize).entry.set_slot(None);
    }

    /// Empties a slot: what is due fires, the rest goes where it belongs now.
    fn sort_out(&mut self, place: Place, now: u64, ready: &mut Vec<Waker>) {
        let mut key = self.detach(place);
        while key != NONE {
            let Node { next, deadline, .. } = self.nodes[key as usize];
            if deadline > now {
                self.link(key, deadline);
            } else {
                self.fire(key, now, ready);
            }
            key = next;
        }
    }

    fn fire(&mut self, key: u32, now: u64, ready: &mut Vec<Waker>) {
        match self.nodes[key as usize].entry.fire(now) {
            Fire::Later(LAST_DEADLINE) => self.forget(key),
            Fire::Later(deadline) => self.link(key, deadline),
            Fire::Fired(waker) => {
                self.forget(key);
                ready.extend(waker);
            }
            Fire::Gone => self.forget(key),
        }
    }

    fn link(&mut self, key: u32, deadline: u64) {
        let place = self.place(deadline);
        let level = &mut self.levels[usize::from(place.level)];
        let slot = &mut level.slots[usize::from(place.slot)];
        level.in_use |= 1 << place.slot;
        slot.earliest = slot.earliest.min(deadline);
        let next = std::mem::replace(&mut slot.first, key);
        if next != NONE {
            self.nodes[next as usize].previous = key;
        }
        let node = &mut self.nodes[key as usize];
        (node.deadline, node.place) = (deadline, place);
        (node.previous, node.next) = (NONE, next);
    }

    fn unlink(&mut self, key: u32) {
        let Node { previous, next, place, .. } = self.nodes[key as usize];
        if next != NONE {
            self.nodes[next as usize].previous = previous;
        }
        if previous != NONE {
            self.nodes[previous as usize].next = next;
        } else if next != NONE {
            self.levels[usize::from(place.level)].slots[usize::from(place.slot)].first = next;
        } else {
            self.detach(place);
        }
    }

    /// Makes a slot empty and returns the first node of its list.
    fn detach(&mut self, place: Place) -> u32 {
        let level = &mut self.levels[usize::from(place.level)];
        level.in_use &= !(1 << place.slot);
        let slot = &mut level.slots[usize::from(place.slot)];
        slot.earliest = u64::MAX;
        std::mem::replace(&mut slot.first, NONE)
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
