//! A scope's queue: the jobs that were spawned into it and that nobody has begun. What the scope's owner
//! spawns goes to a few slots, and what finds none free, or is spawned by others, behind a lock.

use std::collections::VecDeque;

use crate::job::JobRef;
use crate::shim::Mutex;
use crate::shim::atomic::{AtomicUsize, Ordering};
use crate::slots::Slots;
use crate::tuning::SCOPE_SLOTS;

/// See the module.
pub(crate) struct Queue {
    slots: Slots<SCOPE_SLOTS>,
    /// How many jobs the owner has put there; numbers them.
    puts: AtomicUsize,
    others: Mutex<VecDeque<JobRef>>,
    length: AtomicUsize,
}

impl Queue {
    pub(crate) fn new() -> Queue {
        Queue {
            slots: Slots::new(),
            puts: AtomicUsize::new(0),
            others: Mutex::new(VecDeque::new()),
            length: AtomicUsize::new(0),
        }
    }

    /// As of some moment.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.length.load(Ordering::Relaxed) == 0
    }

    /// Owner.
    pub(crate) fn push_own(&self, job: JobRef) {
        let puts = self.puts.load(Ordering::Relaxed);
        self.puts.store(puts + 1, Ordering::Relaxed);
        if let Err(job) = self.slots.put(job, puts, || ()) {
            self.push(job);
        }
    }

    pub(crate) fn push(&self, job: JobRef) {
        self.change(|others| others.push_back(job));
    }

    /// An old job, for a thief.
    pub(crate) fn pop_front(&self) -> Option<JobRef> {
        self.slots.take_oldest(0).or_else(|| self.pop(VecDeque::pop_front))
    }

    /// A young job, for the scope's owner.
    pub(crate) fn pop_back(&self) -> Option<JobRef> {
        self.pop(VecDeque::pop_back).or_else(|| self.slots.take_youngest())
    }

    fn pop(&self, pop: impl FnOnce(&mut VecDeque<JobRef>) -> Option<JobRef>) -> Option<JobRef> {
        if self.length.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.change(pop)
    }

    fn change<R>(&self, change: impl FnOnce(&mut VecDeque<JobRef>) -> R) -> R {
        let mut others = self.others.lock();
        let result = change(&mut others);
        self.length.store(others.len(), Ordering::Relaxed);
        result
    }
}
