//! The injector: a lane's shared queue, for tasks that come from outside of the lane's workers.
//!
//! Threads of either lane push without waiting for anyone. Only the lane's own workers take, under
//! a lock of theirs: no thread of lower priority ever holds it.

use crate::inbox::{Chain, Inbox};
use crate::shim::Mutex;
use crate::shim::atomic::{AtomicUsize, Ordering};
use crate::task::{Header, Runnable};

/// See the module.
pub(crate) struct Injector {
    pushed: Inbox<Header>,
    /// In order, oldest first; what was taken out of `pushed`.
    ordered: Mutex<Chain<Header>>,
    /// The length of `ordered`, readable without its lock.
    ordered_len: AtomicUsize,
}

impl Injector {
    pub(crate) fn new() -> Injector {
        let ordered = Mutex::new(Chain::new());
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
    pub(crate) fn take(&self, more: usize, mut keep: impl FnMut(Runnable)) -> Option<Runnable> {
        if self.is_empty() {
            return None;
        }
        let mut ordered = self.ordered.lock();
        // At no moment does the queue look empty to others while tasks change from list to list.
        self.ordered_len.store(ordered.len() + 1, Ordering::SeqCst);
        ordered.append(self.pushed.take_all());
        let first = ordered.pop_front();
        for _ in 0..more.min(ordered.len() / 2) {
            ordered.pop_front().map(&mut keep);
        }
        self.ordered_len.store(ordered.len(), Ordering::Release);
        first
    }

    /// Takes everything.
    pub(crate) fn take_all(&self) -> Chain<Header> {
        let mut ordered = self.ordered.lock();
        ordered.append(self.pushed.take_all());
        self.ordered_len.store(0, Ordering::Release);
        std::mem::replace(&mut *ordered, Chain::new())
    }
}
