//! Whether tasks that are always ready starve one that is woken from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::peer::{Peer, WORKERS, join_all};
use super::stopwatch::Stopwatch;

/// Tasks that yield all the time, for each worker.
const BUSY_TASKS: usize = 4;

/// A thread wakes a task once a millisecond, while every worker has tasks that yield: how long it
/// takes until that task runs, in µs, the 99th percentile and the longest.
pub(super) fn woken_among_busy<P: Peer>(watch: &Stopwatch) -> Vec<f64> {
    let runtime = P::start();
    let goes_on = Arc::new(AtomicBool::new(true));
    let busy = (0..BUSY_TASKS * WORKERS).map(|_| {
        let goes_on = goes_on.clone();
        runtime.spawn_remote(async move {
            while goes_on.load(Ordering::Relaxed) {
                P::yield_now().await;
            }
        })
    });
    let mut tasks: Vec<_> = busy.collect();
    let (wake, mut wakes) = tokio::sync::mpsc::unbounded_channel::<Instant>();
    let (report, reports) = mpsc::channel();
    tasks.push(runtime.spawn_remote(async move {
        while let Some(woken) = wakes.recv().await {
            report.send(woken.elapsed().as_secs_f64() * 1e6).expect("the benchmark listens");
        }
    }));
    let until = Instant::now() + watch.span(Duration::from_secs(2), Duration::from_millis(300));
    while Instant::now() < until {
        thread::sleep(Duration::from_millis(1));
        wake.send(Instant::now()).expect("the task waits");
    }
    drop(wake);
    let mut all: Vec<f64> = reports.iter().collect();
    goes_on.store(false, Ordering::Relaxed);
    runtime.block_on(join_all(tasks));
    all.sort_by(f64::total_cmp);
    vec![all[all.len() * 99 / 100], all[all.len() - 1]]
}
