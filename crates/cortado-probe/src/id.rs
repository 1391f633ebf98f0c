//! Names by number: tasks, objects that tasks wait on, workers.

use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many numbers a thread takes from the shared counter at once, so that threads that make
/// many tasks do not pass one cache line back and forth.
const BLOCK: u64 = 1024;

/// The number of a task. Never reused within a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(NonZeroU64);

impl TaskId {
    /// A number that no task had before.
    pub fn next() -> TaskId {
        static SHARED: AtomicU64 = AtomicU64::new(1);
        thread_local! {
            static OWN: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
        }
        let number = OWN.with(|own| {
            let (mut next, mut end) = own.get();
            if next == end {
                next = SHARED.fetch_add(BLOCK, Ordering::Relaxed);
                end = next + BLOCK;
            }
            own.set((next + 1, end));
            next
        });
        TaskId(NonZeroU64::new(number).expect("task numbers start at 1"))
    }

    /// The bare number.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// The id with this number; none for 0.
    pub fn from_number(number: u64) -> Option<TaskId> {
        NonZeroU64::new(number).map(TaskId)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId({})", self.0)
    }
}

/// The number of something that tasks wait on: a channel, a lock, a descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ObjectId(NonZeroU64);

impl ObjectId {
    /// A number that no object had before.
    pub fn next() -> ObjectId {
        static SHARED: AtomicU64 = AtomicU64::new(1);
        let number = SHARED.fetch_add(1, Ordering::Relaxed);
        ObjectId(NonZeroU64::new(number).expect("object numbers start at 1"))
    }

    /// The bare number.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// The id with this number; none for 0.
    pub fn from_number(number: u64) -> Option<ObjectId> {
        NonZeroU64::new(number).map(ObjectId)
    }
}

/// The place of a worker in its runtime, from 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct WorkerId(pub u32);

#[cfg(test)]
mod tests {
    use super::TaskId;
    use std::collections::HashSet;

    #[test]
    fn task_ids_are_unique_over_threads() {
        let ids: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(|| (0..3000).map(|_| TaskId::next()).collect::<Vec<_>>()))
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    }
}
