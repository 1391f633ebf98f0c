//! What is too much for a worker's queue: the newest run first, and those that were spawned before have their
//! turn all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cortado_core::{Builder, Runtime, spawn, yield_now};

/// More than the queue of a worker holds.
const MANY: usize = 2_000;

fn one_worker() -> Runtime {
    Builder::new().worker_threads(1).build().expect("threads and descriptors")
}

/// Spawns its successor until it is told to stop.
fn go_on(stop: Arc<AtomicBool>) {
    if !stop.load(Ordering::Relaxed) {
        drop(spawn(async move { go_on(stop) }));
    }
}

#[test]
fn the_first_of_many_run_although_new_ones_keep_coming() {
    let runtime = one_worker();
    let stop = Arc::new(AtomicBool::new(false));
    let ends = stop.clone();
    let spawner = runtime.spawn(async move {
        let first: Vec<_> = (0..MANY).map(|number| spawn(async move { number })).collect();
        (0..MANY).for_each(|_| go_on(stop.clone()));
        yield_now().await;
        let mut sum = 0;
        for task in first {
            sum += task.await.expect("no panic");
        }
        ends.store(true, Ordering::Relaxed);
        sum
    });
    assert_eq!(runtime.block_on(spawner).expect("no panic"), MANY * (MANY - 1) / 2);
}

#[test]
fn those_that_yield_have_their_turns_beside_new_ones() {
    let runtime = one_worker();
    let stop = Arc::new(AtomicBool::new(false));
    let ends = stop.clone();
    let spawner = runtime.spawn(async move {
        (0..MANY).for_each(|_| go_on(stop.clone()));
        let yielding = || async {
            for _ in 0..20 {
                yield_now().await;
            }
        };
        let yielding: Vec<_> = (0..MANY).map(|_| spawn(yielding())).collect();
        for task in yielding {
            task.await.expect("no panic");
        }
        ends.store(true, Ordering::Relaxed);
    });
    runtime.block_on(spawner).expect("no panic");
}
