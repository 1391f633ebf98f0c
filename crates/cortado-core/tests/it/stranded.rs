//! A worker that has lost its seat, beside tasks that never pause and so leave nobody the time to
//! look around: what it wakes runs all the same, during its poll and after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use cortado_core::{Builder, JoinHandle, Runtime, spawn, time, yield_now};

use crate::until::{StopsOnDrop, until};

/// Leaves its worker no moment without something to do.
pub(crate) async fn yields(stop: Arc<AtomicBool>, steps: Arc<AtomicUsize>) {
    while !stop.load(Ordering::Relaxed) {
        steps.fetch_add(1, Ordering::Relaxed);
        yield_now().await;
    }
}

/// A runtime with one seat, which a task that yields for ever has taken from one that blocks in its
/// poll; the latter goes on with `then` once it is let go.
fn without_a_seat<T: Send + 'static>(
    then: impl FnOnce() -> T + Send + 'static,
) -> (Runtime, StopsOnDrop, JoinHandle<T>) {
    let runtime = Builder::new().worker_threads(1).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    let (go, gone) = mpsc::channel::<()>();
    let stuck = runtime.spawn(async move {
        gone.recv().expect("the test lets it go");
        then()
    });
    let steps = Arc::new(AtomicUsize::new(0));
    drop(runtime.spawn(yields(stop.0.clone(), steps.clone())));
    until("another worker with the seat", || steps.load(Ordering::Relaxed) > 0);
    go.send(()).expect("the task waits");
    (runtime, stop, stuck)
}

#[test]
fn what_a_stuck_poll_spawns_runs_before_its_end() {
    let (runtime, _stop, stuck) = without_a_seat(|| {
        let (give, given) = mpsc::channel();
        drop(spawn(async move { give.send(7) }));
        given.recv()
    });
    until("the end of the poll that waits for the task", || stuck.is_finished());
    assert_eq!(runtime.block_on(stuck).unwrap(), Ok(7));
}

#[test]
fn what_a_stuck_poll_spawned_before_it_was_stuck_runs_before_its_end() {
    let runtime = Builder::new().worker_threads(1).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    let (go, gone) = mpsc::channel::<()>();
    let (busy, done) = (stop.0.clone(), Arc::new(AtomicUsize::new(0)));
    let count = done.clone();
    let stuck = runtime.spawn(async move {
        // A thief takes this one first, and some of the others with it.
        drop(spawn(yields(busy, Arc::default())));
        for _ in 0..100 {
            let count = count.clone();
            drop(spawn(async move { count.fetch_add(1, Ordering::SeqCst) }));
        }
        gone.recv()
    });
    until("the end of all others", || done.load(Ordering::SeqCst) == 100);
    assert!(!stuck.is_finished());
    go.send(()).expect("the task waits");
    assert_eq!(runtime.block_on(stuck).unwrap(), Ok(()));
}

#[test]
fn deadlines_are_kept_that_a_worker_without_a_seat_sees() {
    let (runtime, _stop, stuck) = without_a_seat(|| ());
    until("the end of the stuck poll", || stuck.is_finished());
    let sleeper = runtime.spawn(async {
        for _ in 0..50 {
            time::sleep(Duration::from_millis(1)).await;
        }
    });
    until("the deadlines", || sleeper.is_finished());
}
