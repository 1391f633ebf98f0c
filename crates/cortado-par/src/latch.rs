//! A latch: one thread waits until another says that something is done.
//!
//! The word has three states. `OPEN`: not done, nobody sleeps. `AWAITED`: not done, the owner sleeps
//! or is about to. `SET`: done. The owner goes from `OPEN` to `AWAITED` by a compare-exchange, which
//! fails where it was set first; the setter swaps `SET` in and wakes where it replaces `AWAITED`.
//!
//! The owner may free the latch as soon as it has seen `SET`, while the setter is still inside of
//! `set`. So the setter takes a share in the parker before the swap, and touches nothing of the latch
//! after it (L1 of the essay on stack jobs).

use std::sync::Arc;

use cortado_core::work::Parker;

use crate::shim::atomic::{AtomicU32, Ordering, fence};

const OPEN: u32 = 0;
const AWAITED: u32 = 1;
const SET: u32 = 2;

/// See the module.
pub(crate) struct Latch {
    state: AtomicU32,
    /// The owner's.
    parker: *const Arc<Parker>,
}

// SAFETY: L2 (a parker is there for all threads).
unsafe impl Send for Latch {}
// SAFETY: L2 (as above).
unsafe impl Sync for Latch {}

impl Latch {
    /// # Safety
    /// L2: the owner keeps `parker` where it is for longer than the latch.
    pub(crate) unsafe fn new(parker: *const Arc<Parker>) -> Latch {
        Latch { state: AtomicU32::new(OPEN), parker }
    }

    fn parker(&self) -> &Arc<Parker> {
        // SAFETY: L2.
        unsafe { &*self.parker }
    }

    /// What happened before `set` is visible after this has returned true.
    pub(crate) fn is_set(&self) -> bool {
        self.state.load(Ordering::Acquire) == SET
    }

    /// Owner: sleeps until the latch is set.
    pub(crate) fn wait(&self) {
        while !self.is_set() {
            self.wait_or_nudge(|| false);
        }
    }

    /// Owner: sleeps until the latch is set or somebody nudges, unless there is a reason not to; also
    /// returns without a reason.
    pub(crate) fn wait_or_nudge(&self, unless: impl FnOnce() -> bool) {
        let (from, to) = (Ordering::SeqCst, Ordering::SeqCst);
        if self.state.compare_exchange(OPEN, AWAITED, from, to) == Err(SET) {
            return;
        }
        // Pairs with the fence in `nudge`.
        fence(Ordering::SeqCst);
        if !unless() {
            self.parker().park();
        }
        // Where it was set meanwhile, this fails, and the next look sees it.
        let _ = self.state.compare_exchange(AWAITED, OPEN, from, to);
    }

    /// Says that it is done.
    ///
    /// # Safety
    /// L1: `latch` has not been set.
    pub(crate) unsafe fn set(latch: *const Latch) {
        // SAFETY: L1 (it is set only by the swap, and not touched after it).
        let (parker, before) = unsafe {
            let parker = (*latch).parker().clone();
            (parker, (*latch).state.swap(SET, Ordering::AcqRel))
        };
        if before == AWAITED {
            parker.unpark();
        }
    }

    /// Wakes the owner to look around, where it sleeps. What was made visible before is seen either by
    /// its `unless` or after it woke.
    pub(crate) fn nudge(&self) {
        fence(Ordering::SeqCst);
        if self.state.load(Ordering::SeqCst) == AWAITED {
            self.parker().unpark();
        }
    }
}
