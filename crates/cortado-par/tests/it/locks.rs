//! A lock that is held across a join is no deadlock, as long as what is awaited does not need it: a
//! waiting join runs only what descends from the job that it waits for.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cortado_core::Builder;
use cortado_par::{install, join, scope};
use parking_lot::Mutex;

fn spin(turns: u32) {
    (0..turns).for_each(|_| hint::spin_loop());
}

/// Each leaf holds the lock while it joins two short computations.
fn leaf(lock: &Mutex<usize>) {
    let mut count = lock.lock();
    join(|| spin(200), || spin(200));
    *count += 1;
}

fn tree(depth: usize, lock: &Mutex<usize>) {
    if depth == 0 {
        leaf(lock);
    } else {
        join(|| tree(depth - 1, lock), || tree(depth - 1, lock));
    }
}

#[test]
fn one_root_whose_jobs_share_a_lock() {
    let runtime = Builder::new().worker_threads(8).build().expect("threads");
    let _entered = runtime.handle().enter();
    let lock = Mutex::new(0);
    for _ in 0..20 {
        install(|| tree(8, &lock));
    }
    assert_eq!(lock.into_inner(), 20 * 256);
}

#[test]
fn many_roots_that_share_a_lock() {
    let runtime = Builder::new().worker_threads(8).build().expect("threads");
    let lock = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (handle, lock) = (runtime.handle(), lock.clone());
            thread::spawn(move || {
                let _entered = handle.enter();
                (0..100).for_each(|_| install(|| tree(4, &lock)));
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
    assert_eq!(*lock.lock(), 8 * 100 * 16);
}

#[test]
fn a_scope_whose_jobs_hold_the_lock_across_scopes() {
    let runtime = Builder::new().worker_threads(8).build().expect("threads");
    let _entered = runtime.handle().enter();
    let (lock, ran) = (Mutex::new(0), AtomicUsize::new(0));
    scope(|outer| {
        for _ in 0..500 {
            outer.spawn(|_| {
                let mut count = lock.lock();
                scope(|inner| {
                    for _ in 0..4 {
                        inner.spawn(|_| {
                            spin(50);
                            ran.fetch_add(1, Ordering::Relaxed);
                        });
                    }
                });
                *count += 1;
            });
        }
    });
    assert_eq!((lock.into_inner(), ran.into_inner()), (500, 2000));
}
