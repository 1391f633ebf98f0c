//! Threads that contend: nothing is lost, and nobody sleeps for ever. How long things take is not
//! looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::spawn;
use std::time::{Duration, Instant};

use cortado_sync::{
    Barrier, Blocking, Condvar, Mutex, Notify, OnceCell, RwLock, Semaphore, broadcast, oneshot,
    watch,
};

const THREADS: usize = 4;
const ROUNDS: usize = 2_000;

fn in_threads(work: impl Fn(usize) + Send + Sync + 'static) {
    let work = Arc::new(work);
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let work = work.clone();
            spawn(move || work(number))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
}

#[test]
fn a_mutex_counts_right_while_waiters_give_up() {
    let mutex = Arc::new(Mutex::new(0));
    let counted = Arc::new(AtomicUsize::new(0));
    let (shared, count) = (mutex.clone(), counted.clone());
    in_threads(move |number| {
        for round in 0..ROUNDS {
            let past = Instant::now();
            let guard = match (round + number) % 3 {
                0 => Ok(shared.blocking_lock()),
                1 => shared.lock().wait_deadline(past),
                _ => shared.lock().wait_timeout(Duration::from_micros(10)),
            };
            if let Ok(mut guard) = guard {
                *guard += 1;
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    assert_eq!(*mutex.blocking_lock(), counted.load(Ordering::Relaxed));
}

#[test]
fn readers_never_see_half_a_write() {
    let lock = Arc::new(RwLock::new((0, 0)));
    let shared = lock.clone();
    in_threads(move |number| {
        for _ in 0..ROUNDS {
            if number % 2 == 0 {
                let mut pair = shared.blocking_write();
                pair.0 += 1;
                pair.1 += 1;
            } else {
                let pair = shared.blocking_read();
                assert_eq!(pair.0, pair.1);
            }
        }
    });
    assert_eq!(lock.blocking_read().0, THREADS / 2 * ROUNDS);
}

#[test]
fn a_semaphore_lets_in_as_many_as_it_says() {
    let semaphore = Arc::new(Semaphore::new(3));
    let (shared, inside) = (semaphore.clone(), AtomicUsize::new(0));
    in_threads(move |number| {
        for round in 0..ROUNDS {
            let count = 1 + (round + number) % 3;
            let permit = shared.acquire_many(count as u32).wait().unwrap();
            assert!(inside.fetch_add(count, Ordering::AcqRel) + count <= 3);
            inside.fetch_sub(count, Ordering::AcqRel);
            drop(permit);
        }
    });
    assert_eq!(semaphore.available_permits(), 3);
}

#[test]
fn a_ball_goes_back_and_forth_by_notifications() {
    let pair = Arc::new((Notify::new(), Notify::new()));
    let other = pair.clone();
    let thread = spawn(move || {
        for _ in 0..ROUNDS {
            other.0.notified().wait();
            other.1.notify_one();
        }
    });
    for _ in 0..ROUNDS {
        pair.0.notify_one();
        pair.1.notified().wait();
    }
    thread.join().unwrap();
}

#[test]
fn a_bounded_queue_by_condition_variables() {
    let shared = Arc::new((Mutex::new(Vec::new()), Condvar::new(), Condvar::new()));
    let sum = Arc::new(AtomicUsize::new(0));
    let (queue, total) = (shared.clone(), sum.clone());
    in_threads(move |number| {
        let (list, filled, emptied) = &*queue;
        for round in 0..ROUNDS {
            if number % 2 == 0 {
                let guard = list.blocking_lock();
                let mut guard =
                    emptied.blocking_wait_while(guard, |list: &mut Vec<usize>| list.len() == 2);
                guard.push(round);
                filled.notify_one();
            } else {
                let guard = list.blocking_lock();
                let mut guard = filled.blocking_wait_while(guard, |list| list.is_empty());
                total.fetch_add(guard.pop().expect("it is not empty"), Ordering::Relaxed);
                emptied.notify_one();
            }
        }
    });
    assert_eq!(sum.load(Ordering::Relaxed), THREADS / 2 * (ROUNDS - 1) * ROUNDS / 2);
}

#[test]
fn each_round_of_a_barrier_has_one_leader() {
    let (barrier, leaders) = (Barrier::new(THREADS), Arc::new(AtomicUsize::new(0)));
    let count = leaders.clone();
    in_threads(move |_| {
        for round in 0..ROUNDS / 10 {
            if barrier.blocking_wait().is_leader() {
                count.fetch_add(1, Ordering::AcqRel);
            }
            barrier.blocking_wait();
            assert_eq!(count.load(Ordering::Acquire), round + 1);
            barrier.blocking_wait();
        }
    });
    assert_eq!(leaders.load(Ordering::Relaxed), ROUNDS / 10);
}

#[test]
fn a_cell_is_made_by_one_of_many() {
    for _ in 0..ROUNDS / 20 {
        let (cell, made) = (OnceCell::new(), Arc::new(AtomicUsize::new(0)));
        let count = made.clone();
        in_threads(move |number| {
            let value = cell.blocking_get_or_init(|| {
                count.fetch_add(1, Ordering::Relaxed);
                vec![number]
            });
            assert_eq!(value.len(), 1);
        });
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn values_come_through_oneshots_whole() {
    for round in 0..ROUNDS / 10 {
        let (tx, rx) = oneshot::channel();
        let thread = spawn(move || tx.send(vec![round; 3]));
        if round % 2 == 0 {
            assert_eq!(rx.blocking_recv(), Ok(vec![round; 3]));
            assert_eq!(thread.join().unwrap(), Ok(()));
        } else {
            drop(rx);
            let sent = thread.join().unwrap();
            assert!(sent.is_ok() || sent == Err(vec![round; 3]));
        }
    }
}

#[test]
fn broadcasts_arrive_in_order_or_are_counted_as_missed() {
    let (tx, rx) = broadcast::channel(16);
    let receivers: Vec<_> = (0..THREADS)
        .map(|_| {
            let mut rx = rx.resubscribe();
            spawn(move || {
                let mut expected = 0;
                loop {
                    match rx.blocking_recv() {
                        Ok(message) => {
                            assert_eq!(message, expected);
                            expected += 1;
                        }
                        Err(broadcast::RecvError::Lagged(missed)) => expected += missed,
                        Err(broadcast::RecvError::Closed) => return expected,
                    }
                }
            })
        })
        .collect();
    drop(rx);
    for message in 0..ROUNDS as u64 {
        tx.send(message).expect("all receive");
    }
    drop(tx);
    for receiver in receivers {
        assert_eq!(receiver.join().unwrap(), ROUNDS as u64);
    }
}

#[test]
fn the_last_value_of_a_watch_is_seen_by_all() {
    let (tx, rx) = watch::channel(0);
    let receivers: Vec<_> = (0..THREADS)
        .map(|_| {
            let mut rx = rx.clone();
            spawn(move || {
                let mut last = 0;
                while rx.blocking_changed().is_ok() {
                    let value = *rx.borrow_and_update();
                    assert!(value >= last, "values do not go back");
                    last = value;
                }
                last
            })
        })
        .collect();
    for _ in 0..ROUNDS {
        tx.send_modify(|value| *value += 1);
    }
    drop(tx);
    for receiver in receivers {
        assert_eq!(receiver.join().unwrap(), ROUNDS);
    }
}
