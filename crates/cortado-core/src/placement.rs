//! Placement: which lane a task belongs to, by the CPU time that it and its like have used lately.
//!
//! A task's *load* is the CPU time of its long polls, halved every so often. In the wait lane the
//! monitor's samples charge it; in the work lane each poll is measured. A task whose load passes a
//! limit moves to the work lane; there, each short poll halves the load, and a task whose load has
//! gone comes back. CPU time, never wall time: a task that waits, or whose thread is preempted, is
//! not charged.
//!
//! A *location* (the place in the program that spawns) has a score: up with each of its tasks that
//! computes, down with each poll that turns out short. While the score is high, new tasks from
//! there start in the work lane. That serves programs that make a fresh task for each computation,
//! whose tasks are over before they could move. A wrong guess costs one task the work lane's
//! latency, never a thread, and is forgotten as fast as it was learned.

use std::panic::Location;
use std::ptr;
use std::time::Instant;

use cortado_probe::{Event, Lane, emit};

use crate::shim::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crate::task::Header;
use crate::tuning::{
    BLOCKED_LOAD_US, LOAD_HALF_LIFE, LOCATION_FOUND, LOCATION_HOT, LOCATION_MAX, LONG_POLL,
    MOVE_AT_US, RETURN_BELOW_US,
};
use crate::worker::Record;

/// Locations that can be told apart; further ones are not learned. A power of two.
const LOCATIONS: usize = 256;
/// How many places a location may stand in.
const PROBES: usize = 4;

/// The bits of a load that hold µs; the others count half-lives.
const US_BITS: u32 = 22;
const US_MASK: u32 = (1 << US_BITS) - 1;

/// Charged to a poll that is blocked in a call, in place of µs.
pub(crate) const BLOCKED_CHARGE: u32 = u32::MAX;

/// See the module.
pub(crate) struct Placement {
    /// Half-lives since the runtime was built; the monitor counts them.
    now: AtomicU32,
    begun: Instant,
    any_hot: AtomicBool,
    locations: Box<[Place]>,
    pub(crate) counts: Counts,
}

/// What was decided, for metrics.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) moves_to_work: AtomicU64,
    pub(crate) moves_to_wait: AtomicU64,
    pub(crate) starts_in_work: AtomicU64,
}

struct Place {
    location: AtomicUsize,
    score: AtomicU32,
}

impl Placement {
    pub(crate) fn new() -> Placement {
        let place = || Place { location: AtomicUsize::new(0), score: AtomicU32::new(0) };
        Placement {
            now: AtomicU32::new(0),
            begun: Instant::now(),
            any_hot: AtomicBool::new(false),
            locations: (0..LOCATIONS).map(|_| place()).collect(),
            counts: Counts::default(),
        }
    }

    /// Monitor: time goes on.
    pub(crate) fn tick(&self, now: Instant) {
        let half_lives = now.saturating_duration_since(self.begun).as_millis()
            / LOAD_HALF_LIFE.as_millis().max(1);
        self.now.store(half_lives as u32, Ordering::Relaxed);
    }

    /// A new task from `location` starts in the work lane.
    pub(crate) fn starts_in_work_lane(&self, location: &'static Location<'static>) -> bool {
        self.any_hot.load(Ordering::Relaxed)
            && self
                .find(location, false)
                .is_some_and(|place| place.score.load(Ordering::Relaxed) >= LOCATION_HOT)
    }

    /// What a task that starts in the work lane brings: enough to stay until it proves short.
    pub(crate) fn assume_computing(&self, task: &Header) {
        self.counts.starts_in_work.fetch_add(1, Ordering::Relaxed);
        self.load_to_stay(task);
    }

    /// The task goes from the wait lane to the work lane before its poll, for nobody knows it to be
    /// short, and stays there until it proves so.
    pub(crate) fn send_to_work_lane(&self, task: &Header) {
        self.load_to_stay(task);
        self.move_to_work_lane(task);
    }

    fn load_to_stay(&self, task: &Header) {
        task.load.store(self.pack(MOVE_AT_US), Ordering::Relaxed);
    }

    fn move_to_work_lane(&self, task: &Header) {
        if task.move_to_work_lane(true) {
            self.counts.moves_to_work.fetch_add(1, Ordering::Relaxed);
            emit(|| Event::TaskMoved { task: task.id(), to: Lane::Work });
        }
    }

    /// Worker: a poll of `task` has ended that is charged or measured. The task is still running,
    /// so a change of lane counts from its next wake on.
    pub(crate) fn poll_ended(&self, record: &Record, task: &Header) {
        let charge = if record.notice().take_charged() { record.charged_us() } else { 0 };
        let measured = record.notice().measures().then(|| record.cpu_us_of_poll());
        match (charge, measured) {
            (BLOCKED_CHARGE, _) => self.blocked(task),
            (_, Some(us)) => self.measured(us, task),
            (0, None) => {}
            (us, None) => {
                // Where the seat was freed, the monitor has raised the location already.
                if !record.notice().is_lost() {
                    self.found_computing(task.location());
                }
                self.charged(us, task);
            }
        }
    }

    /// The task's polls have been short, as far as is known; of one that was never polled nothing is.
    pub(crate) fn has_short_polls(&self, task: &Header) -> bool {
        task.was_polled() && self.unpack(task.load.load(Ordering::Relaxed)) == 0
    }

    /// A poll of a task from this location computes: its worker says so at its end, or the monitor when it
    /// frees its seat, since that end may never come.
    pub(crate) fn found_computing(&self, location: &'static Location<'static>) {
        self.raise(location, LOCATION_FOUND);
    }

    /// The poll was blocked in a call. That moves no task, since it is no CPU time, and counts only
    /// while threads are short.
    fn blocked(&self, task: &Header) {
        let load = self.unpack(task.load.load(Ordering::Relaxed)).max(BLOCKED_LOAD_US);
        task.load.store(self.pack(load), Ordering::Relaxed);
    }

    /// In the wait lane: the monitor found this poll computing.
    fn charged(&self, us: u32, task: &Header) {
        let load = self.unpack(task.load.load(Ordering::Relaxed)).saturating_add(us);
        task.load.store(self.pack(load), Ordering::Relaxed);
        if load >= MOVE_AT_US {
            self.move_to_work_lane(task);
        }
    }

    /// In the work lane, where each poll is measured.
    fn measured(&self, us: u32, task: &Header) {
        let load = self.unpack(task.load.load(Ordering::Relaxed));
        if us >= LONG_POLL.as_micros() as u32 {
            self.raise(task.location(), 1);
            task.load.store(self.pack(load.saturating_add(us)), Ordering::Relaxed);
            return;
        }
        self.lower(task.location());
        let load = load / 2;
        task.load.store(self.pack(load), Ordering::Relaxed);
        if load < RETURN_BELOW_US && task.move_to_work_lane(false) {
            self.counts.moves_to_wait.fetch_add(1, Ordering::Relaxed);
            emit(|| Event::TaskMoved { task: task.id(), to: Lane::Wait });
        }
    }

    fn pack(&self, us: u32) -> u32 {
        // The cap keeps a task that has computed for long from needing long to come back.
        self.now.load(Ordering::Relaxed) << US_BITS | us.min(2 * MOVE_AT_US).min(US_MASK)
    }

    fn unpack(&self, load: u32) -> u32 {
        let then = load >> US_BITS;
        let age = self.now.load(Ordering::Relaxed).wrapping_sub(then) & (u32::MAX >> US_BITS);
        (load & US_MASK).checked_shr(age).unwrap_or(0)
    }

    fn raise(&self, location: &'static Location<'static>, by: u32) {
        let Some(place) = self.find(location, true) else { return };
        let raised = (place.score.load(Ordering::Relaxed) + by).min(LOCATION_MAX);
        place.score.store(raised, Ordering::Relaxed);
        if raised >= LOCATION_HOT {
            self.any_hot.store(true, Ordering::Relaxed);
        }
    }

    fn lower(&self, location: &'static Location<'static>) {
        let Some(place) = self.find(location, false) else { return };
        let score = place.score.load(Ordering::Relaxed);
        place.score.store(score.saturating_sub(1), Ordering::Relaxed);
    }

    /// Scores are guesses: two threads that change one at once may lose a step, which is all right.
    fn find(&self, location: &'static Location<'static>, add: bool) -> Option<&Place> {
        let address = ptr::from_ref(location) as usize;
        let start = (address >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as usize) >> 40;
        for probe in 0..PROBES {
            let place = &self.locations[(start + probe) % LOCATIONS];
            let there = place.location.load(Ordering::Relaxed);
            if there == address {
                return Some(place);
            }
            let free = there == 0 && add;
            if free && self.claim(place, address) {
                return Some(place);
            }
        }
        None
    }

    fn claim(&self, place: &Place, address: usize) -> bool {
        let claimed =
            place.location.compare_exchange(0, address, Ordering::Relaxed, Ordering::Relaxed);
        claimed.map_or_else(|there| there == address, |_| true)
    }
}
