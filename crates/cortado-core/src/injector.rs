//! The injector: a lane's shared queue, for tasks that come from outside of the lane's workers, and for
//! those that are too many for one worker's own queue.
//!
//! Threads of either lane push without waiting for anyone. Only the lane's own workers take, under
//! a lock of theirs: no thread of lower priority ever holds it.
//!
//! Tasks leave in the order in which they came, but for those that were spilled by a worker's queue before
//! their first poll: of these, the newest leave first. Nobody waits for them for long, whoever spawned them
//! has just spawned more; and a tree of tasks whose branches spawn further ones grows into its depth then, a
//! few branches at a time, and not all over its breadth. The million tasks of `runtime skynet` take 0.7 of
//! the time, with the memory of fewer at once. So that none starves where new ones keep coming, the two
//! kinds take turns, and of the new ones now and then the oldest leave.

use std::collections::VecDeque;
use std::hint;

use crate::inbox::{Chain, Inbox};
use crate::shim::Mutex;
use crate::shim::atomic::{AtomicUsize, Ordering};
use crate::task::{Header, Runnable};
use crate::tuning::INJECTOR_OLDEST_EVERY;

/// An empty injector gives the memory for more tasks than this back.
const KEPT_PLACES: usize = 4096;

/// See the module.
pub(crate) struct Injector {
    pushed: Inbox<Header>,
    spilled: Inbox<Header>,
    ordered: Mutex<Ordered>,
    /// The length of `ordered`, readable without its lock.
    ordered_len: AtomicUsize,
}

/// What was taken out of the two inboxes, oldest first. Arrays, and not lists through the tasks: whoever
/// takes many of them would wait for the memory of one after the other.
#[derive(Default)]
struct Ordered {
    queue: VecDeque<Runnable>,
    /// Spilled before their first poll.
    fresh: VecDeque<Runnable>,
    takes: u32,
}

/// Which end of which of the two.
enum End {
    Queue,
    Newest,
    Oldest,
}

impl Injector {
    pub(crate) fn new() -> Injector {
        let ordered = Mutex::new(Ordered::default());
        let (pushed, spilled) = (Inbox::new(), Inbox::new());
        Injector { pushed, spilled, ordered, ordered_len: AtomicUsize::new(0) }
    }

    pub(crate) fn push(&self, task: Runnable) {
        self.pushed.push(task);
    }

    pub(crate) fn push_chain(&self, tasks: Chain<Header>) {
        self.pushed.push_chain(tasks);
    }

    /// Adds what is too much for a worker's own queue.
    pub(crate) fn spill(&self, tasks: Chain<Header>) {
        self.spilled.push_chain(tasks);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pushed.is_empty()
            && self.spilled.is_empty()
            && self.ordered_len.load(Ordering::Acquire) == 0
    }

    /// Takes the task whose turn it is, and passes up to `more` further ones to `keep`.
    pub(crate) fn take(&self, more: usize, keep: impl FnMut(Runnable)) -> Option<Runnable> {
        self.take_ordered(|ordered| {
            let end = ordered.end();
            ordered.take(end, more, keep)
        })
    }

    /// Takes one task for whoever has many others, and takes it for the sake of those that wait.
    pub(crate) fn take_longest_waiting(&self) -> Option<Runnable> {
        self.take_ordered(|ordered| {
            let end = match ordered.end() {
                End::Newest => End::Oldest,
                end => end,
            };
            ordered.take(end, 0, drop)
        })
    }

    fn take_ordered(
        &self,
        take: impl FnOnce(&mut Ordered) -> Option<Runnable>,
    ) -> Option<Runnable> {
        if self.is_empty() {
            return None;
        }
        let mut ordered = self.ordered.lock();
        // At no moment does the queue look empty to others while tasks change from list to list.
        self.ordered_len.store(ordered.len() + 1, Ordering::SeqCst);
        ordered.extend(self.pushed.take_all(), self.spilled.take_all());
        let first = take(&mut ordered);
        self.ordered_len.store(ordered.len(), Ordering::Release);
        first
    }

    /// Takes everything.
    pub(crate) fn take_all(&self) -> impl Iterator<Item = Runnable> + use<> {
        let mut ordered = self.ordered.lock();
        ordered.extend(self.pushed.take_all(), self.spilled.take_all());
        self.ordered_len.store(0, Ordering::Release);
        let Ordered { queue, fresh, .. } = std::mem::take(&mut *ordered);
        queue.into_iter().chain(fresh)
    }
}

impl Ordered {
    fn len(&self) -> usize {
        self.queue.len() + self.fresh.len()
    }

    fn extend(&mut self, pushed: Chain<Header>, spilled: Chain<Header>) {
        self.queue.extend(pushed);
        for task in spilled {
            let list = if task.header().was_polled() { &mut self.queue } else { &mut self.fresh };
            list.push_back(task);
        }
    }

    fn take(&mut self, end: End, more: usize, mut keep: impl FnMut(Runnable)) -> Option<Runnable> {
        let list = if matches!(end, End::Queue) { &mut self.queue } else { &mut self.fresh };
        let first = if matches!(end, End::Newest) { list.pop_back() } else { list.pop_front() };
        let more = more.min(list.len() / 2);
        let range =
            if matches!(end, End::Newest) { list.len() - more..list.len() } else { 0..more };
        list.drain(range).for_each(|task| {
            // So the memory of all of them comes at the same time, while the first one runs.
            hint::black_box(task.header().in_work_lane());
            keep(task);
        });
        if list.is_empty() {
            list.shrink_to(KEPT_PLACES);
        }
        first
    }

    /// From where the next tasks are taken.
    fn end(&mut self) -> End {
        self.takes = self.takes.wrapping_add(1);
        let turn_of_queue = self.takes.is_multiple_of(2);
        if self.fresh.is_empty() || (turn_of_queue && !self.queue.is_empty()) {
            End::Queue
        } else if (self.takes / 2 + 1).is_multiple_of(INJECTOR_OLDEST_EVERY) {
            End::Oldest
        } else {
            End::Newest
        }
    }
}
