//! What is too much for a worker's queue: the newest run first, as a model of the injector says, and here, that
//! those which were spawned before have their turn all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cortado_core::{Builder, JoinHandle, spawn, yield_now};

/// More than the queue of a worker holds.
const MANY: usize = 2_000;

/// Spawns its successor until it is told to stop.
fn go_on(stop: Arc<AtomicBool>) {
    if !stop.load(Ordering::Relaxed) {
        drop(spawn(async move { go_on(stop) }));
    }
}

/// What the tasks return that are spawned first, where new ones keep coming until all of them have ended.
fn run_beside_new_ones<T: Send + 'static>(
    spawn_first: impl FnOnce() -> Vec<JoinHandle<T>> + Send + 'static,
) -> Vec<T> {
    let runtime = Builder::new().worker_threads(1).build().expect("threads and descriptors");
    let outputs = runtime.spawn(async move {
        let stop = Arc::new(AtomicBool::new(false));
        let first = spawn_first();
        (0..MANY).for_each(|_| go_on(stop.clone()));
        yield_now().await;
        let mut outputs = Vec::new();
        for task in first {
            outputs.push(task.await.expect("no panic"));
        }
        stop.store(true, Ordering::Relaxed);
        outputs
    });
    runtime.block_on(outputs).expect("no panic")
}

#[test]
fn the_first_of_many_run_although_new_ones_keep_coming() {
    let numbers = || (0..MANY).map(|number| spawn(async move { number })).collect();
    let sum: usize = run_beside_new_ones(numbers).into_iter().sum();
    assert_eq!(sum, MANY * (MANY - 1) / 2);
}

#[test]
fn those_that_yield_have_their_turns_beside_new_ones() {
    async fn yields() {
        for _ in 0..20 {
            yield_now().await;
        }
    }
    let ended = run_beside_new_ones(|| (0..MANY).map(|_| spawn(yields())).collect());
    assert_eq!(ended.len(), MANY);
}
