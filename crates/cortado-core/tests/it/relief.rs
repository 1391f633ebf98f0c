//! A worker that is stuck in a poll, beside one that always has something to do, and no monitor: what
//! waits behind the poll runs all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use cortado_core::{Builder, MonitorMode, spawn, yield_now};

use crate::stranded::yields;
use crate::until::{StopsOnDrop, until};

#[test]
fn a_busy_worker_takes_over_what_waits_behind_a_poll() {
    let runtime = Builder::new().worker_threads(2).monitor(MonitorMode::Off).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    let steps = Arc::new(AtomicUsize::new(0));
    drop(runtime.spawn(yields(stop.0.clone(), steps.clone())));
    until("a busy worker", || steps.load(Ordering::Relaxed) > 0);
    let stuck = runtime.spawn(async {
        let (give, given) = mpsc::channel();
        for number in 0..10 {
            let give = give.clone();
            drop(spawn(async move { give.send(number) }));
        }
        let numbers = (0..10).map(|_| given.recv_timeout(Duration::from_secs(100)).ok());
        numbers.sum::<Option<u32>>()
    });
    assert_eq!(runtime.block_on(stuck).unwrap(), Some(45));
}

/// Two workers whose polls are all long, each with tasks behind: they pass them to and fro, and each
/// task runs as often as it asked for.
#[test]
fn workers_that_relieve_each_other_lose_nothing() {
    let runtime = Builder::new().worker_threads(2).monitor(MonitorMode::Off).build().unwrap();
    let polls = Arc::new(AtomicUsize::new(0));
    let long = Arc::new(AtomicBool::new(true));
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let (polls, long) = (polls.clone(), long.clone());
            runtime.spawn(async move {
                for _ in 0..25 {
                    if long.fetch_not(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_micros(300));
                    }
                    polls.fetch_add(1, Ordering::Relaxed);
                    yield_now().await;
                }
            })
        })
        .collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(polls.load(Ordering::Relaxed), 40 * 25);
}
