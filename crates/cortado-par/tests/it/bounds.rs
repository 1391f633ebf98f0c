//! Where threads, seats or places run out, and where a runtime ends meanwhile, everything still runs once.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use cortado_core::work::{Parker, serving};
use cortado_core::{Builder, MonitorMode, Runtime};
use cortado_par::{install, join, scope};
use cortado_probe::Lane;

fn runtime(workers: usize) -> Runtime {
    Builder::new().worker_threads(workers).build().expect("threads and descriptors")
}

/// Joins that take so long that a task of the wait lane, where they are within another join, has left its
/// seat by the end. Only some joins look at the clock, so many follow when the time has passed: a busy machine
/// may let it pass within a few.
fn long_joins() {
    thread::sleep(Duration::from_millis(1));
    for _ in 0..1000 {
        join(|| black_box(1), || black_box(2));
    }
}

/// There is one seat, and no monitor that would free it.
#[test]
fn a_task_of_the_wait_lane_leaves_its_seat_over_long_joins() {
    let builder = Builder::new().worker_threads(1).monitor(MonitorMode::Off);
    let runtime = builder.build().expect("threads and descriptors");
    let (has_run, begun) = (Arc::new(AtomicBool::new(false)), Arc::new(Parker::new()));
    let (seen, ran, begins) = (has_run.clone(), has_run, begun.clone());
    let computes = runtime.spawn(async move {
        let own = serving().map(|(_, lane)| lane);
        begins.unpark();
        join(
            || {
                while !seen.load(Ordering::Relaxed) {
                    join(|| black_box(1), || black_box(2));
                }
            },
            || (),
        );
        own
    });
    begun.park();
    let other = runtime.spawn(async move { ran.store(true, Ordering::Relaxed) });
    assert_eq!(runtime.block_on(computes).expect("no panic"), Some(Lane::Wait));
    runtime.block_on(other).expect("no panic");
}

/// Each join waits for the one below it, on another thread where there is one.
#[test]
fn a_chain_of_joins_may_be_longer_than_there_are_threads() {
    fn chain(length: usize) -> usize {
        if length == 0 {
            return 0;
        }
        let (one, others) = join(
            || {
                thread::sleep(Duration::from_micros(300));
                1
            },
            || chain(length - 1),
        );
        one + others
    }
    for workers in [1, 2, 3] {
        let runtime = runtime(workers);
        let _entered = runtime.handle().enter();
        assert_eq!(install(|| chain(60)), 60);
    }
}

/// A runtime with one seat has eight places. Nine tasks want one each, and keep it until all have come; the
/// ninth has the seat by then, since who finds no place keeps it.
#[test]
fn where_all_places_are_taken_joins_are_plain_calls() {
    const TASKS: usize = 9;
    let builder = Builder::new().worker_threads(1).monitor(MonitorMode::Off);
    let runtime = builder.build().expect("threads and descriptors");
    let come = Arc::new(AtomicUsize::new(0));
    let all_came = Arc::new(Parker::new());
    let holds: Vec<_> = (0..TASKS).map(|_| Arc::new(Parker::new())).collect();
    let tasks: Vec<_> = holds
        .iter()
        .cloned()
        .map(|hold| {
            let (come, all_came) = (come.clone(), all_came.clone());
            runtime.spawn(async move {
                join(
                    || {
                        long_joins();
                        if come.fetch_add(1, Ordering::Relaxed) + 1 == TASKS {
                            all_came.unpark();
                        }
                        hold.park();
                        join(|| 1, || 2)
                    },
                    || 3,
                )
            })
        })
        .collect();
    all_came.park();
    holds.iter().for_each(|hold| hold.unpark());
    for task in tasks {
        assert_eq!(runtime.block_on(task).expect("no panic"), ((1, 2), 3));
    }
}

/// A closure that is on its way when the runtime ends runs on the thread that sent it.
#[test]
fn what_is_installed_while_the_runtime_ends_runs_once() {
    for round in 0..40 {
        let runtime = runtime(1 + round % 2);
        let begun = Arc::new(Parker::new());
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (handle, begun) = (runtime.handle(), begun.clone());
                thread::spawn(move || {
                    let _entered = handle.enter();
                    let ran = AtomicUsize::new(0);
                    let count = || ran.fetch_add(1, Ordering::Relaxed);
                    for _ in 0..50 {
                        install(|| join(count, count));
                        scope(|scope| scope.spawn(|_| _ = count()));
                        begun.unpark();
                    }
                    ran.into_inner()
                })
            })
            .collect();
        begun.park();
        drop(runtime);
        for thread in threads {
            assert_eq!(thread.join().expect("no panic"), 150);
        }
    }
}

/// Short ones may run on the thread itself; a long one among them is found out at the end of its first
/// closure.
#[test]
fn a_long_join_from_a_plain_thread_goes_to_the_work_lane_whatever_came_before() {
    fn both(long: bool) -> Option<Lane> {
        let first = || {
            if long {
                thread::sleep(Duration::from_millis(1));
            }
        };
        join(first, || serving().map(|(_, lane)| lane)).1
    }
    let runtime = runtime(2);
    let _entered = runtime.handle().enter();
    for _ in 0..10 {
        for _ in 0..3 {
            assert!(matches!(both(false), None | Some(Lane::Work)));
        }
        assert_eq!(both(true), Some(Lane::Work));
    }
}
