//! Joins give the results of both closures, wherever they are called.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cortado_core::work::Parker;
use cortado_core::{Builder, Runtime};
use cortado_par::{current_num_threads, install, join, join_context};

fn runtime(workers: usize) -> Runtime {
    Builder::new().worker_threads(workers).build().expect("threads and descriptors")
}

/// The sum of 1 to `n` by joins alone.
fn sum(from: u64, to: u64) -> u64 {
    if to - from <= 1 {
        return from;
    }
    let middle = from + (to - from) / 2;
    let (left, right) = join(|| sum(from, middle), || sum(middle, to));
    left + right
}

#[test]
fn a_tree_of_joins_gives_its_sum_from_a_plain_thread_and_from_tasks() {
    for workers in [1, 2, 8] {
        let runtime = runtime(workers);
        let handle = runtime.handle();
        let _entered = handle.enter();
        assert_eq!(current_num_threads(), workers);
        for _ in 0..20 {
            assert_eq!(install(|| sum(1, 10_001)), 50_005_000);
            assert_eq!(sum(1, 1001), 500_500);
        }
        let tasks: Vec<_> = (0..20).map(|_| runtime.spawn(async { sum(1, 10_001) })).collect();
        for task in tasks {
            assert_eq!(runtime.block_on(task).expect("no panic"), 50_005_000);
        }
    }
}

#[test]
fn outside_of_a_runtime_there_is_a_default_one() {
    assert_eq!(sum(1, 10_001), 50_005_000);
    assert!(current_num_threads() >= 1);
}

#[test]
fn an_event_loop_uses_the_default_runtime() {
    let runtime = Runtime::single().expect("an event loop");
    assert_eq!(runtime.block_on(async { sum(1, 10_001) }), 50_005_000);
}

/// The first waits for the second, so both run at the same time.
#[test]
fn the_second_closure_is_stolen_and_knows_it() {
    let runtime = runtime(2);
    let _entered = runtime.handle().enter();
    let other = Parker::new();
    let (first, second) = join_context(
        |context| {
            other.park();
            context.migrated()
        },
        |context| {
            other.unpark();
            context.migrated()
        },
    );
    assert_eq!((first, second), (false, true));
}

#[test]
fn recursion_may_be_deep_on_either_side() {
    fn left(depth: usize) -> usize {
        if depth == 0 { 0 } else { join(|| left(depth - 1), || 1).0 + 1 }
    }
    fn right(depth: usize) -> usize {
        if depth == 0 { 0 } else { join(|| 1, || right(depth - 1)).1 + 1 }
    }
    let runtime = Builder::new().worker_threads(2).thread_stack_size(64 << 20).build().unwrap();
    let _entered = runtime.handle().enter();
    assert_eq!(install(|| left(5_000)), 5_000);
    assert_eq!(install(|| right(5_000)), 5_000);
}

#[test]
fn many_runtimes_at_once_do_not_meet() {
    let threads: Vec<_> = (1..=6)
        .map(|workers| {
            std::thread::spawn(move || {
                let runtime = runtime(workers);
                let inner = Arc::new(AtomicUsize::new(0));
                let _entered = runtime.handle().enter();
                for _ in 0..10 {
                    let inner = inner.clone();
                    let count = move || inner.fetch_add(current_num_threads(), Ordering::Relaxed);
                    join(count.clone(), count);
                }
                assert_eq!(inner.load(Ordering::Relaxed), 20 * workers);
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("each counts its own");
    }
}
