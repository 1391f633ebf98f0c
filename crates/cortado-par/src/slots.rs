//! Slots: a few places for jobs, which one thread fills and empties without a lock while any other takes
//! from them.
//!
//! A slot is null, or has the right to run a job (a `JobRef`). Whoever swaps it from there to null has
//! that right; a slot is filled by its owner alone. A thief that has read a pointer may find another job
//! at the same address by the time it takes it: then it has the right to run that one.
//!
//! Each job has a *level*, by which its owner orders what it has on offer: jobs that are put later have
//! higher ones. A thief that asks for a least level, and rules out that the owner goes below that level
//! meanwhile, gets no job below it: what the owner puts there in the meantime has a higher one.
//!
//! - P1: a pointer in a slot is a `JobRef`, and whoever takes it out by a compare-exchange has it alone.

use std::array;
use std::ptr;

use crate::job::{Header, JobRef};
use crate::shim::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// See the module.
pub(crate) struct Slots<const N: usize> {
    slots: [Slot; N],
}

struct Slot {
    job: AtomicPtr<Header>,
    level: AtomicUsize,
}

impl<const N: usize> Slots<N> {
    pub(crate) fn new() -> Slots<N> {
        let slot = |_| Slot { job: AtomicPtr::new(ptr::null_mut()), level: AtomicUsize::new(0) };
        Slots { slots: array::from_fn(slot) }
    }

    /// How many jobs there are, as of some moment.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.slots.iter().filter(|slot| !slot.is_free()).count()
    }

    /// As of some moment.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.iter().all(Slot::is_free)
    }

    /// Owner: puts a job where a slot is free, or gives it back. `before` is called before others see
    /// the job.
    #[inline]
    pub(crate) fn put(
        &self,
        job: JobRef,
        level: usize,
        before: impl FnOnce(),
    ) -> Result<(), JobRef> {
        let Some(slot) = self.slots.iter().find(|slot| slot.is_free()) else { return Err(job) };
        before();
        slot.level.store(level, Ordering::Relaxed);
        slot.job.store(job.into_raw(), Ordering::Release);
        Ok(())
    }

    /// Owner: takes this job back, if it is still there.
    #[inline]
    pub(crate) fn take_back(&self, job: *const Header) -> bool {
        let slot = self.slots.iter().find(|slot| ptr::eq(slot.job.load(Ordering::Relaxed), job));
        slot.is_some_and(|slot| slot.take(job.cast_mut()))
    }

    /// Owner: takes the youngest job.
    #[inline]
    pub(crate) fn take_youngest(&self) -> Option<JobRef> {
        loop {
            let there = self.slots.iter().filter_map(Slot::read);
            let (_, slot, job) = there.max_by_key(|(level, ..)| *level)?;
            if slot.take(job) {
                // SAFETY: P1.
                return Some(unsafe { JobRef::from_raw(job) });
            }
        }
    }

    /// The lowest level of a job that is not below `least`.
    pub(crate) fn lowest(&self, least: usize) -> Option<usize> {
        let levels = self.slots.iter().filter_map(Slot::read).map(|(level, ..)| level);
        levels.filter(|level| *level >= least).min()
    }

    /// Thief: takes the oldest job that is not below `least`.
    pub(crate) fn take_oldest(&self, least: usize) -> Option<JobRef> {
        loop {
            let there = self.slots.iter().filter_map(Slot::read);
            let old_enough = there.filter(|(level, ..)| *level >= least);
            let (_, slot, job) = old_enough.min_by_key(|(level, ..)| *level)?;
            if slot.take(job) {
                // SAFETY: P1.
                return Some(unsafe { JobRef::from_raw(job) });
            }
        }
    }
}

impl Slot {
    #[inline]
    fn is_free(&self) -> bool {
        self.job.load(Ordering::Relaxed).is_null()
    }

    fn read(&self) -> Option<(usize, &Slot, *mut Header)> {
        let job = self.job.load(Ordering::Acquire);
        (!job.is_null()).then(|| (self.level.load(Ordering::Relaxed), self, job))
    }

    fn take(&self, job: *mut Header) -> bool {
        let (taken, left) = (Ordering::AcqRel, Ordering::Relaxed);
        self.job.compare_exchange(job, ptr::null_mut(), taken, left).is_ok()
    }
}
