//! What is outstanding in a scope: its own closure and each job that has not ended.
//!
//! - O1: each job that was added ends once, and this is there until all have: its owner frees it when `end_own`
//!   has said that it ended last, or when the latch is set.

use std::sync::Arc;

use cortado_core::work::Parker;

use crate::latch::Latch;
use crate::shim::atomic::{AtomicUsize, Ordering};

/// See the module. Whoever ends last sets the latch, unless that is the owner, who is there already.
pub(crate) struct Outstanding {
    count: AtomicUsize,
    latch: Latch,
}

impl Outstanding {
    /// Of a scope whose own closure has begun.
    ///
    /// # Safety
    /// L2: the owner keeps `parker` where it is for longer than this.
    pub(crate) unsafe fn new(parker: *const Arc<Parker>) -> Outstanding {
        // SAFETY: L2.
        Outstanding { count: AtomicUsize::new(1), latch: unsafe { Latch::new(parker) } }
    }

    /// As of some moment.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Set once all has ended, unless the owner ends last.
    pub(crate) fn latch(&self) -> &Latch {
        &self.latch
    }

    /// A job was spawned, by somebody who is outstanding.
    pub(crate) fn add(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// The scope's own closure has ended. True: so has everything else; or else the latch is set by the
    /// last one.
    pub(crate) fn end_own(&self) -> bool {
        self.count.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// A job has ended.
    ///
    /// # Safety
    /// O1: it was added, and ends once. What `this` points to may be gone after that.
    pub(crate) unsafe fn end(this: *const Outstanding) {
        // SAFETY: O1 (this one has not ended yet).
        let (latch, before) =
            unsafe { (&raw const (*this).latch, (*this).count.fetch_sub(1, Ordering::AcqRel)) };
        if before == 1 {
            // SAFETY: L1 (the last one sets it), O1 (the owner waits for that).
            unsafe { Latch::set(latch) };
        }
    }
}
