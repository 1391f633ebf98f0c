//! A `std::sync::Mutex` that tasks of both lanes lock, while the wait lane has always something to do:
//! whoever is preempted while it holds the lock keeps all others waiting, whatever their priority. How
//! long they wait, and what is left of the cores for the tasks that compute.

mod runtimes;
mod scene;

use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::privileges;
use super::process::{self, ProcessArgs};
use crate::goal::{Better, Goal};
use crate::registry::{Case, Settings};
use crate::report::{Metric, Report};
use scene::Scene;

/// What the tasks that compute must have of the cores, in percent. The kernel leaves a thread at nice +10
/// beside one at normal priority 9.7: 110 of 1134 by its weights.
const FLOOR: f64 = 8.0;

/// The body of a contender's process: prints its figures.
pub(crate) fn run(args: &ProcessArgs) -> Result<()> {
    privileges::give_up_raising()?;
    let start = runtimes::find(&args.runtime)?;
    let scene = Scene::new(args.units_per_ms, thread::available_parallelism()?.get());
    let running = start(&scene)?;
    let ([wait, work], threads) = scene.watch(Duration::from_millis(args.measured_ms))?;
    drop(running);
    let waits = [wait.waits, work.waits].map(|waits| [waits.p50, waits.p99, waits.max]);
    let rest = [work.share, wait.share, work.longest_turn.as_secs_f64() * 1e3, threads as f64];
    println!("{}", serde_json::to_string(&[&waits.concat()[..], &rest].concat())?);
    Ok(())
}

/// See the module.
pub(super) struct HeldLock;

impl Case for HeldLock {
    fn name(&self) -> &'static str {
        "held-lock"
    }

    fn about(&self) -> &'static str {
        "a std mutex that both lanes lock, while the wait lane has always something to do"
    }

    fn is_for_smoke(&self) -> bool {
        false
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let series = process::rounds("lock", runtimes::names(), settings);
        Ok(Report { metrics: metrics(), series, notes: Scene::notes() })
    }
}

/// The metrics, in the order in which a process prints its figures.
fn metrics() -> Vec<Metric> {
    let metric = |name, unit, better| Metric { name, unit, better, goals: Vec::new() };
    let lower = |name, unit| metric(name, unit, Better::Lower);
    vec![
        lower("wait-lane-p50", "us"),
        lower("wait-lane-p99", "us"),
        lower("wait-lane-max", "us"),
        lower("work-lane-p50", "us"),
        lower("work-lane-p99", "us"),
        lower("work-lane-max", "us"),
        Metric {
            goals: vec![Goal::AtLeast(FLOOR)],
            ..metric("work-share", "% of the cores", Better::Higher)
        },
        metric("wait-share", "% of the cores", Better::Higher),
        lower("longest-turn", "ms"),
        lower("threads", "threads"),
    ]
}
