//! A worker's record: what thieves, wakers and the monitor may see and say of it.
//!
//! Invariant R1: `location` is null or comes from a `&'static Location`.

use std::panic::Location;
use std::ptr;
use std::time::Duration;

use cortado_probe::{Lane, WorkerId};

use crate::idle::{Grant, Searching};
use crate::park::Parker;
use crate::queue::Queue;
use crate::seat::Notice;
use crate::shim::atomic::{
    AtomicBool, AtomicI32, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering,
};
use crate::sys;
use crate::task::Header;
use crate::tuning::WORK_STALL_LIMIT;

/// Where a sleeper waits.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Place {
    Parker,
    Poller,
}

/// See the module. Aligned so that two workers' records never share a cache line.
#[repr(align(128))]
pub(crate) struct Record {
    index: usize,
    queue: Queue,
    notice: Notice,
    /// The worker queues what has become ready at once: nobody is woken for a part of it.
    gathers: AtomicBool,
    /// Twice the number of the last poll, plus one while it is under way; the first has number 1.
    /// Written by the worker, relaxed.
    poll: AtomicU64,
    task: AtomicU64,
    location: AtomicPtr<Location<'static>>,
    /// Written by the worker between its polls: its thread's CPU time, in ns.
    cpu_before: AtomicU64,
    /// What the monitor has charged: the poll's number in the high half, µs in the low.
    charge: AtomicU64,
    parker: Parker,
    place: AtomicU8,
    thread: AtomicI32,
    work_lane: AtomicBool,
    long_slice: AtomicBool,
    /// The number of the last poll that the monitor found to compute for long in the work lane.
    long_poll: AtomicU64,
    /// Written by the worker in the work lane: what its last poll used, in µs, plus one; 0 since it slept.
    used_us: AtomicU32,
    taken: AtomicBool,
}

/// What the monitor sees of a poll under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Poll {
    pub(crate) number: u64,
    pub(crate) task: u64,
    pub(crate) location: Option<&'static Location<'static>>,
}

impl Record {
    pub(crate) fn new(index: usize) -> Record {
        Record {
            index,
            queue: Queue::new(),
            notice: Notice::new(),
            gathers: AtomicBool::new(false),
            poll: AtomicU64::new(0),
            task: AtomicU64::new(0),
            location: AtomicPtr::new(ptr::null_mut()),
            cpu_before: AtomicU64::new(0),
            charge: AtomicU64::new(0),
            parker: Parker::new(),
            place: AtomicU8::new(Place::Parker as u8),
            thread: AtomicI32::new(0),
            work_lane: AtomicBool::new(false),
            long_slice: AtomicBool::new(false),
            long_poll: AtomicU64::new(0),
            used_us: AtomicU32::new(0),
            taken: AtomicBool::new(false),
        }
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn id(&self) -> WorkerId {
        WorkerId(self.index as u32)
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(crate) fn notice(&self) -> &Notice {
        &self.notice
    }

    pub(crate) fn parker(&self) -> &Parker {
        &self.parker
    }

    /// Worker: begins or ends to queue what has become ready at once.
    pub(crate) fn gather(&self, gathers: bool) {
        self.gathers.store(gathers, Ordering::Relaxed);
    }

    pub(crate) fn gathers(&self) -> bool {
        self.gathers.load(Ordering::Relaxed)
    }

    /// Notes whether the thread's time slice is lengthened.
    pub(crate) fn note_long_slice(&self, is_long: bool) {
        self.long_slice.store(is_long, Ordering::Relaxed);
    }

    pub(crate) fn has_long_slice(&self) -> bool {
        self.long_slice.load(Ordering::Relaxed)
    }

    /// Reserves the record for a new thread.
    pub(crate) fn take(&self) -> bool {
        !self.taken.swap(true, Ordering::Acquire)
    }

    /// The thread has ended, or was never made.
    pub(crate) fn give_back(&self) {
        self.thread.store(0, Ordering::Relaxed);
        self.taken.store(false, Ordering::Release);
    }

    /// The worker's thread begins, in this lane.
    pub(crate) fn begin(&self, lane: Lane) {
        self.work_lane.store(lane == Lane::Work, Ordering::Relaxed);
        self.long_slice.store(false, Ordering::Relaxed);
        self.long_poll.store(0, Ordering::Relaxed);
        self.forget_used();
        self.thread.store(sys::thread_id(), Ordering::Release);
    }

    /// The worker takes the seat that was granted to it.
    pub(crate) fn sit(&self, lane: Lane, grant: Grant) -> Searching {
        let work = lane == Lane::Work;
        self.work_lane.store(work, Ordering::Relaxed);
        // One that sits down again in the middle of a poll goes on measuring it.
        if work && !self.is_polling() {
            self.cpu_before.store(sys::own_cpu_ns(), Ordering::Relaxed);
        }
        self.notice.sit(work);
        grant.accept()
    }

    /// The worker stands up. False: the monitor has taken its seat already.
    pub(crate) fn stand_up(&self) -> bool {
        self.notice.stand_up()
    }

    pub(crate) fn lane(&self) -> Lane {
        if self.work_lane.load(Ordering::Relaxed) { Lane::Work } else { Lane::Wait }
    }

    /// A poll begins. No clock is read: the monitor brings its own.
    pub(crate) fn begin_poll(&self, task: &Header, number: u64) {
        self.task.store(task.id().get(), Ordering::Relaxed);
        let location = ptr::from_ref(task.location()).cast_mut();
        self.location.store(location, Ordering::Relaxed);
        self.poll.store(number << 1 | 1, Ordering::Relaxed);
    }

    /// Worker: it polls a task.
    pub(crate) fn is_polling(&self) -> bool {
        self.poll.load(Ordering::Relaxed) & 1 == 1
    }

    /// The poll has ended. What follows is the runtime's own time, and is charged to no task.
    pub(crate) fn end_poll(&self) {
        let poll = self.poll.load(Ordering::Relaxed);
        self.poll.store(poll & !1, Ordering::Relaxed);
    }

    /// Monitor: how many polls the worker has begun.
    pub(crate) fn polls(&self) -> u64 {
        self.poll.load(Ordering::Relaxed) >> 1
    }

    /// Monitor: the poll under way, as far as relaxed loads can tell.
    pub(crate) fn poll_under_way(&self) -> Option<Poll> {
        let poll = self.poll.load(Ordering::Relaxed);
        if poll & 1 == 0 {
            return None;
        }
        let number = poll >> 1;
        let task = self.task.load(Ordering::Relaxed);
        // SAFETY: R1.
        let location = unsafe { self.location.load(Ordering::Relaxed).as_ref() };
        Some(Poll { number, task, location })
    }

    /// Worker: CPU time of its thread since the poll before ended, in µs.
    pub(crate) fn cpu_us_of_poll(&self) -> u32 {
        let now = sys::own_cpu_ns();
        let before = self.cpu_before.load(Ordering::Relaxed);
        self.cpu_before.store(now, Ordering::Relaxed);
        let used = u32::try_from(now.saturating_sub(before) / 1000).unwrap_or(u32::MAX);
        self.used_us.store(used.saturating_add(1), Ordering::Relaxed);
        used
    }

    /// The CPU time of the worker's last poll in the work lane, where it has not slept since.
    pub(crate) fn used(&self) -> Option<Duration> {
        let us = self.used_us.load(Ordering::Relaxed).checked_sub(1)?;
        Some(Duration::from_micros(us.into()))
    }

    /// Worker: it sleeps, and nobody knows how long its next poll will be.
    pub(crate) fn forget_used(&self) {
        self.used_us.store(0, Ordering::Relaxed);
    }

    /// Monitor: the poll `number`, in the work lane, computes for long.
    pub(crate) fn note_long_poll(&self, number: u64) {
        self.long_poll.store(number, Ordering::Relaxed);
    }

    /// The poll under way computes for long in the work lane, as the monitor found.
    pub(crate) fn computes_for_long(&self) -> bool {
        let long = self.long_poll.load(Ordering::Relaxed);
        self.poll.load(Ordering::Relaxed) == long << 1 | 1
    }

    /// It is likely to, since the one before did.
    pub(crate) fn is_likely_long(&self) -> bool {
        self.is_polling() && self.used() >= Some(WORK_STALL_LIMIT)
    }

    /// Monitor: the poll `number` has used `us` of CPU time.
    pub(crate) fn charge(&self, number: u64, us: u32) {
        self.charge.store(number << 32 | u64::from(us), Ordering::Release);
        self.notice.charge();
    }

    /// Worker: what the monitor has charged to the poll that ends now.
    pub(crate) fn charged_us(&self) -> u32 {
        let charge = self.charge.load(Ordering::Acquire);
        let number = self.poll.load(Ordering::Relaxed) >> 1;
        if charge >> 32 == number & u64::from(u32::MAX) { charge as u32 } else { 0 }
    }

    pub(crate) fn set_place(&self, place: Place) {
        self.place.store(place as u8, Ordering::SeqCst);
    }

    /// The worker waits in the poller, or is about to.
    pub(crate) fn waits_in_poller(&self) -> bool {
        self.place.load(Ordering::SeqCst) == Place::Poller as u8
    }

    /// The OS's number of the thread; 0 while there is none.
    pub(crate) fn thread(&self) -> i32 {
        self.thread.load(Ordering::Acquire)
    }
}
