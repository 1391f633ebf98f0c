//! Who waits for one direction of a descriptor. Any number of tasks may, without a lock.
//!
//! - The `polled` place is for the `poll_…` functions, which do not know who calls them: the last
//!   caller is woken, as with every poll function.
//! - The `first` place is claimed by one waiting future at a time. It costs no allocation, and
//!   with one waiter per direction, which is nearly always, it is the only one in use.
//! - Every further future owns a `Waiter` that hangs in `others`, an inbox, so that nobody waits
//!   for a preempted thread. A report takes the whole inbox and wakes everyone.
//!
//! A future that is dropped cannot unlink its waiter. It empties and marks it, and when there are
//! as many marked ones as others, one sweep throws them out: constant cost per drop on average.
//!
//! Protocol: a future puts its waker in place, then looks at the readiness word once more by
//! `confirm`. A report changes the word first, then takes the wakers. Both change the same word,
//! so one of the two sees the other.
//!
//! Invariants:
//! - I1: a `Waiter` is in at most one list, because only the change of `queued` from false to
//!   true, by its future, pushes it, and only who took it out of the inbox sets it back to false.
//!   Its link is written by nobody else.

use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::task::Waker;

use atomic_waker::AtomicWaker;

use crate::inbox::{Chain, Inbox, Linked};
use crate::shim::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// A sweep is not worth its cost for fewer waiters than this.
const SWEEP_AT_LEAST: usize = 32;

/// See the module.
pub(crate) struct Waiters {
    polled: AtomicWaker,
    first: AtomicWaker,
    first_claimed: AtomicBool,
    others: Inbox<Waiter>,
    /// How many of `others` were left since the last sweep, and how many make the next one due.
    left: AtomicUsize,
    sweep_due: AtomicUsize,
}

/// A future beyond the first one.
pub(crate) struct Waiter {
    link: AtomicPtr<Waiter>,
    waker: AtomicWaker,
    queued: AtomicBool,
    left: AtomicBool,
}

/// Where a future waits.
#[derive(Default)]
pub(crate) enum Place {
    /// It has not had to wait yet.
    #[default]
    Nowhere,
    /// In the place that costs nothing.
    First,
    /// In a waiter of its own.
    Other(Arc<Waiter>),
}

/// Whether others must be looked at again after a future has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing to do.
    Quietly,
    /// Waiters were out of the list for a moment: a report may have missed them.
    AfterSweep,
}

// SAFETY: I1.
unsafe impl Linked for Waiter {
    type Handle = Arc<Waiter>;

    fn into_ptr(handle: Arc<Waiter>) -> NonNull<Waiter> {
        // SAFETY: I1 (an `Arc` never points to null).
        unsafe { NonNull::new_unchecked(Arc::into_raw(handle).cast_mut()) }
    }

    unsafe fn from_ptr(ptr: NonNull<Waiter>) -> Arc<Waiter> {
        // SAFETY: I1 (the pointer comes from `into_ptr`, once).
        unsafe { Arc::from_raw(ptr.as_ptr()) }
    }

    fn link(&self) -> &AtomicPtr<Waiter> {
        &self.link
    }
}

impl Waiter {
    fn new() -> Arc<Waiter> {
        Arc::new(Waiter {
            link: AtomicPtr::new(ptr::null_mut()),
            waker: AtomicWaker::new(),
            queued: AtomicBool::new(false),
            left: AtomicBool::new(false),
        })
    }
}

impl Waiters {
    pub(crate) fn new() -> Waiters {
        Waiters {
            polled: AtomicWaker::new(),
            first: AtomicWaker::new(),
            first_claimed: AtomicBool::new(false),
            others: Inbox::new(),
            left: AtomicUsize::new(0),
            sweep_due: AtomicUsize::new(SWEEP_AT_LEAST),
        }
    }

    /// Puts the waker of a poll function in place of the last one.
    pub(crate) fn register_polled(&self, waker: &Waker) {
        self.polled.register(waker);
    }

    /// Puts the waker of a future into its place, and finds it one first if need be.
    pub(crate) fn register(&self, place: &mut Place, waker: &Waker) {
        if let Place::Nowhere = place {
            *place = match self.first_claimed.swap(true, Ordering::AcqRel) {
                false => Place::First,
                true => Place::Other(Waiter::new()),
            };
        }
        match place {
            Place::Nowhere | Place::First => self.first.register(waker),
            Place::Other(waiter) => {
                waiter.waker.register(waker);
                if !waiter.queued.swap(true, Ordering::AcqRel) {
                    self.others.push(waiter.clone());
                }
            }
        }
    }

    /// A future waits no more.
    pub(crate) fn leave(&self, place: &mut Place) -> Left {
        match std::mem::take(place) {
            Place::Nowhere => Left::Quietly,
            Place::First => {
                drop(self.first.take());
                self.first_claimed.store(false, Ordering::Release);
                Left::Quietly
            }
            Place::Other(waiter) => {
                drop(waiter.waker.take());
                waiter.left.store(true, Ordering::Release);
                if !waiter.queued.load(Ordering::Acquire) {
                    return Left::Quietly;
                }
                let left = self.left.fetch_add(1, Ordering::Relaxed) + 1;
                match left >= self.sweep_due.load(Ordering::Relaxed) {
                    true => self.sweep(),
                    false => Left::Quietly,
                }
            }
        }
    }

    fn sweep(&self) -> Left {
        self.left.store(0, Ordering::Relaxed);
        let mut kept = Chain::new();
        for waiter in self.others.take_all() {
            if !waiter.left.load(Ordering::Acquire) {
                kept.push_back(waiter);
            }
        }
        self.sweep_due.store(kept.len().max(SWEEP_AT_LEAST), Ordering::Relaxed);
        self.others.push_chain(kept);
        Left::AfterSweep
    }

    /// Adds everyone's waker to `ready`.
    pub(crate) fn take_all(&self, ready: &mut Vec<Waker>) {
        ready.extend(self.polled.take());
        ready.extend(self.first.take());
        for waiter in self.others.take_all() {
            // Before the waker is taken: a future that comes after this queues itself again.
            waiter.queued.swap(false, Ordering::AcqRel);
            ready.extend(waiter.waker.take());
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn futures_that_left_do_not_pile_up() {
        let waiters = Waiters::new();
        let mut first = Place::Nowhere;
        let mut second = Place::Nowhere;
        waiters.register(&mut first, Waker::noop());
        waiters.register(&mut second, Waker::noop());
        for _ in 0..10_000 {
            let mut place = Place::Nowhere;
            waiters.register(&mut place, Waker::noop());
            waiters.leave(&mut place);
        }
        let queued = waiters.others.take_all();
        assert!(queued.len() <= SWEEP_AT_LEAST + 1, "{} waiters are queued", queued.len());
        assert!(matches!(first, Place::First) && matches!(second, Place::Other(_)));
    }
}
