//! The blocking pool: threads for calls that sleep in the operating system.
//!
//! Both lanes hand in jobs, so handing one in takes no lock: a push to the inbox, one transition of
//! the census, and at most one system call. The mutex around the jobs is between the pool's own
//! threads, whose priority is never lowered. A job beyond the idle threads gets a thread of its
//! own, since what blocks must not wait for what blocks, until there are `max_threads`; then jobs
//! queue. A thread that was idle for `keep_alive` ends.
//!
//! The census is one word: jobs that no thread has claimed, idle threads, threads, and whether the
//! pool is closed. An idle thread sleeps on `permits`, a counting semaphore. The protocol:
//! 1. `spawn` pushes the job, then counts it as queued. In that same step it learns what is
//!    needed: a permit (idle threads suffice), a thread (they do not), or nothing (at the bound;
//!    each thread looks for a job before it rests).
//! 2. A thread claims a job by the census first and takes one from the queue then. Jobs are pushed
//!    before they are counted, so who has claimed one finds one.
//! 3. A thread becomes idle, or ends, only in a step that sees no job queued.
//!
//! Why no wake-up is lost: the count of jobs and the count of idle threads change in one word. If
//! the job is counted first, the thread claims it instead of resting (3). If the thread rests
//! first, the job's step sees it idle and adds a permit after it, and a semaphore keeps a permit
//! that comes before the sleep. A permit may be left over when a busy thread was quicker with the
//! job; then an idle thread looks once for nothing. `loom_job_meets_a_thread_going_idle` and
//! `loom_job_meets_a_thread_ending` are these races as models.
//!
//! Why no job is orphaned: a thread that cannot be made stays counted and is tried again for as
//! long as there are more jobs queued than idle threads; the decision to give up is a step of the
//! same word. So a queued job has at any time a thread that is idle, busy or still to be made.

mod census;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use self::census::{Census, Needed, Next};
use crate::inbox::{Inbox, Parcel};
use crate::shim::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::shim::atomic::{AtomicBool, AtomicUsize};
use crate::spawner::{Answer, OnError, Spawner};
use crate::sys::futex::Futex;

/// What the pool runs.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// More permits than there can be idle threads, for the end of the pool.
const ALL_PERMITS: u32 = 1 << 30;

/// See the module. Dropping it closes it without waiting.
pub(crate) struct BlockingPool {
    shared: Arc<Shared>,
    spawner: Arc<Spawner>,
    /// How many threads were asked for so far: the number in the next one's name.
    made: AtomicUsize,
    name: String,
}

/// Figures of the pool at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockingMetrics {
    /// Threads, idle ones and those still to be made included.
    pub(crate) threads: usize,
    /// Threads without a job.
    pub(crate) idle: usize,
    /// Jobs that no thread has begun.
    pub(crate) queued: usize,
    /// The bound of `threads`.
    pub(crate) max_threads: usize,
}

struct Shared {
    census: Census,
    inbox: Inbox<Parcel<Job>>,
    /// Jobs that a thread took out of the inbox. Only the pool's threads, and its end, lock this.
    taken: Mutex<VecDeque<Job>>,
    permits: Futex,
    /// Counts the ends of threads, for who waits for the last one.
    ends: Futex,
    keep_alive: Duration,
    /// Set once the lack of a thread has been reported.
    reported: AtomicBool,
}

impl BlockingPool {
    /// A pool without threads. They will be called `name-0`, `name-1` and so on.
    pub(crate) fn new(
        spawner: Arc<Spawner>,
        max_threads: usize,
        keep_alive: Duration,
        name: &str,
    ) -> BlockingPool {
        let shared = Arc::new(Shared::new(max_threads, keep_alive));
        BlockingPool { shared, spawner, made: AtomicUsize::new(0), name: name.to_owned() }
    }

    /// Hands in a job; gives it back where the pool is closed.
    ///
    /// A job that meets `shutdown` on its way is dropped as those in the queue are.
    pub(crate) fn spawn(&self, job: Job) -> Result<(), Job> {
        if self.shared.census.is_closed() {
            return Err(job);
        }
        if self.shared.submit(job) {
            self.make_thread();
        }
        Ok(())
    }

    /// Closes the pool: takes no more jobs, drops the queued ones, ends the idle threads, and waits
    /// for the others until `timeout`. True where all have ended. It can be called again.
    ///
    /// A job of this pool that calls this without a timeout waits for itself, for ever.
    pub(crate) fn shutdown(&self, timeout: Option<Duration>) -> bool {
        self.shared.close();
        self.shared.wait_for_ends(timeout)
    }

    /// The figures now.
    pub(crate) fn metrics(&self) -> BlockingMetrics {
        self.shared.census.metrics()
    }

    fn make_thread(&self) {
        let name = format!("{}-{}", self.name, self.made.fetch_add(1, Relaxed));
        let (shared, failed) = (self.shared.clone(), self.shared.clone());
        let on_error: OnError = Box::new(move |error| failed.thread_failed(error));
        self.spawner.spawn_thread(name, None, Box::new(move || shared.serve()), on_error);
    }
}

impl Drop for BlockingPool {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Shared {
    fn new(max_threads: usize, keep_alive: Duration) -> Shared {
        Shared {
            census: Census::new(max_threads),
            inbox: Inbox::new(),
            taken: Mutex::new(VecDeque::new()),
            permits: Futex::new(0),
            ends: Futex::new(0),
            keep_alive,
            reported: AtomicBool::new(false),
        }
    }

    /// Queues a job. True where the caller makes a thread for it, which the census counts already.
    fn submit(&self, job: Job) -> bool {
        self.inbox.push(Parcel::pack(job));
        match self.census.submit() {
            Needed::Permit => {
                self.permits.fetch_add(1, Release);
                self.permits.wake_one();
            }
            Needed::Thread => return true,
            Needed::Nothing => {}
            Needed::Drop => self.drop_queue(),
        }
        false
    }

    /// The life of a thread of the pool.
    fn serve(&self) {
        let mut next = self.census.claim_or_rest();
        loop {
            next = match next {
                Next::Run => {
                    self.run_one();
                    self.census.claim_or_rest()
                }
                Next::Rest => match self.take_permit() {
                    true => self.census.claim_or_stay(),
                    false => self.census.claim_or_end(),
                },
                Next::End => break,
            };
        }
        self.note_end();
    }

    /// Sleeps until there is a permit and takes it; false where `keep_alive` has passed first.
    fn take_permit(&self) -> bool {
        let deadline = self.idle_until();
        loop {
            let permits = self.permits.load(Relaxed);
            if permits > 0 {
                let taken = self.permits.compare_exchange(permits, permits - 1, Acquire, Relaxed);
                if taken.is_ok() {
                    return true;
                }
                continue;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return false;
            }
            self.permits.wait(0, left);
        }
    }

    /// When a thread that becomes idle now ends; `None` for one that stays.
    fn idle_until(&self) -> Option<Instant> {
        match self.keep_alive {
            Duration::MAX => None,
            keep_alive => Instant::now().checked_add(keep_alive),
        }
    }

    /// Runs the job that was claimed, unless the end of the pool came first and dropped it.
    fn run_one(&self) {
        let job = self.pop();
        // The panic hook has reported it; who waits for the job's result learns it from the job.
        let outcome = catch_unwind(AssertUnwindSafe(|| job.map(|job| job())));
        drop_safely(outcome);
    }

    fn pop(&self) -> Option<Job> {
        let mut taken = self.taken.lock();
        if taken.is_empty() {
            taken.extend(self.inbox.take_all().map(|parcel| parcel.unpack()));
        }
        taken.pop_front()
    }

    fn thread_failed(&self, error: &io::Error) -> Answer {
        if self.census.still_needed() {
            if !self.reported.swap(true, Relaxed) {
                report(error);
            }
            return Answer::Retry;
        }
        self.note_end();
        Answer::GiveUp
    }

    fn note_end(&self) {
        self.ends.fetch_add(1, AcqRel);
        self.ends.wake_all();
    }

    fn close(&self) {
        if self.census.close() {
            self.permits.store(ALL_PERMITS, Release);
            self.permits.wake_all();
        }
        self.drop_queue();
    }

    /// Drops what is queued, outside of the lock since that runs users' code.
    fn drop_queue(&self) {
        let queued = std::mem::take(&mut *self.taken.lock());
        let rest = self.inbox.take_all().map(|parcel| parcel.unpack());
        queued.into_iter().chain(rest).for_each(drop_safely);
    }

    fn wait_for_ends(&self, timeout: Option<Duration>) -> bool {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let ends = self.ends.load(Acquire);
            let threads = self.census.metrics().threads;
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if threads == 0 || left == Some(Duration::ZERO) {
                return threads == 0;
            }
            self.ends.wait(ends, left);
        }
    }
}

/// Says once what is wrong and what to do. Where standard error is closed nobody hears it.
fn report(error: &io::Error) {
    let _ = writeln!(
        io::stderr(),
        "cortado: no thread can be made for a blocking job: {error}. The job waits and this is \
         tried again; raise the limit on threads (ulimit -u, the cgroup's pids.max) or lower the \
         number of blocking threads."
    );
}

/// Drops a value whose drop may panic, and what it panics with; what even that panics with is let
/// go, so that this ends.
fn drop_safely<T>(value: T) {
    let dropped = catch_unwind(AssertUnwindSafe(move || drop(value)));
    if let Err(payload) = catch_unwind(AssertUnwindSafe(move || drop(dropped))) {
        std::mem::forget(payload);
    }
}
