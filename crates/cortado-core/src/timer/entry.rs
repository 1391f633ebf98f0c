//! Entry: what a `Sleep` shares with the wheel, and the state word that both sides agree through.
//!
//! The word holds the deadline, in nanoseconds from the clock's start, above three flags:
//! - `POSTED`: the entry is in the inbox, or the one who set the flag is about to put it there.
//!   Whoever sets it puts the entry there; the drain clears it before it reads the rest. So an
//!   entry is in the inbox at most once, and every change after the drain looked is posted again.
//! - `CANCELLED`: its `Sleep` is gone, or it has had none yet. While the entry is in the dropping
//!   thread's stash, or with a new `Sleep` that has not armed it yet, the wheel is not told: `arm` clears
//!   the flag.
//! - `FIRED`: the wheel is done with it, as its deadline has come, or as nobody waited any more when
//!   the wheel looked, or as the runtime has ended; then the deadline is `LAST_DEADLINE`, which never
//!   comes. Set by the wheel, cleared by the next `arm`. So what is not `FIRED` is in the inbox or in
//!   the wheel (but for `LAST_DEADLINE`, and for what was cancelled before the runtime ended).
//!
//! Deadline and flags change in one step, so a deadline that was moved never fires at its old time.
//! The place in the wheel follows from a deadline that is at most the one in the word, or the entry is
//! posted: a deadline that moves away needs no message, since the wheel looks here when the old time
//! comes.
//!
//! An entry has 40 bytes, so that it and the allocator's word fill 48: `waker_state` and `references`
//! are bytes for that, and the waker's place is not an `AtomicWaker`, which has 24 bytes for 17.
//!
//! Invariants:
//! - I1: `into_ptr` gives one reference to the list and `from_ptr` takes that one back, so the entry
//!   lives as long as the list holds it; the link is used by the list alone, and `POSTED` keeps the
//!   entry from being in it twice.
//! - I2: `references` counts the `EntryRef`s, those that a list holds included. Who takes the last
//!   one away frees the entry, with the layout that it was allocated with.
//! - I3: the waker's place, the only field that may not be used by any thread, is used through
//!   `Listening` alone, and a waker may be dropped by any thread. Others than the `Sleep` take the
//!   waker only after a step that sets `FIRED` in a word that was not `CANCELLED`. So while it is
//!   `CANCELLED`, and was not `FIRED` when it became that, the place is the `Sleep`'s own; only its
//!   `arm` ends this. So it is before a new entry is posted.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::task::Waker;

use super::listening::Listening;
use super::wheel::Place;
use crate::inbox::Linked;
use crate::shim::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use crate::shim::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicU64};
use crate::task::memory;

const POSTED: u64 = 1;
const CANCELLED: u64 = 1 << 1;
const FIRED: u64 = 1 << 2;
const FLAG_BITS: u32 = 3;

/// The latest deadline that the word holds, in nanoseconds: 73 years after the clock's start. It
/// stands for this one and all later ones, so the wheel never lets it come.
pub(crate) const LAST_DEADLINE: u64 = u64::MAX >> FLAG_BITS;

/// The position of an entry that is not in the wheel.
const NOWHERE: u32 = u32::MAX;

/// See the module.
pub(crate) struct Entry {
    link: AtomicPtr<Entry>,
    state: AtomicU64,
    waker: UnsafeCell<Option<Waker>>,
    /// Where in its slot the wheel keeps it. Only the owner of the wheel touches this and the slot.
    position: AtomicU32,
    level: AtomicU8,
    slot: AtomicU8,
    references: AtomicU8,
    waker_state: AtomicU8,
}

/// See the module: what a sleeping task costs.
const _: () = assert!(cfg!(loom) || size_of::<usize>() < 8 || size_of::<Entry>() == 40);

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

    /// Nobody waits, and the wheel does not know it or has it still.
    fn is_left(self) -> bool {
        self.has(CANCELLED) && !self.has(FIRED)
    }

    /// As it is when the wheel has let it go.
    fn let_go(self) -> Word {
        Word(self.0 | FIRED)
    }
}

/// What `arm` found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Armed {
    /// The caller posts the entry now.
    Post,
    /// A message that nobody has read yet stands for the new deadline.
    Unread,
    /// The wheel has it at an earlier time, and finds out by itself.
    Told,
}

/// What `reset` found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    /// The old deadline came first: the entry must be armed again.
    Fired,
    /// A message that nobody has read yet stands for the new deadline, which is the earlier one.
    Unread,
    /// The wheel finds out by itself.
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
    /// Makes `waker` the one to wake. It comes before `arm`, and before a look at `has_fired`. For the
    /// one `Sleep` that has the entry.
    pub(crate) fn listen(&self, waker: &Waker) {
        if Word(self.state.load(Acquire)).has(CANCELLED) {
            // SAFETY: I3 (an entry that had fired when it was cancelled is not used again).
            unsafe { self.listening().listen_alone(waker) };
        } else {
            self.listening().listen(waker);
        }
    }

    fn listening(&self) -> Listening<'_> {
        Listening::new(&self.waker_state, &self.waker)
    }

    /// Sets the deadline of an entry for which nobody waits: one that is new, has fired, or was
    /// cancelled.
    pub(crate) fn arm(&self, deadline: u64) -> Armed {
        let moves_away = |word: Word| word.is_left() && deadline >= word.deadline();
        let before = self.update(|word| {
            let told = moves_away(word) && !word.has(POSTED);
            Word::new(deadline, if told { 0 } else { POSTED })
        });
        if before.has(POSTED) {
            Armed::Unread
        } else if moves_away(before) {
            Armed::Told
        } else {
            Armed::Post
        }
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
        } else if deadline >= before.deadline() {
            Reset::Told
        } else if before.has(POSTED) {
            Reset::Unread
        } else {
            Reset::Post
        }
    }

    /// Says that nobody waits any more. True where the inbox or the wheel still has it; else the entry
    /// is not to be used again.
    pub(crate) fn cancel(&self) -> bool {
        let before = Word(self.state.fetch_or(CANCELLED, AcqRel));
        let is_left = !before.has(FIRED);
        let waker = if is_left {
            // SAFETY: I3 (it is cancelled now, and was not fired).
            unsafe { self.listening().take_alone() }
        } else {
            self.listening().take()
        };
        drop(waker);
        is_left
    }

    /// Nobody waits for it, and the next `Sleep` may take it over.
    pub(crate) fn is_left(&self) -> bool {
        Word(self.state.load(Acquire)).is_left()
    }

    /// Gives an entry up that was cancelled. True where the caller posts it now, so that the wheel
    /// forgets it.
    pub(crate) fn give_up(&self) -> bool {
        // Whoever reads a message that is still unread finds that it was cancelled, which came before.
        if Word(self.state.load(Acquire)).has(POSTED) {
            return false;
        }
        let before = Word(self.state.fetch_or(POSTED, AcqRel));
        !before.has(POSTED) && !before.has(FIRED)
    }

    /// True once the deadline has come.
    pub(crate) fn has_fired(&self) -> bool {
        let word = Word(self.state.load(Acquire));
        word.has(FIRED) && word.deadline() != LAST_DEADLINE
    }

    /// The deadline, in nanoseconds from the clock's start.
    pub(crate) fn deadline(&self) -> u64 {
        Word(self.state.load(Relaxed)).deadline()
    }

    /// Reads the message of an entry that came out of the inbox.
    pub(crate) fn receive(&self) -> Message {
        let before = self.update(|word| {
            let read = Word(word.0 & !POSTED);
            if word.has(CANCELLED) { read.let_go() } else { read }
        });
        match before.has(CANCELLED) || before.has(FIRED) {
            true => Message::Forget,
            false => Message::Keep(before.deadline()),
        }
    }

    /// Fires it if its deadline is `now` or earlier.
    pub(crate) fn fire(&self, now: u64) -> Fire {
        let is_later = |word: Word| !word.has(CANCELLED) && word.deadline() > now;
        let mut word = Word(self.state.load(Acquire));
        if !is_later(word) {
            word = self.update(|word| if is_later(word) { word } else { word.let_go() });
        }
        if word.has(CANCELLED) || word.has(FIRED) {
            Fire::Gone
        } else if is_later(word) {
            Fire::Later(word.deadline())
        } else {
            Fire::Fired(self.listening().take())
        }
    }

    /// Takes the waker away, at the end of the runtime: the deadline will not come.
    pub(crate) fn abandon(&self) -> Option<Waker> {
        let is_over = |word: Word| word.has(CANCELLED) || word.has(FIRED);
        let never = |word: Word| Word::new(LAST_DEADLINE, FIRED | word.0 & POSTED);
        let before = self.update(|word| if is_over(word) { word } else { never(word) });
        if is_over(before) { None } else { self.listening().take() }
    }

    /// Where the wheel keeps it: in which slot, and where there. For the owner of the wheel.
    pub(crate) fn place(&self) -> Option<(Place, usize)> {
        let position = self.position.load(Relaxed);
        let place = Place { level: self.level.load(Relaxed), slot: self.slot.load(Relaxed) };
        (position != NOWHERE).then_some((place, position as usize))
    }

    /// Notes where the wheel keeps it. For the owner of the wheel.
    pub(crate) fn set_place(&self, place: Place, position: usize) {
        self.level.store(place.level, Relaxed);
        self.slot.store(place.slot, Relaxed);
        self.set_position(position);
    }

    /// Notes where in its slot it is now. For the owner of the wheel.
    pub(crate) fn set_position(&self, position: usize) {
        let position = u32::try_from(position).ok().filter(|position| *position != NOWHERE);
        self.position.store(position.expect("fewer than four billion timers at once"), Relaxed);
    }

    /// Notes that the wheel does not have it any more. For the owner of the wheel.
    pub(crate) fn set_nowhere(&self) {
        self.position.store(NOWHERE, Relaxed);
    }

    /// How many references there are.
    #[cfg(test)]
    pub(super) fn references(&self) -> u8 {
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
    /// An entry that is not armed, as one is that has fired.
    #[cfg(test)]
    pub(crate) fn new() -> EntryRef {
        EntryRef::in_state(Word::new(0, CANCELLED | FIRED), None, 1)
    }

    /// An entry that is armed, and the reference to it that the caller posts now.
    pub(crate) fn armed(deadline: u64, waker: Waker) -> (EntryRef, EntryRef) {
        let entry = EntryRef::in_state(Word::new(deadline, POSTED), Some(waker), 2);
        let message = EntryRef(entry.0);
        (entry, message)
    }

    fn in_state(word: Word, waker: Option<Waker>, references: u8) -> EntryRef {
        let entry = Entry {
            link: AtomicPtr::new(std::ptr::null_mut()),
            state: AtomicU64::new(word.0),
            waker: UnsafeCell::new(waker),
            position: AtomicU32::new(NOWHERE),
            level: AtomicU8::new(0),
            slot: AtomicU8::new(0),
            references: AtomicU8::new(references),
            waker_state: AtomicU8::new(0),
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
    use std::task::Waker;

    use super::{Armed, EntryRef, Fire, LAST_DEADLINE, Message, Reset};

    #[test]
    fn one_message_at_a_time() {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(50), Armed::Post);
        assert_eq!(entry.reset(60), Reset::Told);
        assert_eq!(entry.reset(40), Reset::Unread);
        assert!(entry.cancel());
        assert!(!entry.give_up());
        assert_eq!(entry.receive(), Message::Forget);
    }

    #[test]
    fn moving_away_needs_no_message() {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(50), Armed::Post);
        assert_eq!(entry.receive(), Message::Keep(50));
        assert_eq!(entry.reset(70), Reset::Told);
        assert!(matches!(entry.fire(50), Fire::Later(70)));
        assert_eq!(entry.reset(60), Reset::Post);
        assert_eq!(entry.receive(), Message::Keep(60));
        assert!(matches!(entry.fire(60), Fire::Fired(None)));
        assert_eq!(entry.reset(90), Reset::Fired);
        assert_eq!(entry.arm(90), Armed::Post);
        assert!(!entry.has_fired());
    }

    #[test]
    fn cancel_after_firing_posts_nothing() {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(1), Armed::Post);
        assert_eq!(entry.receive(), Message::Keep(1));
        assert!(matches!(entry.fire(1), Fire::Fired(None)));
        assert!(!entry.cancel());
        assert!(matches!(entry.fire(1), Fire::Gone));
    }

    #[test]
    fn an_unread_message_is_taken_over() {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(50), Armed::Post);
        assert!(entry.cancel());
        assert_eq!(entry.arm(40), Armed::Unread);
        assert_eq!(entry.receive(), Message::Keep(40));
    }

    #[test]
    fn a_place_in_the_wheel_is_taken_over() {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(50), Armed::Post);
        assert_eq!(entry.receive(), Message::Keep(50));
        assert!(entry.cancel());
        assert_eq!(entry.arm(70), Armed::Told);
        assert!(matches!(entry.fire(50), Fire::Later(70)));
        assert!(entry.cancel());
        assert_eq!(entry.arm(60), Armed::Post, "the wheel would look too late");
        assert_eq!(entry.receive(), Message::Keep(60));
    }

    #[test]
    fn what_the_wheel_let_go_is_as_good_as_new() {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(50), Armed::Post);
        assert_eq!(entry.receive(), Message::Keep(50));
        assert!(entry.cancel());
        assert!(matches!(entry.fire(50), Fire::Gone));
        assert!(!entry.give_up());
        let other = EntryRef::new();
        assert_eq!(other.arm(50), Armed::Post);
        assert!(other.cancel());
        assert_eq!(other.receive(), Message::Forget);
        assert_eq!(other.arm(90), Armed::Post);
        assert_eq!(other.receive(), Message::Keep(90));
    }

    #[test]
    fn an_abandoned_one_never_fires() {
        let entry = EntryRef::new();
        entry.listen(Waker::noop());
        assert_eq!(entry.arm(50), Armed::Post);
        assert_eq!(entry.receive(), Message::Keep(50));
        assert!(entry.abandon().is_some() && entry.abandon().is_none());
        assert!(!entry.has_fired());
        assert!(matches!(entry.fire(50), Fire::Gone));
        assert!(!entry.cancel());
        let cancelled = EntryRef::new();
        cancelled.listen(Waker::noop());
        assert_eq!(cancelled.arm(50), Armed::Post);
        assert!(cancelled.cancel() && cancelled.abandon().is_none());
    }

    #[test]
    fn far_deadlines_saturate() {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(u64::MAX), Armed::Post);
        assert_eq!(entry.deadline(), LAST_DEADLINE);
    }
}
