//! A member's deque: what it has on offer, and what it is running.
//!
//! *Entries* are jobs of joins, and scopes that may have jobs in their own queues. They are pushed and
//! taken back at one end by the member, as its joins and scopes nest; thieves take the oldest.
//!
//! *Frames* are the jobs that the member is running for others, the innermost last, by their origins.
//! An entry descends from every frame that was there when it was pushed. So who waits for a job that
//! this member runs may take the entries above the job's frame, and no others.
//!
//! Both change under one lock, which only threads of the work lane take, and threads that have given
//! their seat in the wait lane up.

use std::collections::VecDeque;

use crate::job::{Header, JobRef};
use crate::queue::Queue;
use crate::shim::Mutex;
use crate::shim::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::tuning::OFFERS;

/// See the module.
pub(crate) struct Deque {
    inside: Mutex<Inside>,
    /// So many jobs of joins are entries that the member's own joins are plain calls.
    offers_enough: AtomicBool,
    /// How many entries there are, for thieves.
    entries: AtomicUsize,
}

struct Inside {
    entries: VecDeque<Entry>,
    /// How many of the entries are jobs of joins.
    jobs: usize,
    /// How many there may be. Each steal shows that thieves are hungry, and puts it to the most; each job
    /// that is taken back shows that they are not, and lowers it down to one.
    most_jobs: usize,
    frames: Vec<usize>,
}

struct Entry {
    /// How many frames there were when it was pushed.
    depth: usize,
    offer: Offer,
}

/// What an entry offers.
enum Offer {
    Job(JobRef),
    Jobs(Queue),
}

impl Deque {
    pub(crate) fn new() -> Deque {
        Deque {
            inside: Mutex::new(Inside::new()),
            offers_enough: AtomicBool::new(false),
            entries: AtomicUsize::new(0),
        }
    }

    /// As of some moment.
    #[inline]
    pub(crate) fn offers_enough(&self) -> bool {
        self.offers_enough.load(Ordering::Relaxed)
    }

    /// Nothing is on offer, as of some moment.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.load(Ordering::Relaxed) == 0
    }

    /// Member: offers a job.
    pub(crate) fn push(&self, job: JobRef) {
        self.change(|inside| inside.push(Offer::Job(job)));
    }

    /// Member: takes the youngest entry back if it is this job. Else a thief has it.
    pub(crate) fn take_back(&self, job: *const Header) -> bool {
        self.change(|inside| {
            let is_there = matches!(
                inside.entries.back(),
                Some(Entry { offer: Offer::Job(youngest), .. }) if youngest.is(job)
            );
            if is_there {
                inside.entries.pop_back();
                inside.jobs -= 1;
                inside.most_jobs =
                    if inside.jobs == 0 { OFFERS } else { inside.most_jobs.max(2) - 1 };
            }
            is_there
        })
    }

    /// Member: offers what is, and will be, in a scope's queue.
    pub(crate) fn open(&self, queue: Queue) {
        self.change(|inside| inside.push(Offer::Jobs(queue)));
    }

    /// Member: the scope that was opened last ends.
    pub(crate) fn close(&self, queue: &Queue) {
        let closed = self.change(|inside| inside.entries.pop_back());
        if !matches!(closed, Some(Entry { offer: Offer::Jobs(last), .. }) if last.is(queue)) {
            cortado_probe::stop("D1", "a scope ended before what was begun within it");
        }
    }

    /// Member: begins to run a job for somebody else.
    pub(crate) fn begin_frame(&self, origin: usize) {
        self.inside.lock().frames.push(origin);
    }

    /// Member: that job has run.
    pub(crate) fn end_frame(&self) {
        self.inside.lock().frames.pop();
    }

    /// Thief: the oldest job.
    pub(crate) fn steal(&self, thief: usize) -> Option<JobRef> {
        if self.is_empty() {
            return None;
        }
        self.change(|inside| inside.take(0, thief))
    }

    /// Who waits for `origin`: the oldest job that descends from it.
    pub(crate) fn steal_descendant(&self, origin: usize, thief: usize) -> Option<JobRef> {
        if self.is_empty() {
            return None;
        }
        self.change(|inside| {
            let frame = inside.frames.iter().position(|frame| *frame == origin)?;
            inside.take(frame + 1, thief)
        })
    }

    /// There is a job that a thief could take.
    pub(crate) fn has_job(&self) -> bool {
        !self.is_empty() && self.inside.lock().entries.iter().any(|entry| entry.offer.has_job())
    }

    fn change<R>(&self, change: impl FnOnce(&mut Inside) -> R) -> R {
        let mut inside = self.inside.lock();
        let result = change(&mut inside);
        self.offers_enough.store(inside.jobs >= inside.most_jobs, Ordering::Relaxed);
        self.entries.store(inside.entries.len(), Ordering::Relaxed);
        result
    }
}

impl Inside {
    fn new() -> Inside {
        Inside { entries: VecDeque::new(), jobs: 0, most_jobs: OFFERS, frames: Vec::new() }
    }

    fn push(&mut self, offer: Offer) {
        let depth = self.frames.len();
        self.jobs += usize::from(matches!(offer, Offer::Job(_)));
        self.entries.push_back(Entry { depth, offer });
    }

    /// The oldest job among the entries of at least `depth`.
    fn take(&mut self, depth: usize, thief: usize) -> Option<JobRef> {
        let index =
            self.entries.iter().position(|entry| entry.depth >= depth && entry.offer.has_job())?;
        if let Offer::Jobs(queue) = &self.entries[index].offer {
            return queue.pop_front();
        }
        let Some(Entry { offer: Offer::Job(job), .. }) = self.entries.remove(index) else {
            return None;
        };
        self.jobs -= 1;
        self.most_jobs = OFFERS;
        job.taken_by(thief);
        Some(job)
    }
}

impl Offer {
    fn has_job(&self) -> bool {
        match self {
            Offer::Job(_) => true,
            Offer::Jobs(queue) => !queue.is_empty(),
        }
    }
}
