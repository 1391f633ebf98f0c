//! Timers: their price when nothing comes of them, and how late they are.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::peer::{Peer, join_all};
use crate::stopwatch::Stopwatch;

const SLEEPERS: u64 = 100;

/// Starts the timer: its first poll.
fn start(timer: Pin<&mut impl Future<Output = ()>>) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(timer.poll(&mut context), Poll::Pending), "a timer of a minute is not due");
}

/// Times from one to two minutes, so that they do not all stand in one place.
fn far_away(index: usize) -> Duration {
    Duration::from_secs(60) + Duration::from_micros(index as u64 * 60)
}

/// Timers that are started and dropped one by one, and then all together: ns each.
pub(super) fn created_and_cancelled<P: Peer>(watch: &Stopwatch) -> Vec<f64> {
    let runtime = P::start();
    let count = if watch.is_quick() { 100_000 } else { 1_000_000 };
    let in_a_task = |work: fn(usize)| {
        watch.per_operation(count, || {
            let task = runtime.spawn_remote(async move { work(count) });
            runtime.block_on(join_all([task]));
        })
    };
    vec![in_a_task(one_by_one::<P>), in_a_task(all_together::<P>)]
}

fn one_by_one<P: Peer>(count: usize) {
    for index in 0..count {
        start(pin!(P::sleep(far_away(index))));
    }
}

fn all_together<P: Peer>(count: usize) {
    let mut timers: Vec<_> = (0..count).map(|index| Box::pin(P::sleep(far_away(index)))).collect();
    timers.iter_mut().for_each(|timer| start(timer.as_mut()));
}

/// A hundred tasks that sleep 1 to 50 ms, again and again, on a runtime that does nothing else: the
/// 99th percentile of how late they wake, in µs.
pub(super) fn lateness<P: Peer>(watch: &Stopwatch) -> f64 {
    let runtime = P::start();
    let until = Instant::now() + watch.span(Duration::from_secs(2), Duration::from_millis(400));
    let (report, reports) = mpsc::channel();
    let tasks = (0..SLEEPERS).map(|seed| {
        let report = report.clone();
        runtime.spawn_remote(async move {
            let mut time = seed;
            while Instant::now() < until {
                time = (time * 37 + 11) % 50;
                let due = Instant::now() + Duration::from_millis(time + 1);
                P::sleep(due.saturating_duration_since(Instant::now())).await;
                let late = Instant::now().saturating_duration_since(due);
                report.send(late.as_secs_f64() * 1e6).expect("the benchmark listens");
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    runtime.block_on(join_all(tasks));
    drop(report);
    let mut all: Vec<f64> = reports.iter().collect();
    all.sort_by(f64::total_cmp);
    all[all.len() * 99 / 100]
}
