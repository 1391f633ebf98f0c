//! The monitor's alarm: a worker that becomes busy is not missed by a monitor that falls asleep.
//! Loom reports a monitor that sleeps for ever as a deadlock.

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
