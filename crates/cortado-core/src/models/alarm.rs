//! The monitor's alarm: a worker that becomes busy is not missed by a monitor that falls asleep.
//! Loom reports a monitor that sleeps for ever as a deadlock.

use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::monitor::Alarm;
use crate::park::Parker;

#[test]
fn loom_a_worker_that_becomes_busy_is_seen() {
    loom::model(|| {
        let shared = Arc::new((Alarm::new(), AtomicUsize::new(0)));
        let other = shared.clone();
        let worker = thread::spawn(move || {
            other.1.fetch_add(1, Ordering::Relaxed);
            other.0.rouse();
        });
        shared.0.sleep_unless(|| shared.1.load(Ordering::Relaxed) > 0);
        worker.join().unwrap();
    });
}

/// The waker counts the worker as awake and unparks it; the worker rouses the monitor.
#[test]
fn loom_a_worker_that_another_thread_counted_is_seen() {
    loom::model(|| {
        let shared = Arc::new((Alarm::new(), AtomicUsize::new(0), Parker::new()));
        let (first, second) = (shared.clone(), shared.clone());
        let waker = thread::spawn(move || {
            first.1.fetch_add(1, Ordering::Relaxed);
            first.2.unpark();
        });
        let worker = thread::spawn(move || {
            second.2.park();
            second.0.rouse();
        });
        shared.0.sleep_unless(|| shared.1.load(Ordering::Relaxed) > 0);
        waker.join().unwrap();
        worker.join().unwrap();
    });
}

/// The end comes while the monitor pauses, which takes the token: it must not sleep after it.
#[test]
fn loom_an_end_whose_token_a_pause_took_is_seen() {
    loom::model(|| {
        let alarm = Arc::new(Alarm::new());
        let other = alarm.clone();
        let ender = thread::spawn(move || other.end());
        while !alarm.has_ended() {
            alarm.pause(Duration::ZERO);
            alarm.sleep_unless(|| false);
        }
        ender.join().unwrap();
    });
}
