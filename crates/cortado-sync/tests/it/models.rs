//! Random operations on a semaphore, a lock and a notifier beside plain models of them: a list of
//! who waits for how much. A failure prints the seed; put it into `SEED` to replay.

use std::collections::VecDeque;

use cortado_sync::{AcquirePermits, Notify, NotifyNotified, RwLock, Semaphore, SemaphorePermit};

use crate::cancel_driver::Steps;

/// Set to replay one run.
const SEED: Option<u64> = None;
const RUNS: u64 = 50;
const STEPS: usize = 1_000;

/// Numbers that are random enough: xorshift64*, after Vigna, "An experimental exploration of
/// Marsaglia's xorshift generators, scrambled" (2016).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }
}

fn with_seeds(run: impl Fn(&mut Random)) {
    let seeds = SEED.map_or(1..RUNS + 1, |seed| seed..seed + 1);
    for seed in seeds {
        let replay = Replay(seed);
        run(&mut Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1));
        std::mem::forget(replay);
    }
}

/// Dropped by a panic only.
struct Replay(u64);

impl Drop for Replay {
    fn drop(&mut self) {
        eprintln!("to replay, set SEED in tests/it/models.rs to Some({})", self.0);
    }
}

/// Who waits, and for how much; who was granted and has not come is in `granted`.
#[derive(Default)]
struct Line {
    waiting: VecDeque<(usize, usize)>,
    granted: Vec<usize>,
    free: usize,
}

impl Line {
    fn hand_over(&mut self) {
        while let Some((who, need)) = self.waiting.front().copied() {
            if need > self.free {
                return;
            }
            self.free -= need;
            self.waiting.pop_front();
            self.granted.push(who);
        }
    }

    /// True where it gets what it wants at once.
    fn arrive(&mut self, who: usize, need: usize) -> bool {
        let at_once = self.waiting.is_empty() && need <= self.free;
        match at_once {
            true => self.free -= need,
            false => self.waiting.push_back((who, need)),
        }
        at_once
    }

    fn leave(&mut self, who: usize, need: usize) {
        match self.granted.iter().position(|granted| *granted == who) {
            Some(place) => {
                self.granted.remove(place);
                self.free += need;
            }
            None => self.waiting.retain(|waiting| waiting.0 != who),
        }
        self.hand_over();
    }
}

struct Waiter<'a> {
    who: usize,
    need: usize,
    steps: Steps<AcquirePermits<'a>>,
}

#[test]
fn a_semaphore_does_what_its_model_does() {
    with_seeds(|random| {
        let semaphore = Semaphore::new(4);
        let mut model = Line { free: 4, ..Line::default() };
        let mut waiters: Vec<Waiter<'_>> = Vec::new();
        let mut held: Vec<SemaphorePermit<'_>> = Vec::new();
        for who in 0..STEPS {
            match random.below(6) {
                0 | 1 => {
                    let need = random.below(5);
                    let mut steps = Steps::new(semaphore.acquire_many(need as u32));
                    match model.arrive(who, need) {
                        true => held.push(steps.ready().unwrap()),
                        false => {
                            steps.waits();
                            waiters.push(Waiter { who, need, steps });
                        }
                    }
                }
                2 if !held.is_empty() => {
                    let permit = held.swap_remove(random.below(held.len()));
                    model.free += permit.num_permits();
                    model.hand_over();
                }
                3 if !waiters.is_empty() => {
                    let waiter = waiters.swap_remove(random.below(waiters.len()));
                    model.leave(waiter.who, waiter.need);
                }
                4 if !waiters.is_empty() => {
                    let mut waiter = waiters.swap_remove(random.below(waiters.len()));
                    match model.granted.iter().position(|granted| *granted == waiter.who) {
                        Some(place) => {
                            model.granted.remove(place);
                            held.push(waiter.steps.ready().unwrap());
                        }
                        None => {
                            waiter.steps.waits();
                            waiters.push(waiter);
                        }
                    }
                }
                _ => {
                    let at_once = model.waiting.is_empty() && model.free > 0;
                    let taken = semaphore.try_acquire();
                    assert_eq!(taken.is_ok(), at_once);
                }
            }
            assert_eq!(semaphore.available_permits(), model.free);
            for waiter in &waiters {
                assert_eq!(waiter.steps.is_woken(), model.granted.contains(&waiter.who));
            }
        }
    });
}

#[test]
fn a_rwlock_is_a_semaphore_in_which_writers_take_all() {
    with_seeds(|random| {
        let lock = RwLock::with_max_readers(0, 3);
        let mut model = Line { free: 3, ..Line::default() };
        let (mut readers, mut writers) = (Vec::new(), Vec::new());
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for who in 0..STEPS {
            match random.below(5) {
                0 => {
                    let mut steps = Steps::new(lock.read());
                    match model.arrive(who, 1) {
                        true => readers.push(steps.ready()),
                        false => {
                            steps.waits();
                            reads.push((who, steps));
                        }
                    }
                }
                1 => {
                    let mut steps = Steps::new(lock.write());
                    match model.arrive(who, 3) {
                        true => writers.push(steps.ready()),
                        false => {
                            steps.waits();
                            writes.push((who, steps));
                        }
                    }
                }
                2 => {
                    model.free += readers.len() + 3 * writers.len();
                    readers.clear();
                    writers.clear();
                    model.hand_over();
                }
                3 if !reads.is_empty() => {
                    let (who, _) = reads.swap_remove(random.below(reads.len()));
                    model.leave(who, 1);
                }
                _ => {
                    let granted = std::mem::take(&mut model.granted);
                    for (_, mut steps) in reads.extract_if(.., |read| granted.contains(&read.0)) {
                        readers.push(steps.ready());
                    }
                    for (_, mut steps) in writes.extract_if(.., |write| granted.contains(&write.0))
                    {
                        writers.push(steps.ready());
                    }
                }
            }
            assert!(writers.is_empty() || (writers.len() == 1 && readers.is_empty()));
            assert_eq!(lock.try_read().is_ok(), model.waiting.is_empty() && model.free > 0);
        }
    });
}

#[test]
fn a_notifier_does_what_its_model_does() {
    with_seeds(|random| {
        let notify = Notify::new();
        let mut stored = false;
        let mut waiters: VecDeque<Steps<NotifyNotified<'_>>> = VecDeque::new();
        for _ in 0..STEPS {
            match random.below(4) {
                0 => {
                    let mut steps = Steps::new(notify.notified());
                    match std::mem::take(&mut stored) {
                        true => steps.ready(),
                        false => {
                            steps.waits();
                            waiters.push_back(steps);
                        }
                    }
                }
                1 => {
                    notify.notify_one();
                    match waiters.pop_front() {
                        Some(mut first) => first.ready(),
                        None => stored = true,
                    }
                }
                2 => {
                    notify.notify_last();
                    match waiters.pop_back() {
                        Some(mut last) => last.ready(),
                        None => stored = true,
                    }
                }
                _ if random.below(4) == 0 => {
                    notify.notify_waiters();
                    waiters.drain(..).for_each(|mut waiter| waiter.ready());
                }
                _ => drop(waiters.remove(random.below(waiters.len().max(1)))),
            }
            assert!(waiters.iter().all(|waiter| !waiter.is_woken()));
        }
    });
}
