//! A worker's run queue: a bounded ring that its owner pushes to and pops from, and that others
//! steal from; and the next-task slot.
//!
//! The ring is that of Go's scheduler (`runqput`, `runqget`, `runqgrab` in runtime/proc.go): the
//! slots are atomics, so a thief may read slots that are being overwritten, and learns by its
//! compare-exchange on `head` whether what it read counts. `head` and `tail` have 64 bits and only
//! grow, so an exchange can not succeed by accident.
//!
//! Invariants:
//! - Q1: `tail` is written by the owner only. The positions from `head` to `tail` hold runnables,
//!   and `tail - head` is at most `CAPACITY`.
//! - Q2: a runnable leaves by the one successful compare-exchange that moves `head` over its
//!   position, or by the swap that empties the slot of the next task.
//! - Q3: that slot is filled by the owner only.

use std::ptr::{self, NonNull};

use crate::inbox::Chain;
use crate::shim::atomic::{AtomicPtr, AtomicU64, Ordering};
use crate::task::{Header, Runnable};

/// Tasks in one worker's ring. Small under loom, where each step is explored.
pub(crate) const CAPACITY: usize = if cfg!(loom) { 4 } else { 256 };

/// See the module.
pub(crate) struct Queue {
    head: AtomicU64,
    tail: AtomicU64,
    ring: Box<[AtomicPtr<Header>]>,
    next: AtomicPtr<Header>,
}

impl Queue {
    pub(crate) fn new() -> Queue {
        let ring = (0..CAPACITY).map(|_| AtomicPtr::new(ptr::null_mut())).collect();
        let (head, tail) = (AtomicU64::new(0), AtomicU64::new(0));
        Queue { head, tail, ring, next: AtomicPtr::new(ptr::null_mut()) }
    }

    fn at(&self, position: u64) -> &AtomicPtr<Header> {
        &self.ring[position as usize % CAPACITY]
    }

    /// How many tasks wait in the ring, as of some moment during the call.
    pub(crate) fn waiting(&self) -> usize {
        let head = self.head.load(Ordering::Acquire);
        let tail = self.tail.load(Ordering::Acquire);
        tail.saturating_sub(head) as usize
    }

    /// How many tasks were ever put into the ring.
    pub(crate) fn queued(&self) -> u64 {
        self.tail.load(Ordering::Relaxed)
    }

    /// Owner: a batch of tasks may be too much for the ring.
    pub(crate) fn is_half_full(&self) -> bool {
        self.waiting() >= CAPACITY / 2
    }

    /// Neither the ring nor the next-task slot holds a task.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting() == 0 && self.next.load(Ordering::Acquire).is_null()
    }

    /// Owner: puts a task into the next-task slot; returns the one that it displaces.
    pub(crate) fn set_next(&self, task: Runnable) -> Option<Runnable> {
        let task = task.into_raw();
        // Q3: where the slot is empty it stays so, and a store does.
        if self.next.load(Ordering::Relaxed).is_null() {
            self.next.store(task, Ordering::Release);
            return None;
        }
        runnable(self.next.swap(task, Ordering::AcqRel))
    }

    /// Owner or thief: takes the task out of the next-task slot.
    pub(crate) fn take_next(&self) -> Option<Runnable> {
        if self.next.load(Ordering::Relaxed).is_null() {
            return None;
        }
        runnable(self.next.swap(ptr::null_mut(), Ordering::AcqRel))
    }

    /// Owner: adds a task behind the others. Where the ring is full, returns the task and the older
    /// half of the ring as a chain.
    pub(crate) fn push_back(&self, task: Runnable) -> Result<(), Chain<Header>> {
        let tail = self.tail.load(Ordering::Relaxed);
        let head = self.head.load(Ordering::Acquire);
        if (tail - head) < CAPACITY as u64 {
            self.at(tail).store(task.into_raw(), Ordering::Relaxed);
            self.tail.store(tail + 1, Ordering::Release);
            return Ok(());
        }
        let mut chain = Chain::new();
        for moved in self.take_half(CAPACITY / 2) {
            chain.push_back(moved);
        }
        chain.push_back(task);
        Err(chain)
    }

    /// Owner: takes the oldest task.
    pub(crate) fn pop_front(&self) -> Option<Runnable> {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            if head == self.tail.load(Ordering::Relaxed) {
                return None;
            }
            let task = self.at(head).load(Ordering::Relaxed);
            match self.head.compare_exchange_weak(
                head,
                head + 1,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return runnable(task),
                Err(now) => head = now,
            }
        }
    }

    /// Owner: takes everything, the next task first.
    pub(crate) fn drain(&self) -> Chain<Header> {
        let mut chain = Chain::new();
        for task in self.take_next().into_iter().chain(std::iter::from_fn(|| self.pop_front())) {
            chain.push_back(task);
        }
        chain
    }

    /// Thief: takes everything that it finds, the next task last; not for ever where the owner goes
    /// on pushing.
    pub(crate) fn rob(&self) -> Chain<Header> {
        let mut chain = Chain::new();
        while chain.len() < CAPACITY {
            let before = chain.len();
            self.take_half(CAPACITY / 2).for_each(|task| chain.push_back(task));
            if chain.len() == before {
                break;
            }
        }
        self.take_next().into_iter().for_each(|task| chain.push_back(task));
        chain
    }

    /// Thief: moves up to half of this queue to `into`, of which the caller is the owner and which
    /// is empty; returns one of them to run at once. Takes the next task where that is all.
    pub(crate) fn steal_into(&self, into: &Queue) -> Option<Runnable> {
        let mut stolen = self.take_half(CAPACITY / 2);
        let Some(first) = stolen.next() else { return self.take_next() };
        for task in stolen {
            if into.push_back(task).is_err() {
                cortado_probe::stop("Q1", "a thief stole into a queue that was not empty");
            }
        }
        Some(first)
    }

    /// Takes half of the tasks, rounded up, oldest first, and at most `limit`.
    fn take_half(&self, limit: usize) -> impl Iterator<Item = Runnable> + use<> {
        let mut taken = [ptr::null_mut(); CAPACITY / 2];
        let mut head = self.head.load(Ordering::Acquire);
        let count = loop {
            let len = self.tail.load(Ordering::Acquire).saturating_sub(head) as usize;
            let count = len.div_ceil(2).min(limit);
            if count == 0 {
                break 0;
            }
            for (offset, place) in taken[..count].iter_mut().enumerate() {
                *place = self.at(head + offset as u64).load(Ordering::Relaxed);
            }
            match self.head.compare_exchange(
                head,
                head + count as u64,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => break count,
                Err(now) => head = now,
            }
        };
        taken.into_iter().take(count).filter_map(runnable)
    }
}

/// The runnable behind a pointer that has just left the queue.
fn runnable(raw: *mut Header) -> Option<Runnable> {
    // SAFETY: Q2 (the pointer came in by `into_raw` and left by the one step that won it).
    NonNull::new(raw).map(|raw| unsafe { Runnable::from_raw(raw) })
}

impl Drop for Queue {
    fn drop(&mut self) {
        drop(self.drain());
    }
}
