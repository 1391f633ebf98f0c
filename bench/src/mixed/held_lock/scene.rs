//! What the tasks of both lanes do and count, alike in every runtime.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use hdrhistogram::Histogram;

use super::super::figures::{self, nanoseconds};
use super::super::units;
use crate::latency::{Percentiles, histogram, percentiles};

/// What a task of the wait lane computes in a poll, far below what counts as a long one.
const SHORT_US: u64 = 10;
/// It locks in one of so many polls, and holds the lock for so long.
const LOCKS_EVERY: u64 = 100;
const HELD_SHORTLY_US: u64 = 1;
/// What a task of the work lane computes in a turn, without the lock and with it.
const LONG_US: u64 = 900;
const HELD_US: u64 = 100;

/// Tasks for each core. Those of the wait lane are more than its seats, so that it has something to do
/// also while some of them wait for the lock.
const WAITING_PER_CORE: usize = 4;
const COMPUTING_PER_CORE: usize = 2;

/// Before it nothing is counted: threads are made, and runtimes learn.
const WARM_UP: Duration = Duration::from_millis(500);

const BEGINNING: u8 = 0;
const MEASURED: u8 = 1;
const OVER: u8 = 2;

/// The lock, and who takes it.
pub(super) struct Scene {
    lock: Mutex<()>,
    phase: AtomicU8,
    units_per_ms: u64,
    cores: usize,
    /// Takers that have not ended.
    living: AtomicUsize,
    wait: Side,
    work: Side,
}

/// What the tasks of one lane found.
struct Side {
    units: AtomicU64,
    waits: Mutex<Histogram<u64>>,
    longest_turn_ns: AtomicU64,
}

/// The same as figures.
pub(super) struct Found {
    /// Of the waits for the lock.
    pub(super) waits: Percentiles,
    /// Of all cores, in percent of what they compute when idle.
    pub(super) share: f64,
    /// The longest from the end of a turn of a task to the end of its next one.
    pub(super) longest_turn: Duration,
}

impl Scene {
    pub(super) fn new(units_per_ms: u64, cores: usize) -> Arc<Scene> {
        let [wait, work] = [(); 2].map(|()| Side {
            units: AtomicU64::new(0),
            waits: Mutex::new(histogram()),
            longest_turn_ns: AtomicU64::new(0),
        });
        Arc::new(Scene {
            lock: Mutex::new(()),
            phase: AtomicU8::new(BEGINNING),
            units_per_ms,
            cores,
            living: AtomicUsize::new(0),
            wait,
            work,
        })
    }

    pub(super) fn notes() -> Vec<String> {
        vec![
            format!(
                "{WAITING_PER_CORE} tasks a core that compute {SHORT_US} us a poll, and hold the lock \
                 for {HELD_SHORTLY_US} us in one of {LOCKS_EVERY} polls; {COMPUTING_PER_CORE} a core \
                 that compute {LONG_US} us, and then {HELD_US} us with the lock"
            ),
            "where work is lowered, what nice +10 leaves it beside one busy thread is 9.7 %"
                .to_owned(),
        ]
    }

    /// Those who wait in the wait lane.
    pub(super) fn waiting(self: &Arc<Self>) -> impl Iterator<Item = Taker> {
        self.takers(WAITING_PER_CORE, false)
    }

    /// Those who compute.
    pub(super) fn computing(self: &Arc<Self>) -> impl Iterator<Item = Taker> {
        self.takers(COMPUTING_PER_CORE, true)
    }

    fn takers(self: &Arc<Self>, per_core: usize, computes: bool) -> impl Iterator<Item = Taker> {
        let count = per_core * self.cores;
        (0..count).map(move |index| {
            self.living.fetch_add(1, Ordering::Relaxed);
            // They do not all lock in the same turn.
            let turns = index as u64 * LOCKS_EVERY / count as u64;
            let (scene, ended) = (Arc::clone(self), Instant::now());
            Taker { scene, computes, turns, ended, waits: histogram() }
        })
    }

    /// Lets the tasks run, counts for so long, and waits for the end of all of them. What the lanes
    /// found, the wait lane first, and how many threads the process had.
    pub(super) fn watch(&self, measured: Duration) -> Result<([Found; 2], usize)> {
        thread::sleep(WARM_UP);
        let began = Instant::now();
        self.phase.store(MEASURED, Ordering::Relaxed);
        thread::sleep(measured);
        self.phase.store(OVER, Ordering::Relaxed);
        let (lasted, threads) = (began.elapsed(), figures::threads()?);
        // Who waits for the lock by now counts with the time until it gets it.
        while self.living.load(Ordering::Acquire) > 0 {
            thread::sleep(Duration::from_millis(1));
        }
        Ok((self.found(lasted), threads))
    }

    fn found(&self, lasted: Duration) -> [Found; 2] {
        let all_units = self.units_of(lasted.as_micros() as u64) as f64 * self.cores as f64;
        [&self.wait, &self.work].map(|side| Found {
            waits: percentiles(&locked(&side.waits)),
            share: 100.0 * side.units.load(Ordering::Relaxed) as f64 / all_units,
            longest_turn: Duration::from_nanos(side.longest_turn_ns.load(Ordering::Relaxed)),
        })
    }

    fn units_of(&self, us: u64) -> u64 {
        self.units_per_ms * us / 1000
    }

    fn is_in(&self, phase: u8) -> bool {
        self.phase.load(Ordering::Relaxed) == phase
    }
}

/// A task that takes the lock again and again.
pub(super) struct Taker {
    scene: Arc<Scene>,
    computes: bool,
    turns: u64,
    /// When its last turn ended.
    ended: Instant,
    waits: Histogram<u64>,
}

impl Taker {
    /// One turn. False: it was the last one.
    pub(super) fn turn(&mut self) -> bool {
        self.turns += 1;
        if self.computes {
            self.compute(LONG_US);
            self.compute_locked(HELD_US);
        } else {
            self.compute(SHORT_US);
            if self.turns.is_multiple_of(LOCKS_EVERY) {
                self.compute_locked(HELD_SHORTLY_US);
            }
        }
        let now = Instant::now();
        let lasted = now - self.ended;
        self.ended = now;
        if self.scene.is_in(MEASURED) {
            self.side().longest_turn_ns.fetch_max(nanoseconds(lasted), Ordering::Relaxed);
        }
        !self.scene.is_in(OVER)
    }

    fn compute_locked(&mut self, us: u64) {
        let (scene, began) = (Arc::clone(&self.scene), Instant::now());
        let counts = scene.is_in(MEASURED);
        let guard = locked(&scene.lock);
        if counts {
            self.waits.saturating_record(nanoseconds(began.elapsed()).max(1));
        }
        self.compute(us);
        drop(guard);
    }

    fn compute(&self, us: u64) {
        let units = self.scene.units_of(us);
        units::compute(units);
        if self.scene.is_in(MEASURED) {
            self.side().units.fetch_add(units, Ordering::Relaxed);
        }
    }

    fn side(&self) -> &Side {
        if self.computes { &self.scene.work } else { &self.scene.wait }
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        let added = locked(&self.side().waits).add(&self.waits);
        added.expect("all histograms have the same bounds");
        self.scene.living.fetch_sub(1, Ordering::Release);
    }
}

/// Takes the lock, whoever panicked under it.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_before_the_window_does_not_count() {
        let scene = Scene::new(1_000, 1);
        let mut takers: Vec<_> = scene.waiting().chain(scene.computing()).collect();
        let mut turns = |count| {
            for taker in &mut takers {
                (0..count).for_each(|_| assert!(taker.turn()));
            }
        };
        turns(1);
        scene.phase.store(MEASURED, Ordering::Relaxed);
        turns(LOCKS_EVERY);
        scene.phase.store(OVER, Ordering::Relaxed);
        takers.iter_mut().for_each(|taker| assert!(!taker.turn(), "the window is over"));
        drop(takers);
        assert_eq!(scene.living.load(Ordering::Relaxed), 0);
        // A second of one core: of the wait lane, 100 polls of 10 us and 1 us with the lock, four times;
        // of the work lane, 100 turns of 1 ms, twice.
        let [wait, work] = scene.found(Duration::from_secs(1));
        assert!((0.39..0.42).contains(&wait.share), "{}", wait.share);
        assert!((19.9..20.1).contains(&work.share), "{}", work.share);
        assert!(wait.waits.max > 0.0 && work.waits.max > 0.0);
        assert!(work.longest_turn > Duration::ZERO);
    }
}
