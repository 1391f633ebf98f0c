//! Waiting and computing side by side: nobody is stopped, nothing is lost while tasks move.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use cortado_core::{Builder, JoinHandle, MonitorMode, Runtime, spawn, time, yield_now};

use crate::computing::compute;
use crate::until::{StopsOnDrop, until};

fn endless(runtime: &Runtime, stop: &Arc<AtomicBool>) -> Arc<AtomicUsize> {
    let steps = Arc::new(AtomicUsize::new(0));
    let (own, stop) = (steps.clone(), stop.clone());
    drop(runtime.spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            own.fetch_add(1, Ordering::Relaxed);
        }
    }));
    steps
}

#[test]
fn four_endless_tasks_a_core_all_advance() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    let all: Vec<_> = (0..8).map(|_| endless(&runtime, &stop.0)).collect();
    for (number, steps) in all.iter().enumerate() {
        until(&format!("the start of task {number}"), || steps.load(Ordering::Relaxed) > 0);
    }
    let before: Vec<_> = all.iter().map(|steps| steps.load(Ordering::Relaxed)).collect();
    for (steps, before) in all.iter().zip(before) {
        until("progress after the start", || steps.load(Ordering::Relaxed) > before);
    }
}

#[test]
fn more_endless_tasks_than_threads_do_not_stop_a_waiting_one() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    let waiting = runtime.spawn(async {
        for _ in 0..100 {
            time::sleep(Duration::from_millis(1)).await;
        }
    });
    let _all: Vec<_> = (0..40).map(|_| endless(&runtime, &stop.0)).collect();
    until("the end of the waiting task", || waiting.is_finished());
}

#[test]
fn tasks_that_block_their_thread_do_not_stop_the_others() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let held = Arc::new(parking_lot::Mutex::new(held));
    let blocked: Vec<_> = (0..10)
        .map(|n| {
            let (stop, held) = (stop.0.clone(), held.clone());
            runtime.spawn(async move {
                if n % 2 == 0 {
                    while !stop.load(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_millis(2));
                    }
                } else {
                    let _ = held.lock().recv();
                }
            })
        })
        .collect();
    let others: Vec<_> = (0..20)
        .map(|_| {
            runtime.spawn(async {
                for _ in 0..30 {
                    yield_now().await;
                    time::sleep(Duration::from_millis(1)).await;
                }
            })
        })
        .collect();
    until("the end of the others", || others.iter().all(|task| task.is_finished()));
    assert!(blocked.iter().all(|task| !task.is_finished()));
    drop(hold);
    drop(stop);
    until("the end of the blocked ones", || blocked.iter().all(|task| task.is_finished()));
}

/// Tasks that block their thread, far more than there may be threads: those beyond are for tasks
/// that are known to have short polls.
#[test]
fn more_blocked_tasks_than_threads_do_not_stop_a_waiting_one() {
    let runtime = Builder::new().worker_threads(2).report_long_polls(false).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    let begun = Arc::new(AtomicUsize::new(0));
    let own = begun.clone();
    let waiting = runtime.spawn(async move {
        for _ in 0..300 {
            own.fetch_add(1, Ordering::Relaxed);
            time::sleep(Duration::from_millis(1)).await;
        }
    });
    until("a history", || begun.load(Ordering::Relaxed) > 10);
    for _ in 0..500 {
        let stop = stop.0.clone();
        drop(runtime.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }));
    }
    let most = std::cell::Cell::new((0, 0));
    until("the end of the waiting task", || {
        let (metrics, before) = (runtime.handle().metrics(), most.get());
        most.set((metrics.wait_threads.max(before.0), metrics.work_threads.max(before.1)));
        waiting.is_finished()
    });
    let most = most.get();
    assert!(most.0 <= 2 * 2 + 64 && most.1 <= 4 * 2, "more threads than the bounds: {most:?}");
}

/// Tasks that compute move to the work lane and, when they have become short, back; meanwhile
/// others wake each other all the time.
#[test]
fn tasks_move_under_load() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    let (done, wakes) = runtime.block_on(async {
        let computing: Vec<_> = (0..4u64)
            .map(|n| {
                spawn(async move {
                    for _ in 0..60 {
                        std::hint::black_box(compute(600));
                        yield_now().await;
                    }
                    for _ in 0..300 {
                        yield_now().await;
                    }
                    n
                })
            })
            .collect();
        let pairs: Vec<_> = (0..20)
            .map(|_| {
                spawn(async {
                    let mut turns = 0;
                    for _ in 0..100 {
                        turns += spawn(async { 1 }).await.unwrap();
                        time::sleep(Duration::from_micros(100)).await;
                    }
                    turns
                })
            })
            .collect();
        let (mut done, mut wakes) = (0, 0);
        for task in computing {
            done += task.await.unwrap();
        }
        for task in pairs {
            wakes += task.await.unwrap();
        }
        (done, wakes)
    });
    assert_eq!((done, wakes), (6, 2_000));
}

/// A place that spawns computing tasks and then short ones: what was learned of it moves them to
/// and fro, and all return.
#[test]
fn thousands_of_tasks_from_one_place() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    let sum = runtime.block_on(async {
        let mut sum = 0;
        for round in 0..6u64 {
            let us = if round % 2 == 0 { 300 } else { 0 };
            let tasks: Vec<_> = (0..400)
                .map(|n| {
                    spawn(async move {
                        std::hint::black_box(compute(us));
                        yield_now().await;
                        n
                    })
                })
                .collect();
            for task in tasks {
                sum += task.await.unwrap();
            }
        }
        sum
    });
    assert_eq!(sum, 6 * 399 * 200);
}

/// After a time in which everything slept, also the monitor, a deadline is still seen, whatever
/// ran before.
#[test]
fn a_timer_after_a_long_quiet_time() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    let tasks: Vec<_> = (0..4)
        .map(|n| {
            runtime.spawn(async move {
                for _ in 0..20 {
                    std::hint::black_box(compute(100 * n));
                    time::sleep(Duration::from_micros(300 * n)).await;
                }
                time::sleep(Duration::from_millis(1_200 + 3 * n)).await;
            })
        })
        .collect();
    until("the deadlines", || tasks.iter().all(|task| task.is_finished()));
}

type Hog = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Each from a place of its own: what is known of one says nothing of the others.
const SPAWN_HOG: [fn(&Runtime, Hog) -> JoinHandle<()>; 12] = [
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
    |runtime, hog| runtime.spawn(hog),
];

/// More threads are lowered one after the other than the work lane may have at once.
#[test]
fn threads_that_were_lowered_make_room_for_the_next() {
    let runtime = Builder::new().worker_threads(2).report_long_polls(false).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    let ticks = stop.0.clone();
    drop(runtime.spawn(async move {
        while !ticks.load(Ordering::Relaxed) {
            time::sleep(Duration::from_millis(1)).await;
        }
    }));
    for spawn_hog in SPAWN_HOG {
        let (handle, stop) = (runtime.handle().clone(), stop.0.clone());
        let lowered = handle.metrics().threads_lowered;
        let hog = Box::pin(async move {
            while handle.metrics().threads_lowered == lowered && !stop.load(Ordering::Relaxed) {
                compute(100);
            }
        });
        let hog = spawn_hog(&runtime, hog);
        until("the end of one that computes until its thread is lowered", || hog.is_finished());
        assert!(runtime.handle().metrics().work_threads <= 8);
    }
}

/// Nothing was known of any of these places when their tasks began in the wait lane.
#[test]
fn a_few_threads_are_lowered_beyond_the_bound_of_the_work_lane() {
    let runtime = Builder::new().worker_threads(2).report_long_polls(false).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    for spawn_hog in SPAWN_HOG {
        let stop = stop.0.clone();
        let hog = Box::pin(async move {
            while !stop.load(Ordering::Relaxed) {
                compute(100);
            }
        });
        drop(spawn_hog(&runtime, hog));
    }
    // A hog is lowered where others wait: these do all the time.
    let ticks = stop.0.clone();
    drop(runtime.spawn(async move {
        while !ticks.load(Ordering::Relaxed) {
            time::sleep(Duration::from_millis(1)).await;
        }
    }));
    let threads = || runtime.handle().metrics().work_threads;
    until("as many threads as may compute", || threads() == 4 * 2 + 2);
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(1));
        assert!(threads() <= 4 * 2 + 2);
    }
}

#[test]
fn with_a_monitor_that_only_reports_nothing_moves() {
    let runtime = Builder::new().worker_threads(2).monitor(MonitorMode::Report).build().unwrap();
    let hogs: Vec<_> = (0..4)
        .map(|_| {
            runtime.spawn(async {
                for _ in 0..500 {
                    compute(200);
                    yield_now().await;
                }
            })
        })
        .collect();
    runtime.block_on(async {
        for hog in hogs {
            hog.await.unwrap();
        }
    });
    let metrics = runtime.handle().metrics();
    assert_eq!((metrics.work_threads, metrics.seats_freed, metrics.threads_lowered), (0, 0, 0));
}
