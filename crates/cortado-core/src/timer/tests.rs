//! What the timers promise, without `Sleep`: order, exactness, never early, cheap cancel.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::seam::Clock;
use crate::timer::entry::{Armed, EntryRef};
use crate::timer::sleep::move_armed;
use crate::timer::wheel::TICK_NS;
use crate::timer::{BACKLOG, Timers, Wheel};

/// A clock that stands until it is told to go on.
#[derive(Default)]
pub(in crate::timer) struct ManualClock(AtomicU64);

impl ManualClock {
    pub(in crate::timer) fn set(&self, ns: u64) {
        self.0.store(ns, Ordering::SeqCst);
    }
}

pub(in crate::timer) fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        start() + Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

/// The timers alone, with entries that are known by number.
struct Bench {
    clock: Arc<ManualClock>,
    timers: Timers,
    wheel: Wheel,
    entries: BTreeMap<u64, EntryRef>,
}

impl Bench {
    fn new() -> Bench {
        let clock = Arc::new(ManualClock::default());
        let (timers, wheel) = Timers::new(clock.clone());
        Bench { clock, timers, wheel, entries: BTreeMap::new() }
    }

    fn insert(&mut self, number: u64, deadline: u64) {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(deadline), Armed::Post);
        self.timers.post(entry.clone());
        self.entries.insert(number, entry);
    }

    fn reset(&mut self, number: u64, deadline: u64) {
        let moved = move_armed(&self.timers, &self.entries[&number], deadline);
        moved.unwrap_or_else(|| panic!("{number} has fired"));
    }

    fn cancel(&mut self, number: u64) {
        let entry = self.entries.remove(&number).expect("it is there");
        if entry.cancel() {
            self.timers.discard(entry);
        }
    }

    fn prepare(&mut self) -> Option<Duration> {
        self.timers.prepare(&mut self.wheel)
    }

    /// Goes to `now` and returns the numbers of the entries that fired.
    fn fire_at(&mut self, now: u64) -> Vec<u64> {
        self.clock.set(now);
        self.timers.fire(&mut self.wheel, &mut Vec::new());
        self.entries.extract_if(.., |_, entry| entry.has_fired()).map(|(key, _)| key).collect()
    }
}

#[test]
fn fires_at_the_deadline_to_the_nanosecond_and_never_before() {
    let level_starts = (0..6).map(|level| 64u64.pow(level) * TICK_NS);
    for deadline in level_starts.flat_map(|at| [at - 1, at, at + 1, at + 123_457]) {
        let mut bench = Bench::new();
        bench.insert(1, deadline);
        assert_eq!(bench.prepare(), Some(Duration::from_nanos(deadline)));
        assert_eq!(bench.fire_at(deadline - 1), [], "early for {deadline}");
        assert_eq!(bench.prepare(), Some(Duration::from_nanos(1)));
        assert_eq!(bench.fire_at(deadline), [1], "late for {deadline}");
        assert_eq!(bench.prepare(), None);
        assert_eq!(bench.wheel.len(), 0);
    }
}

#[test]
fn several_in_one_tick_fire_one_by_one() {
    let mut bench = Bench::new();
    for (number, deadline) in [(1, 900), (2, 300), (3, 600)] {
        bench.insert(number, 5 * TICK_NS + deadline);
    }
    for (number, deadline) in [(2, 300), (3, 600), (1, 900)] {
        let deadline = 5 * TICK_NS + deadline;
        let wait = bench.prepare().expect("one is left").as_nanos() as u64;
        assert_eq!(bench.clock.0.load(Ordering::SeqCst) + wait, deadline);
        assert_eq!(bench.fire_at(deadline), [number]);
    }
}

#[test]
fn sinks_over_all_levels_without_waking_for_it() {
    let mut bench = Bench::new();
    let day = 86_400_000 * TICK_NS;
    let deadlines: Vec<u64> = (1..=40).map(|at| at * day + at * 77_777).collect();
    for (number, deadline) in deadlines.iter().enumerate() {
        bench.insert(number as u64, *deadline);
    }
    let mut now = 0;
    for (number, deadline) in deadlines.iter().enumerate() {
        now += bench.prepare().expect("one is left").as_nanos() as u64;
        assert_eq!(now, *deadline);
        assert_eq!(bench.fire_at(now), [number as u64]);
    }
}

#[test]
fn what_is_overdue_fires_at_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.fire_at(500 * TICK_NS + 7), []);
    bench.insert(1, 3 * TICK_NS);
    assert_eq!(bench.prepare(), Some(Duration::ZERO));
    assert_eq!(bench.fire_at(500 * TICK_NS + 7), [1]);
}

#[test]
fn reset_earlier_and_later() {
    let mut bench = Bench::new();
    bench.insert(1, 100 * TICK_NS);
    bench.insert(2, 100 * TICK_NS);
    assert!(bench.prepare().is_some());
    bench.reset(1, 5_000 * TICK_NS);
    bench.reset(2, 3 * TICK_NS);
    assert_eq!(bench.prepare(), Some(Duration::from_millis(3)));
    assert_eq!(bench.fire_at(3 * TICK_NS), [2]);
    assert_eq!(bench.fire_at(100 * TICK_NS), []);
    assert_eq!(bench.prepare(), Some(Duration::from_millis(4_900)));
    assert_eq!(bench.fire_at(5_000 * TICK_NS), [1]);
}

#[test]
fn cancelled_entries_are_forgotten_and_nothing_wakes_for_them() {
    let mut bench = Bench::new();
    for number in 0..10 {
        bench.insert(number, (number + 1) * 1000 * TICK_NS);
    }
    assert!(bench.prepare().is_some());
    (0..10).for_each(|number| bench.cancel(number));
    assert_eq!(bench.prepare(), None);
    assert_eq!(bench.wheel.len(), 0);
}

#[test]
fn a_million_made_and_dropped_leave_nothing() {
    let mut bench = Bench::new();
    let (mut notified, mut known) = (0, Vec::new());
    assert_eq!(bench.prepare(), None);
    // Farther than what the poller waits for, so that nothing else wakes it.
    bench.insert(u64::MAX, TICK_NS);
    assert!(bench.prepare().is_some());
    for number in 0..1_000_000u64 {
        let entry = EntryRef::new();
        assert_eq!(entry.arm((number % 5_000 + 2) * TICK_NS), Armed::Post);
        known.push(entry.clone());
        assert!(!bench.timers.post(entry.clone()));
        if number % 2 == 0 {
            assert!(entry.cancel());
            notified += usize::from(bench.timers.discard(entry));
        } else {
            bench.entries.insert(number, entry);
        }
    }
    assert!(notified >= 500_000 / BACKLOG / 2, "a waiting poller hears of stale messages");
    assert!(bench.prepare().is_some());
    assert_eq!(bench.wheel.len(), 500_001);
    let numbers: Vec<u64> = bench.entries.keys().copied().collect();
    numbers.into_iter().for_each(|number| bench.cancel(number));
    assert_eq!(bench.prepare(), None);
    assert!(known.iter().all(|entry| entry.references() == 1));
    assert!(bench.wheel.capacity() <= 7 * 64 * 16);
}

#[test]
fn live_timers_alone_do_not_wake_a_poller() {
    let mut bench = Bench::new();
    bench.insert(0, TICK_NS);
    assert!(bench.prepare().is_some());
    for number in 1..=3 * BACKLOG as u64 {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(2 * TICK_NS), Armed::Post);
        assert!(!bench.timers.post(entry.clone()));
        bench.entries.insert(number, entry);
    }
    assert_eq!(bench.fire_at(2 * TICK_NS).len(), 1 + 3 * BACKLOG);
}

/// A cancelled timer that the wheel was not told about is not a moment to which time is moved.
#[test]
fn time_that_stands_goes_only_to_deadlines_that_somebody_waits_for() {
    let mut bench = Bench::new();
    (1..=3).for_each(|number| bench.insert(number, number * 70 * TICK_NS));
    assert!(bench.prepare().is_some());
    bench.timers.pause();
    assert!(bench.entries[&1].cancel() && bench.entries[&3].cancel());
    assert!(bench.timers.skip(&mut bench.wheel, &mut Vec::new()));
    assert_eq!(bench.timers.elapsed(), 140 * TICK_NS);
    assert!(bench.entries[&2].has_fired());
    assert!(!bench.timers.skip(&mut bench.wheel, &mut Vec::new()));
    assert_eq!(bench.timers.elapsed(), 140 * TICK_NS);
}

/// A poller that waits already may not have read the message about a timer that is moved: it was for a
/// later time, and did not wake it.
#[test]
fn moving_notifies_only_a_poller_that_would_oversleep() {
    let mut bench = Bench::new();
    bench.insert(1, 50 * TICK_NS);
    assert!(bench.prepare().is_some());
    bench.insert(2, 80 * TICK_NS);
    let moved = |bench: &Bench, at| move_armed(&bench.timers, &bench.entries[&2], at * TICK_NS);
    assert_eq!(moved(&bench, 90), Some(false));
    assert_eq!(moved(&bench, 60), Some(false));
    assert_eq!(moved(&bench, 20), Some(true));
    assert_eq!(bench.fire_at(20 * TICK_NS), [2]);
}

#[test]
fn posting_notifies_only_a_poller_that_would_oversleep() {
    let mut bench = Bench::new();
    let post = |bench: &Bench, at: u64| {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(at), Armed::Post);
        bench.timers.post(entry)
    };
    assert!(!post(&bench, 50), "nobody waits");
    assert_eq!(bench.prepare(), Some(Duration::from_nanos(50)));
    assert!(!post(&bench, 50));
    assert!(post(&bench, 49));
    assert!(bench.fire_at(1).is_empty());
    assert!(!post(&bench, 2), "the wait is over");
}

#[test]
fn agrees_with_an_ordered_map_over_random_operations() {
    for seed in 1..=20u64 {
        let mut random = Random(seed << 32 | seed);
        let mut bench = Bench::new();
        let mut model: BTreeMap<u64, u64> = BTreeMap::new();
        let mut now = 0;
        for step in 0..2_000 {
            let deadline = now + random.span();
            let known = model.keys().nth(random.below(model.len() as u64 + 1) as usize);
            match (random.below(6), known.copied()) {
                (0 | 1, _) => {
                    bench.insert(step, deadline);
                    model.insert(step, deadline);
                }
                (2, Some(number)) => {
                    bench.reset(number, deadline);
                    model.insert(number, deadline);
                }
                (3, Some(number)) => {
                    bench.cancel(number);
                    model.remove(&number);
                }
                _ => now = advance(&mut bench, &mut model, now, &mut random, seed),
            }
        }
    }
}

/// Waits as the poller does, for a while or until the wheel says, and compares what fired.
fn advance(
    bench: &mut Bench,
    model: &mut BTreeMap<u64, u64>,
    now: u64,
    random: &mut Random,
    seed: u64,
) -> u64 {
    let wait = bench.prepare().map(|wait| wait.as_nanos() as u64);
    let earliest = model.values().min().map(|at| at.saturating_sub(now));
    assert!(wait.unwrap_or(u64::MAX) <= earliest.unwrap_or(u64::MAX), "seed {seed}");
    let some_time = random.span();
    let now = now + if random.below(2) == 0 { wait.unwrap_or(some_time) } else { some_time };
    let fired: Vec<u64> = bench.fire_at(now);
    let due: Vec<u64> = model.extract_if(.., |_, at| *at <= now).map(|(key, _)| key).collect();
    assert_eq!(fired, due, "seed {seed}");
    now
}

/// Xorshift (G. Marsaglia, "Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// From nanoseconds to days, each magnitude as often as the others.
    fn span(&mut self) -> u64 {
        let magnitude = self.below(30);
        self.below(TICK_NS << magnitude)
    }
}
