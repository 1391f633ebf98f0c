//! The crew: how many threads of a runtime run jobs, and how many of them look for one.
//!
//! *Present* is whoever runs jobs or looks for some, and whoever was sent for and is still to come;
//! there are as many as seats, and for a moment more where a thread comes back from a wait.
//! *Searching* are those of them that look.
//!
//! **The race** is that of every sleep protocol: who offers a job makes it visible and then reads the
//! counts; who finds none takes itself out of the counts and then looks once more. Between the two
//! steps each has a sequentially consistent fence, so not both can miss the other: either the job is
//! seen, or a thief is sent for.

use crate::shim::atomic::{AtomicU64, Ordering, fence};

const SEARCHING: u64 = 1;
const PRESENT: u64 = 1 << 32;
const HALF: u64 = PRESENT - 1;

/// See the module.
pub(crate) struct Crew {
    seats: u64,
    /// Present ones in the high half, searching ones in the low.
    counts: AtomicU64,
}

impl Crew {
    pub(crate) fn new(seats: usize) -> Crew {
        Crew { seats: seats as u64, counts: AtomicU64::new(0) }
    }

    pub(crate) fn seats(&self) -> usize {
        self.seats as usize
    }

    /// A job was made visible: true where the caller sends for a thief, which is counted from here on.
    pub(crate) fn needs_thief(&self) -> bool {
        fence(Ordering::SeqCst);
        let mut now = self.counts.load(Ordering::SeqCst);
        loop {
            if now >> 32 >= self.seats || now & HALF != 0 {
                return false;
            }
            let next = now + PRESENT + SEARCHING;
            match self.counts.compare_exchange(now, next, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return true,
                Err(changed) => now = changed,
            }
        }
    }

    /// A thread comes that has something to run, or comes back from a wait.
    pub(crate) fn come(&self) {
        self.counts.fetch_add(PRESENT, Ordering::SeqCst);
    }

    /// A thread goes that has not searched. It must look whether a job waits that it kept a thief from.
    pub(crate) fn go(&self) {
        self.counts.fetch_sub(PRESENT, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// A thread has run its job, and searches.
    pub(crate) fn search(&self) {
        self.counts.fetch_add(SEARCHING, Ordering::SeqCst);
    }

    /// A searcher has found a job. True: it was the last one, and looks whether another is wanted.
    pub(crate) fn found(&self) -> bool {
        let before = self.counts.fetch_sub(SEARCHING, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        before & HALF == 1
    }

    /// A searcher has found nothing, and goes. It must look once more.
    pub(crate) fn give_up(&self) {
        self.counts.fetch_sub(PRESENT + SEARCHING, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }
}
