//! A thread aboard: it has a place in the pool, offers jobs, and waits for those that were taken.

use std::hint;
use std::sync::Arc;

use cortado_core::work::Standing;

use crate::job::{Header, JobRef};
use crate::latch::Latch;
use crate::pool::{Member, Pool};
use crate::queue::Queue;
use crate::thief::Sender;
use crate::tuning::{PAUSES, WAIT_LOOKS};

/// See the module. Dropped when the thread goes.
pub(crate) struct Aboard {
    pool: Arc<Pool>,
    index: usize,
    /// A thread from the wait lane has no seat while it is aboard.
    _standing: Option<Standing>,
}

impl Aboard {
    /// Takes a place for a thread that the crew counts as present from here on. One from the wait lane
    /// gives its seat up.
    pub(crate) fn come(pool: &Arc<Pool>, is_from_wait_lane: bool) -> Option<Aboard> {
        let index = pool.take_place()?;
        pool.crew.come();
        let standing = is_from_wait_lane.then(Standing::new);
        Some(Aboard { pool: pool.clone(), index, _standing: standing })
    }

    /// For a thief, whom the crew counts already.
    pub(crate) fn sent(pool: &Arc<Pool>) -> Option<Aboard> {
        let index = pool.take_place()?;
        Some(Aboard { pool: pool.clone(), index, _standing: None })
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub(crate) fn member(&self) -> &Member {
        self.pool.member(self.index)
    }

    /// Offers a job to thieves, where there is room.
    pub(crate) fn offer(&self, job: JobRef) -> bool {
        let is_offered = self.member().deque.push(job);
        if is_offered {
            self.pool.send_for_thief(Sender::Computes);
        }
        is_offered
    }

    /// Takes the job back that was offered last; false where a thief has it.
    pub(crate) fn take_back(&self, job: *const Header) -> bool {
        self.member().deque.take_back(job)
    }

    /// Steals any job.
    pub(crate) fn steal(&self) -> Option<JobRef> {
        self.pool.steal(self.index)
    }

    /// Runs a job of another member.
    pub(crate) fn run(&self, job: JobRef) {
        let deque = &self.member().deque;
        deque.begin_frame(job.origin());
        job.run();
        deque.end_frame();
    }

    /// Waits for a job that was stolen, by running what descends from it.
    pub(crate) fn wait(&self, latch: &Latch, origin: usize, taker: impl Fn() -> Option<usize>) {
        let descendant = || {
            let taker = self.pool.member(taker()?);
            taker.deque.steal_descendant(origin, self.index)
        };
        self.look(latch, descendant);
        if !latch.is_set() {
            self.stand_aside(|| latch.wait());
        }
    }

    /// Waits for the jobs of a scope, whose own queue is `queue`.
    pub(crate) fn wait_for_scope(&self, latch: &Latch, origin: usize, queue: &Queue) {
        while !latch.is_set() {
            while let Some(job) = queue.pop_back() {
                job.run();
            }
            self.look(latch, || {
                let stolen = || self.pool.steal_descendant(origin, self.index);
                queue.pop_back().or_else(stolen)
            });
            if !latch.is_set() {
                self.stand_aside(|| latch.wait_or_nudge(|| !queue.is_empty()));
            }
        }
    }

    /// Runs what `next` finds until the latch is set or nothing was found for a while.
    fn look(&self, latch: &Latch, next: impl Fn() -> Option<JobRef>) {
        let mut looks = 0;
        while looks < WAIT_LOOKS && !latch.is_set() {
            if let Some(job) = next() {
                self.run(job);
                looks = 0;
            } else {
                looks += 1;
                (0..PAUSES).for_each(|_| hint::spin_loop());
            }
        }
    }

    /// Waits without a seat, so that another thread can run jobs or tasks meanwhile.
    fn stand_aside(&self, wait: impl FnOnce()) {
        self.pool.crew.go();
        self.pool.look_again(Sender::Leaves);
        let standing = Standing::new();
        wait();
        drop(standing);
        self.pool.crew.come();
    }
}

impl Drop for Aboard {
    fn drop(&mut self) {
        if !self.member().deque.is_empty() {
            cortado_probe::stop("D2", "a thread left the pool with jobs on offer");
        }
        self.member().give_back();
        self.pool.crew.go();
        self.pool.look_again(Sender::Leaves);
    }
}
