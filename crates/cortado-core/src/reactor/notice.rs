//! The notice: makes many notifications cost one write to the bell.
//!
//! The word holds an epoch and a bit "rung in this epoch". Whoever notifies and finds the bit set
//! is done. Whoever finds it clear rings first and sets the bit afterwards, and only where the
//! epoch is still the same; the waiter begins a new epoch each time that it heard the bell.
//!
//! Ringing before setting is what matters. With a plain flag, set first, a thread of low priority
//! that is preempted between the flag and the write would make every other notification
//! disappear until it runs again. Here, as long as it has not rung, the others ring themselves.
//!
//! Why no notification is lost: a set bit means that someone rang since this epoch began, and
//! the epoch ends only after the bell was heard. So a notifier that finds the bit set comes
//! before the end of the epoch, which acquires what the notifier has released: the waiter, on its
//! way out of the wait or still to be woken by that ring, sees what was done before the notify.

use crate::shim::atomic::{AtomicUsize, Ordering};

const RUNG: usize = 1;
const EPOCH: usize = 2;

/// See the module.
#[derive(Debug)]
pub(crate) struct Notice(AtomicUsize);

impl Notice {
    pub(crate) fn new() -> Notice {
        Notice(AtomicUsize::new(0))
    }

    /// Makes sure that the waiter hears a bell after this; `ring` is called where none is due.
    pub(crate) fn notify(&self, ring: impl FnOnce()) {
        // A read-modify-write, because skipping must release what the caller did before.
        let seen = self.0.fetch_or(0, Ordering::AcqRel);
        if seen & RUNG != 0 {
            return;
        }
        ring();
        // A failure means that the epoch ended or another one has set the bit: both are fine.
        let _ = self.0.compare_exchange(seen, seen | RUNG, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// The waiter has heard the bell.
    pub(crate) fn heard(&self) {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            let next = (word & !RUNG).wrapping_add(EPOCH);
            match self.0.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }
}
