//! Which lane tasks are in: those that compute move to the work lane and come back, and new ones go where
//! the others of their place lately belonged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cortado_core::work::serving;
use cortado_core::{Builder, MonitorMode, Runtime, task_id, time, yield_now};
use cortado_probe::Lane;

use crate::computing::compute;
use crate::until::{StopsOnDrop, until};

fn lane() -> Lane {
    serving().expect("a task runs on a worker").1
}

/// A runtime with tasks that wait most of the time, and would feel one that computes.
fn with_waiting_tasks() -> (Runtime, StopsOnDrop) {
    let runtime = Builder::new().worker_threads(2).report_long_polls(false).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    for _ in 0..4 {
        let stop = stop.0.clone();
        drop(runtime.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                time::sleep(Duration::from_micros(100)).await;
            }
        }));
    }
    (runtime, stop)
}

/// A task with polls of so many µs goes to the work lane; with short ones it comes back.
fn moves_and_comes_back(poll_us: u64) {
    let (runtime, stop) = with_waiting_tasks();
    let (stops, is_away) = (stop.0.clone(), Arc::new(AtomicBool::new(false)));
    let away = is_away.clone();
    let task = runtime.spawn(async move {
        assert_eq!(lane(), Lane::Wait);
        let own = task_id();
        while lane() == Lane::Wait && !stops.load(Ordering::Relaxed) {
            compute(poll_us);
            yield_now().await;
        }
        away.store(true, Ordering::Relaxed);
        while lane() == Lane::Work && !stops.load(Ordering::Relaxed) {
            yield_now().await;
        }
        assert_eq!(task_id(), own);
    });
    until("the task in the work lane", || is_away.load(Ordering::Relaxed));
    assert!(runtime.handle().metrics().moves_to_work > 0);
    until("the task back in the wait lane", || task.is_finished());
    assert!(runtime.handle().metrics().moves_to_wait > 0);
    runtime.block_on(task).unwrap();
}

#[test]
fn a_task_with_long_polls_moves_and_comes_back() {
    moves_and_comes_back(5_000);
}

/// None of its polls reaches the stall limit.
#[test]
fn a_task_with_many_short_polls_moves_and_comes_back() {
    moves_and_comes_back(200);
}

#[test]
fn new_tasks_start_where_the_others_of_their_place_belong() {
    let (runtime, _stop) = with_waiting_tasks();
    let (handle, computes) = (runtime.handle(), Arc::new(AtomicBool::new(true)));
    // All from this one place, one after the other.
    let next = || {
        let computes = computes.clone();
        let task = handle.spawn(async move {
            let began_in = lane();
            if computes.load(Ordering::Relaxed) {
                compute(3_000);
            }
            began_in
        });
        runtime.block_on(task).unwrap()
    };
    until("a task that starts in the work lane", || next() == Lane::Work);
    assert!(handle.metrics().starts_in_work > 0);
    computes.store(false, Ordering::Relaxed);
    until("one that starts in the wait lane again", || next() == Lane::Wait);
}

#[test]
fn without_a_monitor_nothing_moves_and_no_seat_is_freed() {
    let runtime = Builder::new().worker_threads(2).monitor(MonitorMode::Off).build().unwrap();
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            runtime.spawn(async {
                for _ in 0..10 {
                    compute(5_000);
                    assert_eq!(lane(), Lane::Wait);
                    yield_now().await;
                }
            })
        })
        .collect();
    tasks.into_iter().for_each(|task| runtime.block_on(task).unwrap());
    let metrics = runtime.handle().metrics();
    let moved = (metrics.moves_to_work, metrics.starts_in_work, metrics.work_threads);
    assert_eq!(moved, (0, 0, 0));
    let seen = (metrics.long_polls, metrics.seats_freed, metrics.threads_lowered);
    assert_eq!((seen, metrics.monitor_looks), ((0, 0, 0), 0));
}
