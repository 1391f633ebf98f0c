//! What is too much for a worker's queue: a tree of tasks needs the memory of a few branches, and those that
//! were spawned first have their turn all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cortado_core::{Builder, Runtime, spawn, yield_now};

/// More than the queue of a worker holds.
const MANY: usize = 2_000;

fn one_worker() -> Runtime {
    Builder::new().worker_threads(1).build().expect("threads and descriptors")
}

/// How many tasks there are, and how many there were at once.
#[derive(Default)]
struct Count {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Count {
    fn begin(self: &Arc<Self>) -> Counted {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Counted(self.clone())
    }
}

struct Counted(Arc<Count>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

fn grow(count: &Arc<Count>, depth: u32) {
    let counted = count.begin();
    drop(spawn(async move {
        if depth > 0 {
            (0..10).for_each(|_| grow(&counted.0, depth - 1));
        }
    }));
}

#[test]
fn a_tree_of_tasks_grows_into_its_depth() {
    let runtime = one_worker();
    let count = Arc::new(Count::default());
    let root = count.clone();
    runtime.block_on(async move {
        spawn(async move { grow(&root, 5) }).await.expect("no panic");
    });
    while count.now.load(Ordering::Relaxed) != 0 {
        std::thread::yield_now();
    }
    // In the order in which they came, nearly all of the hundred thousand leaves would be there at once.
    let most = count.most.load(Ordering::Relaxed);
    assert!(most < 20_000, "{most} tasks at once");
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
