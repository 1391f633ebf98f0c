//! A scope's queue: the jobs that were spawned into it and that nobody has begun.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::job::JobRef;
use crate::shim::Mutex;
use crate::shim::atomic::{AtomicUsize, Ordering};

/// See the module. A clone is the same queue.
#[derive(Clone)]
pub(crate) struct Queue(Arc<Inside>);

struct Inside {
    jobs: Mutex<VecDeque<JobRef>>,
    length: AtomicUsize,
}

impl Queue {
    pub(crate) fn new() -> Queue {
        let jobs = Mutex::new(VecDeque::new());
        Queue(Arc::new(Inside { jobs, length: AtomicUsize::new(0) }))
    }

    pub(crate) fn is(&self, other: &Queue) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// As of some moment.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.length.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn push(&self, job: JobRef) {
        self.change(|jobs| jobs.push_back(job));
    }

    /// The oldest job, for a thief.
    pub(crate) fn pop_front(&self) -> Option<JobRef> {
        self.change(VecDeque::pop_front)
    }

    /// The youngest job, for the scope's owner.
    pub(crate) fn pop_back(&self) -> Option<JobRef> {
        self.change(VecDeque::pop_back)
    }

    fn change<R>(&self, change: impl FnOnce(&mut VecDeque<JobRef>) -> R) -> R {
        let mut jobs = self.0.jobs.lock();
        let result = change(&mut jobs);
        self.0.length.store(jobs.len(), Ordering::Relaxed);
        result
    }
}
