//! A task asks for a computation and awaits it: what the way there and back costs.

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::peer::{Cortado, Peer, Rayon};
use crate::round::median;
use crate::runtime::WORKERS;
use crate::stopwatch::Stopwatch;

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) enum Asked {
    /// Next to nothing.
    Trifle,
    /// So much that it should not delay a task that waits.
    Computation,
}

impl Asked {
    /// Computes; returns how long that took by itself, where it is more than the clock costs.
    fn compute(self) -> Duration {
        match self {
            Asked::Trifle => black_box(Duration::ZERO),
            Asked::Computation => {
                let began = Instant::now();
                while began.elapsed() < COMPUTATION {}
                began.elapsed()
            }
        }
    }
}

const COMPUTATION: Duration = Duration::from_micros(50);
/// Round trips that are timed together.
const ASKS: u32 = 100;

/// ns per round trip, beyond the computation itself.
async fn round_trip<F>(watch: Stopwatch, ask: impl Fn() -> F + Send) -> f64
where
    F: Future<Output = Duration> + Send,
{
    let span = watch.span(Duration::from_millis(700), Duration::from_millis(200));
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < 3 || start.elapsed() < span {
        let (began, mut computed) = (Instant::now(), Duration::ZERO);
        for _ in 0..ASKS {
            computed += ask().await;
        }
        times.push((began.elapsed() - computed).as_nanos() as f64 / f64::from(ASKS));
    }
    // The first hundred are not counted.
    median(&times[1..]).expect("there were three hundred round trips at least")
}

fn tokio() -> tokio::runtime::Runtime {
    let builder = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).build();
    builder.expect("Tokio starts")
}

/// A task of ours and `compute`.
pub(super) fn over_compute(watch: &Stopwatch, asked: Asked) -> f64 {
    let (Cortado(runtime), watch) = (Cortado::start(WORKERS), *watch);
    let ask = move || cortado::compute(move || asked.compute());
    let task = runtime.spawn(round_trip(watch, ask));
    runtime.block_on(task).expect("the task does not panic")
}

/// A task of Tokio's, a job of Rayon's, and a oneshot back.
pub(super) fn over_rayon(watch: &Stopwatch, asked: Asked) -> f64 {
    let (runtime, watch, Rayon(pool)) = (tokio(), *watch, Rayon::start(WORKERS));
    let pool = Arc::new(pool);
    let ask = move || {
        let (answer, answered) = tokio::sync::oneshot::channel();
        pool.spawn(move || answer.send(asked.compute()).expect("the task waits"));
        async { answered.await.expect("the job answers") }
    };
    let task = runtime.spawn(round_trip(watch, ask));
    runtime.block_on(task).expect("the task does not panic")
}

/// Tokio's threads for calls that block.
pub(super) fn over_spawn_blocking(watch: &Stopwatch, asked: Asked) -> f64 {
    let (runtime, watch) = (tokio(), *watch);
    let ask = move || {
        let call = tokio::task::spawn_blocking(move || asked.compute());
        async { call.await.expect("the call does not panic") }
    };
    let task = runtime.spawn(round_trip(watch, ask));
    runtime.block_on(task).expect("the task does not panic")
}
