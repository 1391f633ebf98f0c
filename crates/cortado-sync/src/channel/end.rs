//! End: how the senders and the receivers of a channel hold what they share.
//!
//! Both sides are counted anyway, since the last sender closes the channel and the last receiver drops
//! its messages. So an end is no `Arc`, which would count a second time with each clone and each drop:
//! all ends of a side hold one reference together, and the last of them lets it go.
//!
//! Invariants:
//! - E1: as long as a side's count is above zero, one reference is that side's, and each of its ends is
//!   counted. So what an end points to outlives it.
//! - E2: a count goes to zero once, and stays there: a clone counts itself from an end that there is, and
//!   an upgrade only where the count is above zero. The end that brings it to zero has the reference to
//!   itself, and lets it go after its last use.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr;
use std::sync::Arc;

use super::shared::Shared;
use crate::shim::atomic::{AtomicUsize, Ordering};

/// More ends than there can be unless they are leaked in a loop; a count must not wrap around.
const MOST: usize = usize::MAX / 2;

/// One of the two sides of a channel.
pub(super) trait Side {
    /// How many ends of this side there are.
    fn count<T>(shared: &Shared<T>) -> &AtomicUsize;

    /// The last of them has gone.
    fn last<T>(shared: &Shared<T>);
}

/// An end of side `S`.
pub(super) struct End<T, S: Side> {
    shared: ManuallyDrop<Arc<Shared<T>>>,
    side: PhantomData<S>,
}

impl<T, S: Side> End<T, S> {
    /// The first end of its side, which is counted already; the reference is the side's from now on.
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        End { shared: ManuallyDrop::new(shared), side: PhantomData }
    }

    /// One more end, if there is one. `shared` may be anybody's reference.
    pub(super) fn upgrade(shared: &Arc<Shared<T>>) -> Option<Self> {
        let more = |now| (now != 0).then(|| one_more(now));
        let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
        S::count(shared).fetch_update(success, failure, more).ok()?;
        // SAFETY: E1, E2 (the count was above zero, and this end is in it).
        Some(unsafe { End::counted(shared) })
    }

    /// A reference of its own.
    pub(super) fn reference(&self) -> Arc<Shared<T>> {
        Arc::clone(&self.shared)
    }

    /// # Safety
    /// The side's count is above zero and counts the new end (E1).
    unsafe fn counted(shared: &Arc<Shared<T>>) -> Self {
        // SAFETY: the caller's (the copy is dropped for the whole side at once, by E2).
        let shared = unsafe { ptr::read(shared) };
        End { shared: ManuallyDrop::new(shared), side: PhantomData }
    }
}

fn one_more(now: usize) -> usize {
    if now > MOST {
        cortado_probe::stop("E2", "a channel has fewer ends than can be counted");
    }
    now + 1
}

impl<T, S: Side> Deref for End<T, S> {
    type Target = Shared<T>;

    #[inline]
    fn deref(&self) -> &Shared<T> {
        &self.shared
    }
}

impl<T, S: Side> Clone for End<T, S> {
    fn clone(&self) -> Self {
        one_more(S::count(self).fetch_add(1, Ordering::Relaxed));
        // SAFETY: E1 (`self` is in the count, and so is the new one).
        unsafe { End::counted(&self.shared) }
    }
}

impl<T, S: Side> Drop for End<T, S> {
    #[inline]
    fn drop(&mut self) {
        if S::count(self).fetch_sub(1, Ordering::AcqRel) == 1 {
            // SAFETY: E2 (this was the last one, and `self` is not used again).
            let shared = unsafe { ManuallyDrop::take(&mut self.shared) };
            S::last(&shared);
        }
    }
}
