//! The end of a runtime: every task is dropped, nothing hangs.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cortado_core::{Builder, Runtime, spawn, spawn_blocking, time, yield_now};

use crate::counted::Counted;
use crate::until::until;

#[test]
fn drops_every_task_under_load() {
    for _ in 0..20 {
        let alive = Arc::new(AtomicUsize::new(0));
        let runtime = Builder::new().worker_threads(3).build().unwrap();
        for n in 0..300 {
            let guard = Counted::new(&alive);
            drop(runtime.spawn(async move {
                let _guard = guard;
                match n % 3 {
                    0 => pending::<()>().await,
                    1 => time::sleep(Duration::from_secs(1000)).await,
                    _ => loop {
                        yield_now().await;
                    },
                }
            }));
        }
        let spawner = Counted::new(&alive);
        drop(runtime.spawn(async move {
            loop {
                let guard = Counted::new(&spawner.0);
                drop(spawn(async move {
                    let _guard = guard;
                    pending::<()>().await;
                }));
                yield_now().await;
            }
        }));
        std::thread::sleep(Duration::from_millis(2));
        drop(runtime);
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn with_a_timeout_returns_although_a_poll_goes_on() {
    let runtime = Runtime::new().unwrap();
    let (send, receive) = std::sync::mpsc::channel::<()>();
    let (began, begun) = std::sync::mpsc::channel::<()>();
    drop(runtime.spawn(async move {
        began.send(()).unwrap();
        let _ = receive.recv();
    }));
    begun.recv().unwrap();
    assert!(!runtime.shutdown_timeout(Duration::from_millis(20)));
    drop(send);
}

#[test]
fn waits_for_closures_that_have_begun_and_drops_the_others() {
    let runtime = Builder::new().max_blocking_threads(1).build().unwrap();
    let done = Arc::new(AtomicUsize::new(0));
    let alive = Arc::new(AtomicUsize::new(0));
    let (began, begun) = std::sync::mpsc::channel::<()>();
    let (own, guard, queued) = (done.clone(), Counted::new(&alive), alive.clone());
    let first = runtime.spawn_blocking(move || {
        began.send(()).unwrap();
        // The end of the runtime drops the other one first, and waits for this one then.
        until("the drop of the other closure", || queued.load(Ordering::SeqCst) == 0);
        own.fetch_add(1, Ordering::SeqCst);
    });
    let second = runtime.spawn_blocking(move || drop(guard));
    begun.recv().unwrap();
    drop(runtime);
    assert_eq!(done.load(Ordering::SeqCst), 1);
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    let other = Runtime::single().unwrap();
    assert!(other.block_on(first).is_ok());
    assert!(other.block_on(second).unwrap_err().is_cancelled());
}

#[test]
fn spawning_afterwards_gives_a_cancelled_task() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    drop(runtime);
    let task = handle.spawn(async { 1 });
    let closure = handle.spawn_blocking(|| 1);
    let other = Runtime::single().unwrap();
    assert!(other.block_on(task).unwrap_err().is_cancelled());
    assert!(other.block_on(closure).unwrap_err().is_cancelled());
}

#[test]
fn inside_of_its_own_task() {
    let runtime = Arc::new(Runtime::new().unwrap());
    let own = runtime.clone();
    let (began, begun) = std::sync::mpsc::channel::<()>();
    let task = runtime.spawn(async move {
        begun.recv().unwrap();
        drop(own);
    });
    drop(runtime);
    began.send(()).unwrap();
    let limit = Instant::now() + Duration::from_secs(60);
    while !task.is_finished() && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(task.is_finished());
}

#[test]
fn many_runtimes_nested_and_beside() {
    let outer = Runtime::new().unwrap();
    let sum = outer.block_on(async {
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                spawn_blocking(move || {
                    let inner = Builder::new().worker_threads(1).build().unwrap();
                    inner.block_on(async move { spawn(async move { n }).await.unwrap() })
                })
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 28);
}
