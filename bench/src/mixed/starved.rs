//! Whether the monitor takes a machine that others keep busy for tasks that compute: polls of 10 us that
//! last far longer, since twice as many busy programs as cores get their turns in between.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::goal::{Better, Goal};
use crate::measured_child::Reaped;
use crate::registry::{Case, Settings};
use crate::report::{Metric, OURS, Report};
use crate::round::{Contender, interleave};

const TASKS: usize = 50;
const POLL: Duration = Duration::from_micros(10);

/// See the module.
pub(super) struct Starved;

impl Case for Starved {
    fn name(&self) -> &'static str {
        "false-positives"
    }

    fn about(&self) -> &'static str {
        "short polls beside twice as many busy programs as cores: what the monitor does"
    }

    fn is_for_smoke(&self) -> bool {
        false
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let time = Duration::from_millis(settings.amount(10_000, 1_500));
        let mut contenders: Vec<Box<dyn Contender>> = vec![Box::new(Watched(time))];
        let series = interleave(&mut contenders, settings.rounds(3));
        let none = |name, unit| Metric {
            name,
            unit,
            better: Better::Lower,
            goals: vec![Goal::Below(0.5)],
        };
        let metrics = vec![
            none("seats-freed", "seats"),
            none("threads-lowered", "threads"),
            none("threads-added", "threads"),
        ];
        let note = format!("{TASKS} tasks whose polls compute {POLL:?}, and a 1 ms timer");
        Ok(Report { metrics, series, notes: vec![note] })
    }
}

/// cortado for so long, and what its monitor did.
struct Watched(Duration);

impl Contender for Watched {
    fn name(&self) -> String {
        OURS.to_owned()
    }

    fn missing(&self) -> Option<String> {
        None
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        let cores = thread::available_parallelism()?.get();
        let runtime = cortado::Builder::new().worker_threads(cores).build()?;
        let _busy = (0..2 * cores).map(|_| start_busy()).collect::<Result<Vec<_>>>()?;
        let stop = Arc::new(AtomicBool::new(false));
        let tasks: Vec<_> =
            (0..TASKS).map(|_| runtime.spawn(compute_shortly(Arc::clone(&stop)))).collect();
        thread::sleep(self.0);
        let metrics = runtime.handle().metrics();
        stop.store(true, Ordering::Relaxed);
        runtime.block_on(async {
            for task in tasks {
                task.await.expect("it does not panic");
            }
        });
        let threads = metrics.wait_threads + metrics.work_threads;
        let added = threads.saturating_sub(cores);
        Ok(vec![metrics.seats_freed as f64, metrics.threads_lowered as f64, added as f64])
    }
}

async fn compute_shortly(stop: Arc<AtomicBool>) {
    let mut sleeps = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        while begun.elapsed() < POLL {}
        if sleeps.elapsed() > Duration::from_millis(1) {
            cortado::time::sleep(Duration::from_millis(1)).await;
            sleeps = Instant::now();
        } else {
            cortado::yield_now().await;
        }
    }
}

/// A program that computes at normal priority until it is dropped.
fn start_busy() -> Result<Reaped> {
    let mut command = Command::new("sh");
    command.args(["-c", "while :; do :; done"]).stdin(Stdio::null());
    Ok(Reaped(command.spawn().context("start a busy program")?))
}
