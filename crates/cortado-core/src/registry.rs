//! The registry: every task of a runtime that has not ended, for shutdown, reports and live views.
//!
//! Both lanes add and remove tasks all the time, so nothing here blocks: a thread of low OS
//! priority that is preempted in the middle of any of these steps holds nobody up. A slot is one
//! word; free slots are chained through their words, but for those that a worker keeps at hand;
//! slots live in segments that double in size and never move. One task costs 8 bytes here and 4 in its header; links in the header, the usual
//! way, would cost 16 and a lock.
//!
//! A slot's word is one of:
//!
//! | word | meaning |
//! |---|---|
//! | 0 | was never in use |
//! | `next << 3 \| FREE` | free; `next` is the number of the next free slot plus one |
//! | pointer | holds a task, and one reference to it |
//! | pointer `\| VIEWED` | the same, and a viewer looks at it |
//! | pointer `\| VIEWED \| ORPHAN` | the task has ended; the viewer frees slot and reference |
//!
//! Invariants:
//! - G1: the reference of an occupied slot is given back by whoever makes the slot's word free: the
//!   task's completer, or, where a viewer was looking, the viewer. So a viewer's task is alive.
//! - G2: a segment's pointer changes once, from null to a leaked boxed slice, and is freed with the
//!   registry.
//! - G3: the representation of an `AtomicUsize` of value 0 is all zeros, except under loom.

use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

use crate::shim::Mutex;
use crate::shim::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use crate::task::{Header, Task};

const VIEWED: usize = 1;
const ORPHAN: usize = 1 << 1;
const FREE: usize = 1 << 2;
const FLAGS: usize = 7;

/// Slots in the first segment; segment n has this many times 2 to the n. Few under loom, which
/// follows every single one.
const FIRST: usize = if cfg!(loom) { 2 } else { 64 };
const SEGMENTS: usize = if cfg!(loom) { 3 } else { 24 };

/// See the module.
pub(crate) struct Registry {
    segments: [AtomicPtr<AtomicUsize>; SEGMENTS],
    /// The first free slot plus one in the low half; a count of changes, against ABA, in the high.
    free: AtomicU64,
    /// How many slots were ever in use.
    used: AtomicUsize,
    closed: AtomicBool,
    /// One viewer at a time. No task takes it on its way in or out.
    viewer: Mutex<()>,
}

/// The registry is closed: the runtime shuts down, and the caller ends the task.
pub(crate) struct Closed;

impl Registry {
    pub(crate) fn new() -> Registry {
        Registry {
            segments: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
            free: AtomicU64::new(0),
            used: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            viewer: Mutex::new(()),
        }
    }

    /// Adds a task, with a reference for the registry.
    pub(crate) fn insert(&self, task: Task) -> Result<(), Closed> {
        self.insert_at(self.take_slot(), task)
    }

    /// As `insert`, in a slot that the caller has taken.
    pub(crate) fn insert_at(&self, number: u32, task: Task) -> Result<(), Closed> {
        task.header().slot.store(number, Ordering::Relaxed);
        self.slot(number).store(task.into_ptr().as_ptr() as usize, Ordering::SeqCst);
        // Whoever closes looks at all slots afterwards, so one of the two sides sees the other: the
        // flag, the count of slots, the segments and the slots are in one sequentially consistent
        // order.
        if self.closed.load(Ordering::SeqCst) { Err(Closed) } else { Ok(()) }
    }

    /// Forgets a task that has ended; true where its reference passes to the caller.
    pub(crate) fn remove(&self, task: &Header) -> bool {
        let slot = self.vacate(task);
        slot.inspect(|number| self.push_free(*number, *number)).is_some()
    }

    /// Forgets a task that has ended. Where its reference passes to the caller, its slot does too.
    pub(crate) fn vacate(&self, task: &Header) -> Option<u32> {
        let number = task.slot.load(Ordering::Relaxed);
        let slot = self.slot(number);
        let occupied = ptr::from_ref(task) as usize;
        loop {
            if slot.compare_exchange(occupied, FREE, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return Some(number);
            }
            let viewed = occupied | VIEWED;
            let orphan = viewed | ORPHAN;
            if slot.compare_exchange(viewed, orphan, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return None;
            }
        }
    }

    /// A slot for one task.
    pub(crate) fn take_slot(&self) -> u32 {
        self.pop_free().unwrap_or_else(|| self.extend(1))
    }

    /// A slot for one task, and up to `more` others, which go to `spare`; that is empty.
    pub(crate) fn take_slots(&self, spare: &mut Vec<u32>, more: usize) -> u32 {
        self.pop_some_free(spare, more).unwrap_or_else(|| {
            let first = self.extend(1 + more);
            spare.extend((first + 1..=first + more as u32).rev());
            first
        })
    }

    /// Takes slots back that are free.
    pub(crate) fn give_slots(&self, mut slots: impl Iterator<Item = u32>) {
        let Some(first) = slots.next() else { return };
        let mut last = first;
        for next in slots {
            self.slot(last).store(free_before(next + 1), Ordering::Relaxed);
            last = next;
        }
        self.push_free(first, last);
    }

    /// Shows every task that is there during the whole of the call to `look`.
    pub(crate) fn view(&self, look: impl FnMut(&Task)) {
        let _alone = self.viewer.lock();
        self.view_all(look);
    }

    /// The same, but not where another thread views: the monitor waits for nobody.
    pub(crate) fn try_view(&self, look: impl FnMut(&Task)) {
        if let Some(_alone) = self.viewer.try_lock() {
            self.view_all(look);
        }
    }

    fn view_all(&self, mut look: impl FnMut(&Task)) {
        for number in 0..self.used.load(Ordering::SeqCst) as u32 {
            if let Some(slot) = self.existing_slot(number) {
                self.view_slot(number, slot, &mut look);
            }
        }
    }

    fn view_slot(&self, number: u32, slot: &AtomicUsize, look: &mut impl FnMut(&Task)) {
        let word = slot.load(Ordering::SeqCst);
        if word & FLAGS != 0 || word == 0 {
            return;
        }
        let viewed = word | VIEWED;
        if slot.compare_exchange(word, viewed, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return;
        }
        let task = NonNull::new(word as *mut Header).expect("an occupied slot is not null");
        // SAFETY: G1 (VIEWED is set by us, so the slot's reference stays until we are done; it is
        // given back below or by the completer).
        let task = ManuallyDrop::new(unsafe { Task::from_ptr(task) });
        look(&task);
        if slot.compare_exchange(viewed, word, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            slot.store(FREE, Ordering::Release);
            self.push_free(number, number);
            // By G1 the completer left the reference to us.
            drop(ManuallyDrop::into_inner(task));
        }
    }

    /// Refuses tasks from now on.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    fn pop_free(&self) -> Option<u32> {
        self.pop_some_free(&mut Vec::new(), 0)
    }

    /// Takes the first free slot, and up to `more` behind it, in one step.
    fn pop_some_free(&self, spare: &mut Vec<u32>, mut more: usize) -> Option<u32> {
        let mut free = self.free.load(Ordering::Acquire);
        loop {
            let first = (free as u32).checked_sub(1)?;
            let mut next = self.behind(first).unwrap_or(0);
            while spare.len() < more
                && let Some(number) = next.checked_sub(1)
                && let Some(behind) = self.behind(number)
            {
                spare.push(number);
                next = behind;
            }
            // Where another thread has taken one of these slots meanwhile, `next` is anything; then
            // the count of changes has moved on and the exchange fails.
            let changed = count_change(free, next);
            match self.free.compare_exchange(free, changed, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    spare.reverse();
                    return Some(first);
                }
                // The longer the walk, the likelier a change: the next one is shorter.
                Err(now) => (free, more) = (now, more / 2),
            }
            spare.clear();
        }
    }

    /// What stands behind a slot that seems to be free, as its number plus one, or zero.
    fn behind(&self, number: u32) -> Option<u32> {
        let word = self.slot(number).load(Ordering::Acquire);
        (word & FLAGS == FREE).then_some((word >> 3) as u32)
    }

    /// Adds the free slots from `first` to `last`, which are chained to each other.
    fn push_free(&self, first: u32, last: u32) {
        let slot = self.slot(last);
        let mut free = self.free.load(Ordering::Relaxed);
        loop {
            slot.store(free_before(free as u32), Ordering::Release);
            let changed = count_change(free, first + 1);
            match self.free.compare_exchange_weak(
                free,
                changed,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => free = now,
            }
        }
    }

    #[cold]
    fn extend(&self, count: usize) -> u32 {
        let first = self.used.fetch_add(count, Ordering::SeqCst);
        for segment in place(first).0..=place(first + count - 1).0 {
            if segment >= SEGMENTS {
                cortado_probe::stop("G2", "a runtime has more tasks than the registry has slots");
            }
            if self.segments[segment].load(Ordering::SeqCst).is_null() {
                self.add_segment(segment);
            }
        }
        first as u32
    }

    /// Makes a segment; where two threads do, the second throws its own away.
    fn add_segment(&self, segment: usize) {
        let slots = Box::into_raw(unused_slots(FIRST << segment)).cast::<AtomicUsize>();
        let null = ptr::null_mut();
        let made = &self.segments[segment];
        if made.compare_exchange(null, slots, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            // SAFETY: G2 (ours was never published).
            drop(unsafe { boxed_segment(slots, segment) });
        }
    }

    fn slot(&self, number: u32) -> &AtomicUsize {
        self.existing_slot(number).unwrap_or_else(|| {
            cortado_probe::stop("G2", "a slot's number lies in a segment that was never made")
        })
    }

    fn existing_slot(&self, number: u32) -> Option<&AtomicUsize> {
        let (segment, offset) = place(number as usize);
        let slots = NonNull::new(self.segments[segment].load(Ordering::SeqCst))?;
        // SAFETY: G2 (the segment has `FIRST << segment` slots and lives as long as `self`).
        Some(unsafe { slots.add(offset).as_ref() })
    }
}

/// The word of a free slot, before the one whose number plus one is `next`.
fn free_before(next: u32) -> usize {
    (next as usize) << 3 | FREE
}

fn count_change(free: u64, first: u32) -> u64 {
    ((free >> 32).wrapping_add(1) << 32) | u64::from(first)
}

/// The segment of a slot, and its place in there.
fn place(number: usize) -> (usize, usize) {
    let segment = (number / FIRST + 1).ilog2() as usize;
    (segment, number - FIRST * ((1 << segment) - 1))
}

/// Slots that were never in use. The system hands out zeros without touching them, so a slot costs
/// memory only once a page of them is used.
fn unused_slots(count: usize) -> Box<[AtomicUsize]> {
    if cfg!(loom) {
        return (0..count).map(|_| AtomicUsize::new(0)).collect();
    }
    // SAFETY: G3 (this is not loom's type).
    unsafe { Box::new_zeroed_slice(count).assume_init() }
}

/// # Safety
/// `slots` is the pointer of segment number `segment`, and is given up.
unsafe fn boxed_segment(slots: *mut AtomicUsize, segment: usize) -> Box<[AtomicUsize]> {
    // SAFETY: G2 (it was made by `add_segment`, with this length).
    unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(slots, FIRST << segment)) }
}

impl Drop for Registry {
    fn drop(&mut self) {
        for (segment, slots) in self.segments.iter().enumerate() {
            let slots = slots.load(Ordering::Acquire);
            if !slots.is_null() {
                // SAFETY: G2 (nobody else uses the registry any more).
                drop(unsafe { boxed_segment(slots, segment) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST, place};

    #[test]
    fn slots_follow_each_other_over_segments() {
        assert_eq!(place(0), (0, 0));
        assert_eq!(place(FIRST - 1), (0, FIRST - 1));
        assert_eq!(place(FIRST), (1, 0));
        assert_eq!(place(3 * FIRST - 1), (1, 2 * FIRST - 1));
        assert_eq!(place(3 * FIRST), (2, 0));
    }
}
