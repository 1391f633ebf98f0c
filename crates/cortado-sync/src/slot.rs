//! Places for one value: `WriteOnce`, which is written once and read for ever, and the pair of
//! `Giver` and `Taker`, through which a value passes from one owner to another.
//!
//! Invariants:
//! - W1: the value of a `WriteOnce` is written only by who changed its state from `EMPTY` to
//!   `WRITING`, and read only once the state is `FULL` (Release, Acquire), which stays.
//! - P1: of a passage there are one `Giver` and one `Taker`. The giver writes the value first, and
//!   says so by changing the state from `EMPTY` to `FULL` (Release). Where that fails, the taker
//!   has closed and never looks at the value, so the giver has it back.
//! - P2: only the taker changes the phase of a state that is `FULL`. It sees that (Acquire), sets `TAKEN` and
//!   reads the value, once. A value that is there when the passage ends is dropped with it.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::shim::atomic::{AtomicU8, Ordering};
use crate::shim::const_constructors;

const EMPTY: u8 = 0;
const WRITING: u8 = 1;
const FULL: u8 = 2;
const TAKEN: u8 = 3;
const CLOSED: u8 = 4;
const GONE: u8 = 5;

/// See the module.
pub(crate) struct WriteOnce<T> {
    state: AtomicU8,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: W1 (one thread writes it, then all may read it; the last one may drop it).
unsafe impl<T: Send + Sync> Sync for WriteOnce<T> {}

impl<T> WriteOnce<T> {
    const_constructors! {
        /// Nothing is written yet.
        pub(crate) const fn new() -> WriteOnce<T> {
            WriteOnce { state: AtomicU8::new(EMPTY), value: UnsafeCell::new(None) }
        }
    }

    /// Something is written.
    pub(crate) fn is_full(&self) -> bool {
        self.state.load(Ordering::Acquire) == FULL
    }

    /// What is written.
    pub(crate) fn get(&self) -> Option<&T> {
        if !self.is_full() {
            return None;
        }
        // SAFETY: W1 (it is `FULL`).
        unsafe { &*self.value.get() }.as_ref()
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut().as_mut()
    }

    /// The same, by value.
    pub(crate) fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Writes, unless something is written or being written.
    ///
    /// # Errors
    /// Gives the value back.
    pub(crate) fn put(&self, value: T) -> Result<(), T> {
        let (acquire, relaxed) = (Ordering::Acquire, Ordering::Relaxed);
        if self.state.compare_exchange(EMPTY, WRITING, acquire, relaxed).is_err() {
            return Err(value);
        }
        // SAFETY: W1 (this call made it `WRITING`).
        unsafe { *self.value.get() = Some(value) };
        self.state.store(FULL, Ordering::Release);
        Ok(())
    }
}

/// What the two ends of a passage share; `S` is what they have beside the value.
struct Passage<T, S> {
    state: AtomicU8,
    value: UnsafeCell<MaybeUninit<T>>,
    beside: S,
}

// SAFETY: P1, P2 (the value goes from one thread to another, and is never used by two).
unsafe impl<T: Send, S: Sync> Sync for Passage<T, S> {}

// SAFETY: P1, P2 (the value goes along).
unsafe impl<T: Send, S: Send> Send for Passage<T, S> {}

impl<T, S> Drop for Passage<T, S> {
    fn drop(&mut self) {
        if phase(self.state.load(Ordering::Acquire)) == FULL {
            // SAFETY: P2 (it was given and not taken).
            unsafe { self.value.get_mut().assume_init_drop() };
        }
    }
}

/// An end of the passage waits; added to the state. Whoever changes the state then wakes it.
const TAKER_WAITS: u8 = 64;
const GIVER_WAITS: u8 = 128;

fn phase(state: u8) -> u8 {
    state % TAKER_WAITS
}

impl<T, S> Passage<T, S> {
    /// Changes the phase; returns the state that it was changed from.
    fn change(&self, from: u8, to: u8) -> Result<u8, u8> {
        let mut state = self.state.load(Ordering::Acquire);
        while phase(state) == from {
            let next = state - from + to;
            let (acq_rel, acquire) = (Ordering::AcqRel, Ordering::Acquire);
            match self.state.compare_exchange_weak(state, next, acq_rel, acquire) {
                Ok(_) => return Ok(state),
                Err(found) => state = found,
            }
        }
        Err(state)
    }
}

/// The end that a value goes into.
pub(crate) struct Giver<T, S>(Arc<Passage<T, S>>);

/// The end that it comes out of.
pub(crate) struct Taker<T, S>(Arc<Passage<T, S>>);

/// Whether the other end has to be woken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Other {
    /// It waits.
    Waits,
    /// It does not, or nothing has changed for it.
    Busy,
}

/// What the taker finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// The giver is there and has given nothing.
    Nothing,
    /// A value.
    Value,
    /// The giver is gone without a value, or this end is closed.
    Nobody,
    /// The value was taken before.
    Taken,
}

impl Found {
    fn from_state(state: u8) -> Found {
        match phase(state) {
            EMPTY => Found::Nothing,
            FULL => Found::Value,
            TAKEN => Found::Taken,
            _ => Found::Nobody,
        }
    }
}

/// A passage for one value.
pub(crate) fn passage<T, S>(beside: S) -> (Giver<T, S>, Taker<T, S>) {
    let state = AtomicU8::new(EMPTY);
    let value = UnsafeCell::new(MaybeUninit::uninit());
    let passage = Arc::new(Passage { state, value, beside });
    (Giver(passage.clone()), Taker(passage))
}

impl<T, S> Giver<T, S> {
    pub(crate) fn beside(&self) -> &S {
        &self.0.beside
    }

    /// Gives the value.
    ///
    /// # Errors
    /// Gives it back where the taker has closed.
    pub(crate) fn put(&mut self, value: T) -> Result<Other, T> {
        if phase(self.0.state.load(Ordering::Relaxed)) != EMPTY {
            return Err(value);
        }
        // SAFETY: P1 (this is the giver, and it is not `FULL`).
        unsafe { (*self.0.value.get()).write(value) };
        match self.0.change(EMPTY, FULL) {
            Ok(before) => Ok(other(before, TAKER_WAITS)),
            // SAFETY: P1 (the taker has closed; it was just written).
            Err(_) => Err(unsafe { (*self.0.value.get()).assume_init_read() }),
        }
    }

    /// The taker has closed.
    pub(crate) fn is_closed(&self) -> bool {
        phase(self.0.state.load(Ordering::Acquire)) == CLOSED
    }

    /// Says that this end waits, and looks whether the taker has closed meanwhile.
    pub(crate) fn waits(&mut self) -> bool {
        phase(self.0.state.fetch_or(GIVER_WAITS, Ordering::AcqRel)) == CLOSED
    }

    /// Goes without a value. Nothing happens where one was given.
    pub(crate) fn leave(&mut self) -> Other {
        self.0.change(EMPTY, GONE).map_or(Other::Busy, |before| other(before, TAKER_WAITS))
    }
}

fn other(before: u8, waits: u8) -> Other {
    if before & waits != 0 { Other::Waits } else { Other::Busy }
}

impl<T, S> Taker<T, S> {
    pub(crate) fn beside(&self) -> &S {
        &self.0.beside
    }

    /// Looks.
    pub(crate) fn look(&self) -> Found {
        Found::from_state(self.0.state.load(Ordering::Acquire))
    }

    /// Says that this end waits, and looks what has come meanwhile.
    pub(crate) fn waits(&mut self) -> Found {
        Found::from_state(self.0.state.fetch_or(TAKER_WAITS, Ordering::AcqRel))
    }

    /// Takes the value if there is one.
    pub(crate) fn take(&mut self) -> Option<T> {
        if self.look() != Found::Value {
            return None;
        }
        // What is lost with it is that the giver waits, which ended when it gave.
        self.0.state.store(TAKEN, Ordering::Release);
        // SAFETY: P2 (it was `FULL`, this is the taker, and it does not take twice).
        Some(unsafe { (*self.0.value.get()).assume_init_read() })
    }

    /// Nothing can be given any more.
    pub(crate) fn close(&mut self) -> Other {
        self.0.change(EMPTY, CLOSED).map_or(Other::Busy, |before| other(before, GIVER_WAITS))
    }
}
