//! Tasks run, in numbers, from everywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use cortado_core::{Builder, Runtime, spawn, spawn_blocking, time, yield_now};

#[test]
fn many_tasks_from_block_on() {
    let runtime = Runtime::new().unwrap();
    let sum = runtime.block_on(async {
        let tasks: Vec<_> = (0..10_000u64).map(|n| spawn(async move { n })).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 49_995_000);
}

#[test]
fn tasks_spawn_tasks() {
    fn tree(depth: u32) -> std::pin::Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(async move {
            if depth == 0 {
                return 1;
            }
            let left = spawn(tree(depth - 1));
            let right = spawn(tree(depth - 1));
            left.await.unwrap() + right.await.unwrap()
        })
    }
    let runtime = Builder::new().worker_threads(4).build().unwrap();
    assert_eq!(runtime.block_on(tree(12)), 4096);
}

#[test]
fn a_foreign_thread_wakes() {
    let runtime = Runtime::new().unwrap();
    let count = runtime.block_on(async {
        let mut count = 0;
        for _ in 0..200 {
            let mut thread = None;
            let ready = Arc::new(AtomicUsize::new(0));
            let task = spawn(std::future::poll_fn(move |cx| {
                if ready.load(Ordering::Acquire) == 1 {
                    return Poll::Ready(1);
                }
                if thread.is_none() {
                    let (waker, ready) = (cx.waker().clone(), ready.clone());
                    thread = Some(std::thread::spawn(move || {
                        ready.store(1, Ordering::Release);
                        waker.wake();
                    }));
                }
                Poll::Pending
            }));
            count += task.await.unwrap();
        }
        count
    });
    assert_eq!(count, 200);
}

#[test]
fn yields_and_sleeps_and_closures() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..100)
            .map(|n| {
                spawn(async move {
                    for _ in 0..n {
                        yield_now().await;
                    }
                    let began = Instant::now();
                    time::sleep(Duration::from_millis(5)).await;
                    assert!(began.elapsed() >= Duration::from_millis(5));
                    spawn_blocking(move || n * 2).await.unwrap()
                })
            })
            .collect();
        for (n, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), n * 2);
        }
    });
}

#[test]
fn a_hog_does_not_stop_the_others() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    let stop = Arc::new(AtomicUsize::new(0));
    let hogs: Vec<_> = (0..4)
        .map(|_| {
            let stop = stop.clone();
            runtime.spawn(async move {
                while stop.load(Ordering::Relaxed) == 0 {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    runtime.block_on(async {
        for _ in 0..20 {
            spawn(time::sleep(Duration::from_millis(1))).await.unwrap();
        }
        stop.store(1, Ordering::Relaxed);
        for hog in hogs {
            hog.await.unwrap();
        }
    });
    assert!(runtime.handle().metrics().seats_freed > 0);
}
