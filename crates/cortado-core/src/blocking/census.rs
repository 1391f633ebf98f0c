//! The census of the blocking pool: its counts in one word, so that every decision is one step.

use super::BlockingMetrics;
use crate::shim::atomic::AtomicU64;
use crate::shim::atomic::Ordering::{AcqRel, Acquire};

/// Above this many threads the word has no room; it is beyond what one process can have.
const MOST_THREADS: usize = (1 << 15) - 1;

/// See the module.
pub(super) struct Census {
    word: AtomicU64,
    max_threads: u16,
}

/// The counts. In the word: `queued` in the low half, then `idle`, `threads`, and the closed bit.
#[derive(Clone, Copy)]
struct Counts {
    queued: u32,
    idle: u16,
    threads: u16,
    closed: bool,
}

/// What a job that was queued needs now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Needed {
    /// A permit: an idle thread will take it.
    Permit,
    /// A thread, which is counted from here on.
    Thread,
    /// Nothing: all threads are busy, and as many as there may be.
    Nothing,
    /// The pool was closed: the queue is to be dropped again.
    Drop,
}

/// What a thread of the pool does now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Run a job: one is claimed.
    Run,
    /// Wait for a permit: the thread counts as idle.
    Rest,
    /// End: the thread is not counted any more.
    End,
}

impl Counts {
    fn unpack(word: u64) -> Counts {
        Counts {
            queued: word as u32,
            idle: (word >> 32) as u16,
            threads: (word >> 48) as u16 & MOST_THREADS as u16,
            closed: word >> 63 == 1,
        }
    }

    fn pack(self) -> u64 {
        u64::from(self.queued)
            | u64::from(self.idle) << 32
            | u64::from(self.threads) << 48
            | u64::from(self.closed) << 63
    }

    /// Takes a job, or ends where the pool is closed; `None` where there is no job.
    fn claim(&mut self) -> Option<Next> {
        if self.closed {
            self.threads -= 1;
            return Some(Next::End);
        }
        self.queued = self.queued.checked_sub(1)?;
        Some(Next::Run)
    }
}

impl Census {
    pub(super) fn new(max_threads: usize) -> Census {
        let max_threads = max_threads.clamp(1, MOST_THREADS) as u16;
        Census { word: AtomicU64::new(0), max_threads }
    }

    /// Counts a job that is in the queue already.
    pub(super) fn submit(&self) -> Needed {
        self.step(|counts| {
            if counts.closed {
                return Needed::Drop;
            }
            counts.queued += 1;
            if counts.queued <= u32::from(counts.idle) {
                Needed::Permit
            } else if counts.threads < self.max_threads {
                counts.threads += 1;
                Needed::Thread
            } else {
                Needed::Nothing
            }
        })
    }

    /// For a thread that has just begun, or has run a job.
    pub(super) fn claim_or_rest(&self) -> Next {
        self.step(|counts| {
            counts.claim().unwrap_or_else(|| {
                counts.idle += 1;
                Next::Rest
            })
        })
    }

    /// For an idle thread that has a permit.
    pub(super) fn claim_or_stay(&self) -> Next {
        self.step(|counts| match counts.claim() {
            Some(next) => {
                counts.idle -= 1;
                next
            }
            None => Next::Rest,
        })
    }

    /// For an idle thread that has waited long enough.
    pub(super) fn claim_or_end(&self) -> Next {
        self.step(|counts| {
            counts.idle -= 1;
            counts.claim().unwrap_or_else(|| {
                counts.threads -= 1;
                Next::End
            })
        })
    }

    /// For a thread that could not be made: true where it is to be tried again. Else it is not
    /// counted any more.
    pub(super) fn still_needed(&self) -> bool {
        self.step(|counts| {
            let needed = counts.queued > u32::from(counts.idle);
            counts.threads -= u16::from(!needed);
            needed
        })
    }

    /// Closes the pool and counts the queue as empty. True for the one who closed it.
    pub(super) fn close(&self) -> bool {
        self.step(|counts| {
            counts.queued = 0;
            !std::mem::replace(&mut counts.closed, true)
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.counts().closed
    }

    pub(super) fn metrics(&self) -> BlockingMetrics {
        let Counts { queued, idle, threads, closed: _ } = self.counts();
        BlockingMetrics {
            threads: usize::from(threads),
            idle: usize::from(idle),
            queued: queued as usize,
            max_threads: usize::from(self.max_threads),
        }
    }

    fn counts(&self) -> Counts {
        Counts::unpack(self.word.load(Acquire))
    }

    /// Changes the counts in one step.
    fn step<R>(&self, change: impl Fn(&mut Counts) -> R) -> R {
        let mut word = self.word.load(Acquire);
        loop {
            let mut counts = Counts::unpack(word);
            let result = change(&mut counts);
            match self.word.compare_exchange_weak(word, counts.pack(), AcqRel, Acquire) {
                Ok(_) => return result,
                Err(now) => word = now,
            }
        }
    }
}
