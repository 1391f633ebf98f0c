//! Loom models of what waits in line: no wake-up is lost, no two hold what one may hold, and what a
//! dropped future was granted goes to the next one. Loom reports a lost wake-up as a deadlock, and
//! a value that two threads use at once as a race of its cell.
//!
//! - M1: a `Number` is reached through the guards of a lock, of which the model is to show that they
//!   give references as Rust wants them.

mod told;

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;

use crate::{Condvar, Mutex, Notify, RwLock, Semaphore, oneshot};

/// Two preemptions unless the command line says more; three take minutes here.
fn model(check: impl Fn() + Sync + Send + 'static) {
    loom::model::Builder::new().check(check);
}

/// A number whose use by two threads at once loom reports.
struct Number(UnsafeCell<u32>);

impl Number {
    fn new() -> Number {
        Number(UnsafeCell::new(0))
    }

    fn add(&mut self) {
        // SAFETY: M1 (the exclusive reference; loom checks that the lock gives only one).
        self.0.with_mut(|number| unsafe { *number += 1 });
    }

    fn get(&self) -> u32 {
        // SAFETY: M1 (a shared reference; loom checks that nobody writes meanwhile).
        self.0.with(|number| unsafe { *number })
    }
}

/// Polls once with a waker that does nothing, and drops the future.
fn poll_and_drop(future: impl Future) -> bool {
    let mut future = pin!(future);
    future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

fn join_all(threads: Vec<thread::JoinHandle<()>>) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn loom_mutex_is_held_by_one_and_handed_over() {
    model(|| {
        let mutex = Arc::new(Mutex::new(Number::new()));
        let threads = (0..2)
            .map(|_| {
                let mutex = mutex.clone();
                thread::spawn(move || block_on(mutex.lock()).add())
            })
            .collect();
        block_on(mutex.lock()).add();
        join_all(threads);
        assert_eq!(block_on(mutex.lock()).get(), 3);
    });
}

#[test]
fn loom_a_dropped_lock_passes_its_turn_on() {
    model(|| {
        let mutex = Arc::new(Mutex::new(Number::new()));
        let guard = mutex.try_lock().unwrap();
        let (dropper, waiter) = (mutex.clone(), mutex.clone());
        let threads = vec![
            thread::spawn(move || {
                poll_and_drop(dropper.lock());
            }),
            thread::spawn(move || block_on(waiter.lock()).add()),
        ];
        drop(guard);
        join_all(threads);
        assert_eq!(mutex.try_lock().map(|guard| guard.get()), Ok(1));
    });
}

#[test]
fn loom_rwlock_readers_and_a_writer() {
    model(|| {
        let lock = Arc::new(RwLock::with_max_readers(Number::new(), 2));
        let (writer, reader) = (lock.clone(), lock.clone());
        let threads = vec![
            thread::spawn(move || block_on(writer.write()).add()),
            thread::spawn(move || assert!(block_on(reader.read()).get() <= 1)),
        ];
        assert!(block_on(lock.read()).get() <= 1);
        join_all(threads);
        assert_eq!(lock.try_write().map(|number| number.get()), Ok(1));
    });
}

#[test]
fn loom_rwlock_downgrade_lets_no_writer_in_between() {
    model(|| {
        let lock = Arc::new(RwLock::with_max_readers(Number::new(), 2));
        let other = lock.clone();
        let writer = thread::spawn(move || block_on(other.write()).add());
        let mut guard = block_on(lock.write());
        guard.add();
        let before = guard.get();
        let guard = crate::RwLockWriteGuard::downgrade(guard);
        assert_eq!(guard.get(), before);
        drop(guard);
        writer.join().unwrap();
    });
}

#[test]
fn loom_semaphore_many_permits_from_many_givers() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let threads = (0..2)
            .map(|_| {
                let semaphore = semaphore.clone();
                thread::spawn(move || semaphore.add_permits(1))
            })
            .collect();
        let permit = block_on(semaphore.acquire_many(2)).unwrap();
        join_all(threads);
        drop(permit);
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn loom_semaphore_close_reaches_who_waits_and_who_comes() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let other = semaphore.clone();
        let waiter = thread::spawn(move || assert!(block_on(other.acquire()).is_err()));
        semaphore.close();
        assert!(block_on(semaphore.acquire()).is_err());
        waiter.join().unwrap();
    });
}

#[test]
fn loom_semaphore_forget_beside_a_waiter() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let other = semaphore.clone();
        let taker = thread::spawn(move || poll_and_drop(other.acquire_many(2)));
        let forgotten = semaphore.forget_permits(1);
        taker.join().unwrap();
        semaphore.add_permits(2 - (1 - forgotten));
        assert_eq!(semaphore.available_permits(), 2);
        assert!(semaphore.try_acquire_many(2).is_ok());
    });
}

#[test]
fn loom_notify_one_reaches_one_who_reaches_the_other() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let threads = (0..2)
            .map(|_| {
                let notify = notify.clone();
                thread::spawn(move || {
                    block_on(notify.notified());
                    notify.notify_one();
                })
            })
            .collect();
        notify.notify_one();
        join_all(threads);
    });
}

#[test]
fn loom_notify_a_dropped_future_passes_it_on() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let (dropper, waiter) = (notify.clone(), notify.clone());
        let threads: Vec<_> = vec![
            thread::spawn(move || {
                // Where it takes the notification itself, it gives another one.
                if poll_and_drop(dropper.notified()) {
                    dropper.notify_one();
                }
            }),
            thread::spawn(move || block_on(waiter.notified())),
        ];
        notify.notify_one();
        join_all(threads);
    });
}

#[test]
fn loom_notify_waiters_reaches_futures_made_before() {
    model(|| {
        let notify = Arc::new(Notify::new());
        let other = notify.clone();
        let notified = notify.notified();
        let teller = thread::spawn(move || other.notify_waiters());
        block_on(notified);
        teller.join().unwrap();
    });
}

#[test]
fn loom_condvar_a_change_is_not_missed() {
    model(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let other = pair.clone();
        let teller = thread::spawn(move || {
            *block_on(other.0.lock()) = true;
            other.1.notify_one();
        });
        let guard = block_on(pair.0.lock());
        let guard = block_on(pair.1.wait_while(guard, |ready| !*ready));
        assert!(*guard);
        drop(guard);
        teller.join().unwrap();
    });
}

#[test]
fn loom_condvar_a_dropped_wait_passes_the_notification_on() {
    model(|| {
        let pair = Arc::new((Mutex::new(0), Condvar::new()));
        let (dropper, waiter) = (pair.clone(), pair.clone());
        let threads: Vec<_> = vec![
            thread::spawn(move || {
                let guard = block_on(dropper.0.lock());
                // Where it gets the notification itself, it gives another one.
                if *guard == 0 && poll_and_drop(dropper.1.wait(guard)) {
                    dropper.1.notify_one();
                }
            }),
            thread::spawn(move || {
                let guard = block_on(waiter.0.lock());
                drop(block_on(waiter.1.wait_while(guard, |number| *number == 0)));
            }),
        ];
        *block_on(pair.0.lock()) = 1;
        pair.1.notify_one();
        join_all(threads);
    });
}

#[test]
fn loom_oneshot_send_and_receive() {
    model(|| {
        let (tx, rx) = oneshot::channel();
        let sender = thread::spawn(move || tx.send(7).unwrap());
        assert_eq!(block_on(rx), Ok(7));
        sender.join().unwrap();
    });
}

#[test]
fn loom_oneshot_ends_tell_each_other_that_they_go() {
    model(|| {
        let (tx, rx) = oneshot::channel::<u32>();
        let sender = thread::spawn(move || drop(tx));
        assert!(block_on(rx).is_err());
        sender.join().unwrap();

        let (mut tx, rx) = oneshot::channel::<u32>();
        let receiver = thread::spawn(move || drop(rx));
        block_on(tx.closed());
        receiver.join().unwrap();
    });
}

#[test]
fn loom_oneshot_a_value_is_received_or_given_back() {
    model(|| {
        let (tx, mut rx) = oneshot::channel();
        let sender = thread::spawn(move || tx.send(std::sync::Arc::new(())).is_ok());
        rx.close();
        let received = block_on(poll_fn(|_| Poll::Ready(rx.try_recv()))).is_ok();
        assert_eq!(sender.join().unwrap(), received);
    });
}
