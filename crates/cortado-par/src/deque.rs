//! A member's deque: what it has on offer, and what it is running.
//!
//! On offer are *jobs* of joins, in a few slots without a lock, and *scopes* that may have jobs in their
//! own queues. They come and go at one end as the member's joins and scopes nest; thieves take the
//! oldest.
//!
//! *Frames* are the jobs that the member is running for others, the innermost last, by their origins.
//!
//! The member counts the joins and scopes that it is inside of; that number is the *level* at which a
//! job or a scope is offered, and at which a frame begins. What was offered since a frame began has its
//! level or a higher one, and what was offered before a lower one. So who waits for a job that this member
//! runs may take what has at least the level of the job's frame, and nothing else. It does so under the
//! lock of frames and scopes, and the frame stays until then.
//!
//! That lock is only taken by threads of the work lane, and by threads that have given their seat in the
//! wait lane up.
//!
//! - Q1: a queue among `scopes` is there: its scope closes it, under the lock, before it goes.

use std::ptr::NonNull;

use crate::job::{Header, JobRef};
use crate::queue::Queue;
use crate::shim::Mutex;
use crate::shim::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::slots::Slots;
use crate::tuning::OFFERS;

/// See the module.
pub(crate) struct Deque {
    /// So many jobs of joins are on offer that the member's own joins are plain calls.
    offers_enough: AtomicBool,
    jobs: Slots<OFFERS>,
    /// How many jobs there may be. Each steal shows that thieves are hungry, and puts it to the most; each
    /// job that is taken back shows that they are not, and lowers it down to one. The outermost join
    /// of the member, or of a job that it runs, knows nothing yet, and begins with the most.
    most_jobs: AtomicUsize,
    /// How many joins and scopes the member is inside of.
    level: AtomicUsize,
    /// The level at which the innermost frame began.
    base: AtomicUsize,
    /// How many scopes there are, for thieves.
    scopes: AtomicUsize,
    inside: Mutex<Inside>,
}

struct Inside {
    scopes: Vec<Open>,
    frames: Vec<Frame>,
}

struct Open {
    level: usize,
    queue: NonNull<Queue>,
}

// SAFETY: Q1 (and what is in a queue may be taken by any thread).
unsafe impl Send for Open {}

struct Frame {
    level: usize,
    origin: usize,
}

impl Deque {
    pub(crate) fn new() -> Deque {
        Deque {
            offers_enough: AtomicBool::new(false),
            jobs: Slots::new(),
            most_jobs: AtomicUsize::new(OFFERS),
            level: AtomicUsize::new(0),
            base: AtomicUsize::new(0),
            scopes: AtomicUsize::new(0),
            inside: Mutex::new(Inside { scopes: Vec::new(), frames: Vec::new() }),
        }
    }

    /// As of some moment.
    #[inline]
    pub(crate) fn offers_enough(&self) -> bool {
        self.offers_enough.load(Ordering::Relaxed)
    }

    /// Nothing is on offer, as of some moment.
    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.scopes.load(Ordering::Relaxed) == 0
    }

    /// Member: begins a join, and offers its job; false where there is no room.
    pub(crate) fn push(&self, job: JobRef) -> bool {
        let level = self.level.load(Ordering::Relaxed);
        if level == self.base.load(Ordering::Relaxed) {
            self.most_jobs.store(OFFERS, Ordering::Relaxed);
        }
        let before = || {
            // A thief that takes the job says the contrary, and does it after this.
            let are_enough = self.jobs.count() + 1 >= self.most_jobs.load(Ordering::Relaxed);
            self.offers_enough.store(are_enough, Ordering::Relaxed);
        };
        let is_offered = self.jobs.put(job, level, before).is_ok();
        if is_offered {
            self.level.store(level + 1, Ordering::Relaxed);
        } else {
            self.offers_enough.store(true, Ordering::Relaxed);
        }
        is_offered
    }

    /// Member: the join that was begun last ends; takes its job back. False: a thief has it.
    pub(crate) fn take_back(&self, job: *const Header) -> bool {
        self.level.store(self.level.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
        let is_back = self.jobs.take_back(job);
        if is_back {
            let most_jobs = self.most_jobs.load(Ordering::Relaxed).max(2) - 1;
            self.most_jobs.store(most_jobs, Ordering::Relaxed);
            self.offers_enough.store(self.jobs.count() >= most_jobs, Ordering::Relaxed);
        }
        is_back
    }

    /// Member: begins a scope, and offers what is, and will be, in its queue.
    pub(crate) fn open(&self, queue: &Queue) {
        let level = self.level.load(Ordering::Relaxed);
        self.level.store(level + 1, Ordering::Relaxed);
        let mut inside = self.inside.lock();
        inside.scopes.push(Open { level, queue: NonNull::from(queue) });
        self.scopes.store(inside.scopes.len(), Ordering::Relaxed);
    }

    /// Member: the scope that was begun last ends.
    pub(crate) fn close(&self, queue: &Queue) {
        self.level.store(self.level.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
        let mut inside = self.inside.lock();
        let closed = inside.scopes.pop();
        self.scopes.store(inside.scopes.len(), Ordering::Relaxed);
        if closed.is_none_or(|closed| closed.queue != NonNull::from(queue)) {
            cortado_probe::stop("D1", "a scope ended before what was begun within it");
        }
    }

    /// Member: begins to run a job for somebody else.
    pub(crate) fn begin_frame(&self, origin: usize) {
        let level = self.level.load(Ordering::Relaxed);
        self.base.store(level, Ordering::Relaxed);
        self.inside.lock().frames.push(Frame { level, origin });
    }

    /// Member: that job has run.
    pub(crate) fn end_frame(&self) {
        let mut inside = self.inside.lock();
        inside.frames.pop();
        let base = inside.frames.last().map_or(0, |frame| frame.level);
        self.base.store(base, Ordering::Relaxed);
    }

    /// Thief: the oldest job.
    pub(crate) fn steal(&self, thief: usize) -> Option<JobRef> {
        if self.scopes.load(Ordering::Relaxed) == 0 {
            return self.take_job(0, thief);
        }
        self.take(&self.inside.lock(), 0, thief)
    }

    /// Who waits for `origin`: the oldest job that descends from it.
    pub(crate) fn steal_descendant(&self, origin: usize, thief: usize) -> Option<JobRef> {
        if self.is_empty() {
            return None;
        }
        let inside = self.inside.lock();
        let frame = inside.frames.iter().find(|frame| frame.origin == origin)?;
        self.take(&inside, frame.level, thief)
    }

    /// There is a job that a thief could take.
    pub(crate) fn has_job(&self) -> bool {
        !self.jobs.is_empty()
            || (self.scopes.load(Ordering::Relaxed) > 0 && self.inside.lock().scope(0).is_some())
    }

    /// The oldest job that is not below the level `least`.
    fn take(&self, inside: &Inside, least: usize, thief: usize) -> Option<JobRef> {
        let Some((level, queue)) = inside.scope(least) else { return self.take_job(least, thief) };
        if self.jobs.lowest(least).is_some_and(|job| job < level) {
            return self.take_job(least, thief).or_else(|| queue.pop_front());
        }
        queue.pop_front().or_else(|| self.take_job(least, thief))
    }

    fn take_job(&self, least: usize, thief: usize) -> Option<JobRef> {
        let job = self.jobs.take_oldest(least)?;
        self.most_jobs.store(OFFERS, Ordering::Relaxed);
        self.offers_enough.store(false, Ordering::Relaxed);
        job.taken_by(thief);
        Some(job)
    }
}

impl Inside {
    /// The oldest scope that is not below the level `least` and has a job.
    fn scope(&self, least: usize) -> Option<(usize, &Queue)> {
        let old_enough = self.scopes.iter().filter(|open| open.level >= least);
        // SAFETY: Q1 (the lock is held as long as this is borrowed).
        let mut queues = old_enough.map(|open| (open.level, unsafe { open.queue.as_ref() }));
        queues.find(|(_, queue)| !queue.is_empty())
    }
}
