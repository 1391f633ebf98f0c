//! The desk: a place for one waiting sender, who learns without the lock that its message was taken.
//!
//! At a rendezvous most sends wait, and a send that has waited has nothing to fetch: only to learn
//! that it is done. In the queue that takes the lock once more, at the desk one load and one store.
//!
//! **States.** `FREE`, `WAITING`, `SERVED`. A sender that joins the queue takes the desk where that is
//! free, and the peer that takes its message sets `SERVED`: both with the channel locked. The sender
//! sets it free: without the lock once it has seen `SERVED`, which it alone leaves, or with the lock
//! where it gives up, finds the channel closed, has looked just before it was served, or is a select's.
//!
//! **Why that is right.** The entry of the queue is touched with the lock only; the desk says no more
//! than that its sender needs nothing of it any longer. Who joins and reads an old `SERVED` in place
//! of `FREE` takes another place; an old `FREE` in place of `WAITING` cannot be read, since that is
//! written with the lock.

use crate::shim::atomic::{AtomicU8, Ordering};

const FREE: u8 = 0;
const WAITING: u8 = 1;
const SERVED: u8 = 2;

/// See the module.
pub(crate) struct Desk(AtomicU8);

impl Desk {
    /// Nobody is there.
    pub(super) fn new() -> Desk {
        Desk(AtomicU8::new(FREE))
    }

    /// With the lock: a sender begins to wait here, if nobody else does.
    #[inline]
    pub(super) fn take(&self) -> bool {
        let is_free = self.0.load(Ordering::Acquire) == FREE;
        if is_free {
            self.0.store(WAITING, Ordering::Relaxed);
        }
        is_free
    }

    /// With the lock: the message of the sender that waits here was taken.
    #[inline]
    pub(super) fn serve(&self) {
        self.0.store(SERVED, Ordering::Release);
    }

    /// The sender that waits here: true where its message was taken, and then it is here no longer.
    #[inline]
    pub(super) fn leave_if_served(&self) -> bool {
        let is_served = self.0.load(Ordering::Acquire) == SERVED;
        if is_served {
            self.leave();
        }
        is_served
    }

    /// The sender that waits here, with the lock or served: it is here no longer.
    #[inline]
    pub(super) fn leave(&self) {
        self.0.store(FREE, Ordering::Release);
    }
}
