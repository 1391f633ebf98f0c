//! The feed: jobs are read on a thread of their own, because standard input may keep a reader
//! waiting for ever, and handed to the event loop through a short queue. The reader goes on only
//! when the queue is empty again, so that neither side wakes the other for each job.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::super::input::{Job, Jobs};
use super::tuning::{READ_AHEAD, READ_AHEAD_BYTES};

/// What the feed has to give.
#[derive(Debug)]
pub(super) enum Supply {
    /// A job is there.
    Ready,
    /// The source has not given one yet; the waker will be woken.
    Waiting,
    /// There are no more.
    Over,
}

/// The event loop's end of the queue.
pub(super) struct Feed {
    shared: Arc<Shared>,
    ready: VecDeque<Job>,
    end: Option<End>,
}

/// How the input ended.
#[derive(Debug)]
pub(super) struct End {
    /// How many jobs there were, those of an earlier run included.
    pub(super) total: u64,
    /// What cut it short.
    pub(super) error: Option<io::Error>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    room: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// The memory of all of them, in bytes.
    bytes: usize,
    end: Option<End>,
    wanted: Option<Waker>,
    /// Nobody wants more.
    closed: bool,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job in; waits while the queue is full. False: nobody wants it.
    fn put(&self, job: Job) -> bool {
        let mut queue = self.queue();
        queue.bytes += job.memory();
        queue.jobs.push_back(job);
        if let Some(waker) = queue.wanted.take() {
            waker.wake();
        }
        if queue.jobs.len() >= READ_AHEAD || queue.bytes >= READ_AHEAD_BYTES {
            let emptied = |queue: &mut Queue| !queue.closed && !queue.jobs.is_empty();
            queue = self.room.wait_while(queue, emptied).unwrap_or_else(PoisonError::into_inner);
        }
        !queue.closed
    }

    fn finish(&self, end: End) {
        let mut queue = self.queue();
        queue.end = Some(end);
        if let Some(waker) = queue.wanted.take() {
            waker.wake();
        }
    }
}

impl Feed {
    /// Starts to read. To be called within the runtime.
    pub(super) fn open(mut jobs: Jobs) -> Feed {
        let shared = Arc::new(Shared::default());
        let reader = shared.clone();
        // Nobody waits for the reader: at the end of a run it may hang in a read for ever.
        drop(cortado::spawn_blocking(move || {
            let mut error = None;
            for job in &mut jobs {
                match job {
                    Ok(job) => {
                        if !reader.put(job) {
                            return;
                        }
                    }
                    Err(cause) => error = Some(cause),
                }
            }
            reader.finish(End { total: jobs.made(), error });
        }));
        Feed { shared, ready: VecDeque::new(), end: None }
    }

    /// Whether there is a job, or may still be one; in the latter case `waker` will be woken.
    pub(super) fn supply(&mut self, waker: &Waker) -> Supply {
        if !self.ready.is_empty() {
            return Supply::Ready;
        }
        if self.end.is_some() {
            return Supply::Over;
        }
        let mut queue = self.shared.queue();
        std::mem::swap(&mut queue.jobs, &mut self.ready);
        queue.bytes = 0;
        self.shared.room.notify_one();
        if !self.ready.is_empty() {
            return Supply::Ready;
        }
        self.end = queue.end.take();
        if self.end.is_some() {
            return Supply::Over;
        }
        if !queue.wanted.as_ref().is_some_and(|wanted| wanted.will_wake(waker)) {
            queue.wanted = Some(waker.clone());
        }
        Supply::Waiting
    }

    /// Takes a job that is ready.
    pub(super) fn take(&mut self) -> Option<Job> {
        self.ready.pop_front()
    }

    /// Whether every job was taken.
    pub(super) fn is_exhausted(&self) -> bool {
        self.ready.is_empty() && self.end.is_some()
    }

    /// How the input ended, once it has.
    pub(super) fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.shared.queue().closed = true;
        self.shared.room.notify_one();
    }
}
