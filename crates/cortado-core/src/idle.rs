//! Idle: which workers of a lane are awake, which of them search for work, which sleep.
//!
//! # Essay: the sleep protocol
//!
//! **Nouns.** An *active* worker holds a seat of the lane; there are at most `seats` of them. A
//! *searching* worker is active and looks for work. A *sleeper* holds no seat; its bit is set in
//! the sleepers' set. A *grant* is a seat, counted as active and searching, that is on its way to
//! a sleeper.
//!
//! **Invariants.**
//! - S1: `active` and `searching` change only together with what they count: a worker's falling
//!   asleep, a grant, a freed seat; `active <= seats` at every moment.
//! - S2: a sleeper's bit is cleared by exactly one thread: a waker, which thereby gives its grant
//!   away, or the sleeper itself.
//! - S3: whoever makes work visible does it before `begin_wake`; whoever falls asleep announces
//!   that before it looks for work once more.
//!
//! **Protocol of the waker.** (1) Make the work visible. (2) Fence. (3) Read the counts: where
//! somebody searches, or every seat is taken, stop: they will look. (4) Else count a grant by one
//! compare-exchange. (5) Clear a sleeper's bit, which gives the grant to it, and rouse its thread;
//! where nobody sleeps, start a thread with the grant, or take the grant back and look again
//! whether somebody fell asleep meanwhile. Where the system makes no thread, the grant counts as a
//! searcher that does not come: each failed attempt gives it to whoever sleeps by then.
//!
//! **Protocol of the sleeper.** (1) Set the own bit. (2) Give up the seat: `active - 1`, and
//! `searching - 1`. (3) Fence. (4) Look for work once more. If there is some, clear the own bit
//! and take a seat again; if the bit is clear already, a grant has come. (5) Else wait until the
//! bit is clear.
//!
//! **The race** is that of Dekker: the waker writes work and reads the counts, the sleeper writes
//! the counts and reads the work. With a sequentially consistent fence between on both sides, not
//! both can miss the other: either the waker sees no searcher and wakes someone, or the sleeper
//! sees the work. A searcher that finds something and stops searching looks whether more waits,
//! and passes the search on; that covers what was made visible while it counted as the searcher.
//! Work in a worker's own queue needs less: the worker itself is awake, so for such work the waker
//! does without the fence where (3) tells it to stop.
//!
//! **Rejected.** Waking a thread for each task that becomes ready: tokio#8065 (8.5 % more CPU time)
//! and slim#1603 (29 to 32 % less throughput). More than one searcher: it finds the same queues
//! empty.

use crate::shim::atomic::{AtomicU64, Ordering, fence};

const SEARCHING: u64 = 1;
const ACTIVE: u64 = 1 << 32;
const HALF: u64 = ACTIVE - 1;

/// See the module.
pub(crate) struct Idle {
    seats: u64,
    /// Active workers in the high half, searching ones in the low.
    counts: AtomicU64,
    sleepers: Box<[AtomicU64]>,
}

/// A seat that was counted for somebody who does not have it yet. It must reach a worker.
#[must_use]
pub(crate) struct Grant(());

/// A worker counts as searching. It must stop by finding work or by falling asleep.
#[must_use]
pub(crate) struct Searching(());

impl Grant {
    /// The worker has its seat, and searches.
    pub(crate) fn accept(self) -> Searching {
        Searching(())
    }
}

impl Idle {
    /// For a lane with so many seats. Its workers have numbers below `workers`.
    pub(crate) fn new(seats: usize, workers: usize) -> Idle {
        let sleepers = (0..workers.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Idle { seats: seats as u64, counts: AtomicU64::new(0), sleepers }
    }

    /// How many workers hold a seat.
    pub(crate) fn active(&self) -> usize {
        (self.counts.load(Ordering::Relaxed) >> 32) as usize
    }

    /// At most one worker searches, as of some moment during the call.
    pub(crate) fn searches_alone(&self) -> bool {
        self.counts.load(Ordering::Relaxed) & HALF <= SEARCHING
    }

    /// How many seats there are.
    pub(crate) fn seats(&self) -> usize {
        self.seats as usize
    }

    /// Work was made visible: a grant where somebody should be woken for it.
    pub(crate) fn begin_wake(&self) -> Option<Grant> {
        fence(Ordering::SeqCst);
        self.take_seat(true)
    }

    /// As `begin_wake`, for work in the caller's own queue, without the fence where nobody seems to be
    /// wanted. What the caller then takes for a searcher or a taken seat may be about to sleep, and
    /// miss the work: no more than a moment of parallelism is lost, since the caller itself will come
    /// to its queue, or calls this again, or is found by the monitor.
    pub(crate) fn begin_wake_for_own(&self) -> Option<Grant> {
        let now = self.counts.load(Ordering::Relaxed);
        if now >> 32 >= self.seats || now & HALF != 0 { None } else { self.begin_wake() }
    }

    /// A worker that is awake without a seat takes one, where one is free.
    pub(crate) fn take_free_seat(&self) -> Option<Grant> {
        self.take_seat(false)
    }

    /// Takes a free seat, to search. With `alone`, only where nobody searches.
    fn take_seat(&self, alone: bool) -> Option<Grant> {
        let mut now = self.counts.load(Ordering::SeqCst);
        loop {
            if now >> 32 >= self.seats || (alone && now & HALF != 0) {
                return None;
            }
            let next = now + ACTIVE + SEARCHING;
            match self.counts.compare_exchange(now, next, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return Some(Grant(())),
                Err(changed) => now = changed,
            }
        }
    }

    /// Chooses the sleeper that a grant goes to. Without one, the grant comes back.
    pub(crate) fn choose_sleeper(&self, grant: Grant) -> Result<usize, Grant> {
        for (index, word) in self.sleepers.iter().enumerate() {
            let mut now = word.load(Ordering::SeqCst);
            while now != 0 {
                let bit = 1 << now.trailing_zeros();
                now = word.fetch_and(!bit, Ordering::SeqCst);
                if now & bit != 0 {
                    let Grant(()) = grant;
                    return Ok(index * 64 + bit.trailing_zeros() as usize);
                }
            }
        }
        Err(grant)
    }

    /// Takes a grant back that nobody can use.
    pub(crate) fn cancel(&self, grant: Grant) {
        let Grant(()) = grant;
        self.counts.fetch_sub(ACTIVE + SEARCHING, Ordering::SeqCst);
        // Whoever stopped because of this grant has made its work visible by now, or its bit.
        fence(Ordering::SeqCst);
    }

    /// One of those who sleep.
    pub(crate) fn first_sleeper(&self) -> Option<usize> {
        let words = self.sleepers.iter().map(|word| word.load(Ordering::SeqCst));
        let (index, word) = words.enumerate().find(|(_, word)| *word != 0)?;
        Some(index * 64 + word.trailing_zeros() as usize)
    }

    /// How many sleep.
    pub(crate) fn sleeping(&self) -> usize {
        self.sleepers.iter().map(|word| word.load(Ordering::Relaxed).count_ones() as usize).sum()
    }

    /// The worker becomes a sleeper. Its seat was given up before, or it had none.
    pub(crate) fn announce(&self, worker: usize) {
        self.word(worker).fetch_or(bit(worker), Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// A searching worker, announced as a sleeper, gives its seat up; or it lost the seat already,
    /// and only stops counting as a searcher.
    pub(crate) fn give_up_seat(&self, searching: Searching, seat_is_lost: bool) {
        let Searching(()) = searching;
        let seat = if seat_is_lost { 0 } else { ACTIVE };
        self.counts.fetch_sub(seat + SEARCHING, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// The grant that was given to a sleeper, if its bit was cleared. The sleeper asks, and only
    /// until it has got one.
    pub(crate) fn granted(&self, worker: usize) -> Option<Grant> {
        if self.is_sleeping(worker) { None } else { Some(Grant(())) }
    }

    /// Nobody has granted the sleeper a seat.
    pub(crate) fn is_sleeping(&self, worker: usize) -> bool {
        self.word(worker).load(Ordering::SeqCst) & bit(worker) != 0
    }

    /// A sleeper found work by itself: takes a seat if there is one. Without a free seat the worker
    /// goes on sleeping, since `seats` others are awake.
    pub(crate) fn try_rise(&self, worker: usize) -> Option<Grant> {
        let grant = self.take_seat(false)?;
        if self.word(worker).fetch_and(!bit(worker), Ordering::SeqCst) & bit(worker) != 0 {
            return Some(grant);
        }
        // A waker was quicker; its grant is ours, and one is enough.
        self.cancel(grant);
        Some(Grant(()))
    }

    /// The worker stops being a sleeper, to end its thread. False: a grant has come instead.
    pub(crate) fn withdraw(&self, worker: usize) -> bool {
        self.word(worker).fetch_and(!bit(worker), Ordering::SeqCst) & bit(worker) != 0
    }

    /// A searching worker has found something to run.
    /// True: it was the last searcher, and must wake another one if more work waits.
    pub(crate) fn stop_searching(&self, searching: Searching) -> bool {
        let Searching(()) = searching;
        let before = self.counts.fetch_sub(SEARCHING, Ordering::SeqCst);
        let last = before & HALF == 1;
        if last {
            // Between the count and the look for more work, as when falling asleep.
            fence(Ordering::SeqCst);
        }
        last
    }

    /// An active worker has nothing left in its queue: it searches, also beside another one.
    pub(crate) fn start_searching(&self) -> Searching {
        self.counts.fetch_add(SEARCHING, Ordering::SeqCst);
        Searching(())
    }

    /// The monitor frees the seat of a worker that is stuck in a poll.
    pub(crate) fn free_seat(&self) {
        self.counts.fetch_sub(ACTIVE, Ordering::SeqCst);
    }

    fn word(&self, worker: usize) -> &AtomicU64 {
        &self.sleepers[worker / 64]
    }
}

fn bit(worker: usize) -> u64 {
    1 << (worker % 64)
}
