//! The injector: a lane's shared queue, for tasks that come from outside of the lane's workers.
//!
//! Threads of either lane push without waiting for anyone. Only the lane's own workers take, under
//! a lock of theirs: no thread of lower priority ever holds it.

use std::collections::VecDeque;
use std::hint;

use crate::inbox::{Chain, Inbox};
use crate::shim::Mutex;
use crate::shim::atomic::{AtomicUsize, Ordering};
use crate::task::{Header, Runnable};

/// An empty injector gives the memory for more tasks than this back.
const KEPT_PLACES: usize = 4096;

/// See the module.
pub(crate) struct Injector {
    pushed: Inbox<Header>,
    /// Oldest first: what was taken out of `pushed`. An array, and not a list through the tasks: whoever
    /// takes many of them would wait for the memory of one after the other.
    ordered: Mutex<VecDeque<Runnable>>,
    /// The length of `ordered`, readable without its lock.
    ordered_len: AtomicUsize,
}

impl Injector {
    pub(crate) fn new() -> Injector {
        let ordered = Mutex::new(VecDeque::new());
        Injector { pushed: Inbox::new(), ordered, ordered_len: AtomicUsize::new(0) }
    }

    pub(crate) fn push(&self, task: Runnable) {
        self.pushed.push(task);
    }

    pub(crate) fn push_chain(&self, tasks: Chain<Header>) {
        self.pushed.push_chain(tasks);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pushed.is_empty() && self.ordered_len.load(Ordering::Acquire) == 0
    }

    /// Takes the oldest task, and passes up to `more` further ones to `keep`.
    pub(crate) fn take(&self, more: usize, keep: impl FnMut(Runnable)) -> Option<Runnable> {
        if self.is_empty() {
            return None;
        }
        let mut ordered = self.ordered.lock();
        // At no moment does the queue look empty to others while tasks change from list to list.
        self.ordered_len.store(ordered.len() + 1, Ordering::SeqCst);
        ordered.extend(self.pushed.take_all());
        let first = ordered.pop_front();
        let more = more.min(ordered.len() / 2);
        // One look at each: so the memory of all of them comes at the same time, while the first one runs.
        let fetch = |task: &Runnable| _ = hint::black_box(task.header().in_work_lane());
        ordered.drain(..more).inspect(fetch).for_each(keep);
        self.ordered_len.store(ordered.len(), Ordering::Release);
        if ordered.is_empty() {
            ordered.shrink_to(KEPT_PLACES);
        }
        first
    }

    /// Takes everything.
    pub(crate) fn take_all(&self) -> VecDeque<Runnable> {
        let mut ordered = self.ordered.lock();
        ordered.extend(self.pushed.take_all());
        self.ordered_len.store(0, Ordering::Release);
        std::mem::take(&mut *ordered)
    }
}
