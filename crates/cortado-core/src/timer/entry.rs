//! Entry: what a `Sleep` shares with the wheel, and the state word that both sides agree through.
//!
//! The word holds the deadline, in nanoseconds from the clock's start, above three flags:
//! - `POSTED`: the entry is in the inbox, or the one who set the flag is about to put it there.
//!   Whoever sets it puts the entry there; the drain clears it before it reads the rest. So an
//!   entry is in the inbox at most once, and every change after the drain looked is posted again.
//! - `CANCELLED`: its `Sleep` is gone. Cleared only by a new `Sleep` that takes the entry over while
//!   it is posted: whoever reads the message then finds the new deadline.
//! - `FIRED`: the deadline has come. Set by the wheel, cleared by the next `arm`.
//!
//! Deadline and flags change in one step, so a deadline that was moved never fires at its old time.
//! The wheel's own copy of a deadline is at most the one in the word, or the entry is posted: a
//! deadline that moves away needs no message, since the wheel looks here when the old time comes.
//!
//! Invariants:
//! - I1: `into_ptr` gives one reference to the list and `from_ptr` takes that one back, so the entry
//!   lives as long as the list holds it; the link is used by the list alone, and `POSTED` keeps the
//!   entry from being in it twice.
//! - I2: `references` counts the `EntryRef`s, those that a list holds included. Who takes the last
//!   one away frees the entry, with the layout that it was allocated with.
//! - I3: an entry has no field that may not be used, or dropped, by any thread.

use std::alloc::Layout;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::task::Waker;

use atomic_waker::AtomicWaker;

use crate::inbox::Linked;
use crate::shim::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use crate::shim::atomic::{AtomicPtr, AtomicU32, AtomicU64};
use crate::task::memory;

const POSTED: u64 = 1;
const CANCELLED: u64 = 1 << 1;
const FIRED: u64 = 1 << 2;
const FLAG_BITS: u32 = 3;

/// The latest deadline that the word holds, in nanoseconds: 73 years after the clock's start. It
/// stands for this one and all later ones, so the wheel never lets it come.
pub(crate) const LAST_DEADLINE: u64 = u64::MAX >> FLAG_BITS;

/// The value of `slot` for an entry that is not in the wheel.
const NO_SLOT: u32 = u32::MAX;

/// See the module.
pub(crate) struct Entry {
    link: AtomicPtr<Entry>,
    state: AtomicU64,
    /// Where the wheel keeps it. Only the owner of the wheel touches this.
    slot: AtomicU32,
    references: AtomicU32,
    waker: AtomicWaker,
}

/// A reference to an entry: an `Arc` without weak ones, in memory that is recycled, since the thread
/// that frees an entry is mostly not the one that made it.
pub(crate) struct EntryRef(NonNull<Entry>);

// SAFETY: I3.
unsafe impl Send for EntryRef {}
// SAFETY: I3.
unsafe impl Sync for EntryRef {}

/// A value of the state word.
#[derive(Clone, Copy)]
struct Word(u64);

impl Word {
    fn new(deadline: u64, flags: u64) -> Word {
        Word(deadline.min(LAST_DEADLINE) << FLAG_BITS | flags)
    }

    fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    fn deadline(self) -> u64 {
        self.0 >> FLAG_BITS
    }

    /// It was cancelled before it fired, and is in the inbox.
    fn is_stale_message(self) -> bool {
        self.has(CANCELLED) && self.has(POSTED) && !self.has(FIRED)
    }
}

/// What `reset` found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    /// The old deadline came first: the entry must be armed again.
    Fired,
    /// The wheel finds out by itself, or a message is on its way.
    Told,
    /// The caller posts the entry now.
    Post,
}

/// What the wheel does with an entry out of the inbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// Keep it until this time.
    Keep(u64),
    /// Forget it.
    Forget,
}

/// What became of an entry whose time, as the wheel knew it, has come.
#[derive(Debug)]
pub(crate) enum Fire {
    /// It fired; this is who waits for it.
    Fired(Option<Waker>),
    /// It was moved to this later time.
    Later(u64),
    /// Nobody waits for it any more.
    Gone,
}

impl Entry {
    /// Makes `waker` the one to wake. It comes before `arm`, and before a look at `has_fired`.
    pub(crate) fn listen(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Sets the deadline of an entry that has fired or is new. True where the caller posts it now.
    pub(crate) fn arm(&self, deadline: u64) -> bool {
        let before = self.update(|_| Word::new(deadline, POSTED));
        !before.has(POSTED)
    }

    /// Moves the deadline of an armed entry.
    pub(crate) fn reset(&self, deadline: u64) -> Reset {
        let before = self.update(|word| {
            if word.has(FIRED) {
                return word;
            }
            let earlier = deadline < word.deadline();
            let posted = word.has(POSTED) || earlier;
            Word::new(deadline, if posted { POSTED } else { 0 })
        });
        if before.has(FIRED) {
            Reset::Fired
        } else if before.has(POSTED) || deadline >= before.deadline() {
            Reset::Told
        } else {
            Reset::Post
        }
    }

    /// Gives an entry that was cancelled, and whose message nobody has read yet, a new deadline. True
    /// where that is so: then the message stands for the new deadline.
    pub(crate) fn revive(&self, deadline: u64) -> bool {
        let before =
            self.update(
                |word| {
                    if word.is_stale_message() { Word::new(deadline, POSTED) } else { word }
                },
            );
        before.is_stale_message()
    }

    /// Says that nobody waits any more. True where the caller posts it now.
    pub(crate) fn cancel(&self) -> bool {
        drop(self.waker.take());
        let before = Word(self.state.fetch_or(CANCELLED | POSTED, AcqRel));
        !before.has(POSTED) && !before.has(FIRED)
    }

    /// True once the deadline has come.
    pub(crate) fn has_fired(&self) -> bool {
        Word(self.state.load(Acquire)).has(FIRED)
    }

    /// The deadline, in nanoseconds from the clock's start.
    pub(crate) fn deadline(&self) -> u64 {
        Word(self.state.load(Relaxed)).deadline()
    }

    /// Reads the message of an entry that came out of the inbox.
    pub(crate) fn receive(&self) -> Message {
        let word = Word(self.state.fetch_and(!POSTED, AcqRel));
        match word.has(CANCELLED) || word.has(FIRED) {
            true => Message::Forget,
            false => Message::Keep(word.deadline()),
        }
    }

    /// Fires it if its deadline is `now` or earlier.
    pub(crate) fn fire(&self, now: u64) -> Fire {
        let before = self.update(|word| {
            let keep = word.has(CANCELLED) || word.has(FIRED) || word.deadline() > now;
            if keep { word } else { Word(word.0 | FIRED) }
        });
        if before.has(CANCELLED) || before.has(FIRED) {
            Fire::Gone
        } else if before.deadline() > now {
            Fire::Later(before.deadline())
        } else {
            Fire::Fired(self.waker.take())
        }
    }

    /// Takes the waker away, at the end of the runtime.
    pub(crate) fn abandon(&self) -> Option<Waker> {
        self.waker.take()
    }

    /// Where the wheel keeps it. For the owner of the wheel.
    pub(crate) fn slot(&self) -> Option<u32> {
        Some(self.slot.load(Relaxed)).filter(|slot| *slot != NO_SLOT)
    }

    /// Notes where the wheel keeps it. For the owner of the wheel.
    pub(crate) fn set_slot(&self, slot: Option<u32>) {
        self.slot.store(slot.unwrap_or(NO_SLOT), Relaxed);
    }

    /// How many references there are.
    #[cfg(test)]
    pub(super) fn references(&self) -> u32 {
        self.references.load(Relaxed)
    }

    /// Replaces the word in one step and returns what it was.
    fn update(&self, change: impl Fn(Word) -> Word) -> Word {
        let mut word = Word(self.state.load(Acquire));
        loop {
            match self.state.compare_exchange_weak(word.0, change(word).0, AcqRel, Acquire) {
                Ok(_) => return word,
                Err(now) => word = Word(now),
            }
        }
    }
}

impl EntryRef {
    /// An entry that is not armed.
    pub(crate) fn new() -> EntryRef {
        let entry = Entry {
            link: AtomicPtr::new(std::ptr::null_mut()),
            state: AtomicU64::new(Word::new(0, FIRED).0),
            slot: AtomicU32::new(NO_SLOT),
            references: AtomicU32::new(1),
            waker: AtomicWaker::new(),
        };
        let place = memory::allocate(Layout::new::<Entry>()).cast::<Entry>();
        // SAFETY: I2 (the memory is new, and fit for an entry).
        unsafe { place.write(entry) };
        EntryRef(place)
    }
}

impl Deref for EntryRef {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        // SAFETY: I2 (this is one of the references).
        unsafe { self.0.as_ref() }
    }
}

impl Clone for EntryRef {
    fn clone(&self) -> EntryRef {
        // The `Sleep`, the thread that dropped it, the inbox and the wheel have one each, so the
        // count does not overflow.
        self.references.fetch_add(1, Relaxed);
        EntryRef(self.0)
    }
}

impl Drop for EntryRef {
    fn drop(&mut self) {
        if self.references.fetch_sub(1, AcqRel) == 1 {
            // SAFETY: I2 (the last reference was taken away).
            unsafe { self.0.drop_in_place() };
            // SAFETY: I2 (`new` has allocated it with this layout, and it was dropped).
            unsafe { memory::free(self.0.cast(), Layout::new::<Entry>()) };
        }
    }
}

// SAFETY: I1 (the link is the list's alone, and an entry is in the list at most once).
unsafe impl Linked for Entry {
    type Handle = EntryRef;

    fn into_ptr(handle: EntryRef) -> NonNull<Entry> {
        ManuallyDrop::new(handle).0
    }

    unsafe fn from_ptr(ptr: NonNull<Entry>) -> EntryRef {
        // By I1 this takes back the reference that `into_ptr` gave.
        EntryRef(ptr)
    }

    fn link(&self) -> &AtomicPtr<Entry> {
        &self.link
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{EntryRef, Fire, LAST_DEADLINE, Message, Reset};

    #[test]
    fn one_message_at_a_time() {
        let entry = EntryRef::new();
        assert!(entry.arm(50));
        assert_eq!(entry.reset(40), Reset::Told);
        assert!(!entry.cancel());
        assert_eq!(entry.receive(), Message::Forget);
    }

    #[test]
    fn moving_away_needs_no_message() {
        let entry = EntryRef::new();
        assert!(entry.arm(50));
        assert_eq!(entry.receive(), Message::Keep(50));
        assert_eq!(entry.reset(70), Reset::Told);
        assert!(matches!(entry.fire(50), Fire::Later(70)));
        assert_eq!(entry.reset(60), Reset::Post);
        assert_eq!(entry.receive(), Message::Keep(60));
        assert!(matches!(entry.fire(60), Fire::Fired(None)));
        assert_eq!(entry.reset(90), Reset::Fired);
        assert!(entry.arm(90));
        assert!(!entry.has_fired());
    }

    #[test]
    fn cancel_after_firing_posts_nothing() {
        let entry = EntryRef::new();
        assert!(entry.arm(1));
        assert_eq!(entry.receive(), Message::Keep(1));
        assert!(matches!(entry.fire(1), Fire::Fired(None)));
        assert!(!entry.cancel());
        assert!(matches!(entry.fire(1), Fire::Gone));
    }

    #[test]
    fn an_unread_message_is_taken_over() {
        let entry = EntryRef::new();
        assert!(entry.arm(50));
        assert!(!entry.revive(60), "somebody waits for it");
        assert!(!entry.cancel());
        assert!(entry.revive(40));
        assert_eq!(entry.receive(), Message::Keep(40));
        assert!(entry.cancel());
        assert!(entry.revive(70));
        assert!(matches!(entry.fire(40), Fire::Later(70)));
        assert!(!entry.cancel());
        assert_eq!(entry.receive(), Message::Forget);
        assert!(!entry.revive(80), "the message was read");
    }

    #[test]
    fn what_has_fired_is_not_taken_over() {
        let entry = EntryRef::new();
        assert!(entry.arm(1));
        assert!(matches!(entry.fire(1), Fire::Fired(None)));
        assert!(!entry.cancel());
        assert!(!entry.revive(2));
    }

    #[test]
    fn far_deadlines_saturate() {
        let entry = EntryRef::new();
        assert!(entry.arm(u64::MAX));
        assert_eq!(entry.deadline(), LAST_DEADLINE);
    }
}
