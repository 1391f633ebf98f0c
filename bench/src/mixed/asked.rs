//! A task that asks for a millisecond of computing each 5 ms, and awaits it, while twice as many tasks as
//! cores compute without end: how long it waits beyond that millisecond.
//!
//! Where the endless tasks hold all threads that compute (a second runtime's workers, Rayon's), what is
//! asked for never begins; so Tokio's part is a thread of its blocking pool for each of them.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::cells::cores;
use super::process::{self, ProcessArgs};
use super::threads_server::{LOWERED, lower};
use super::tokio_server::SPAWN_BLOCKING;
use super::{privileges, units};
use crate::goal::Better;
use crate::latency::{histogram, percentiles};
use crate::registry::{Case, Settings};
use crate::report::{Metric, OURS, Report};

/// Endless tasks for each core.
const ENDLESS_PER_CORE: usize = 2;
/// The pause before each question.
const PAUSE: Duration = Duration::from_millis(5);
/// Before it nothing is counted: threads are made, and tasks move.
const WARM_UP: Duration = Duration::from_millis(500);

const RUNTIMES: [&str; 3] = [OURS, SPAWN_BLOCKING, LOWERED];

/// What computes without end, and what that has done.
struct Endless {
    units_per_ms: u64,
    done_ms: AtomicU64,
    stop: AtomicBool,
}

impl Endless {
    fn compute(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            units::compute(self.units_per_ms);
            self.done_ms.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The body of a contender's process: prints its figures.
pub(crate) fn run(args: &ProcessArgs) -> Result<()> {
    privileges::give_up_raising()?;
    let units = args.units_per_ms;
    let endless =
        Endless { units_per_ms: units, done_ms: AtomicU64::new(0), stop: AtomicBool::new(false) };
    let endless = Arc::new(endless);
    let measured = Duration::from_millis(args.measured_ms);
    let figures = match args.runtime.as_str() {
        OURS => cortado(&endless, measured)?,
        SPAWN_BLOCKING => tokio(&endless, measured)?,
        LOWERED => threads(&endless, measured)?,
        other => bail!("nobody asks in {other:?}"),
    };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

fn cortado(endless: &Arc<Endless>, measured: Duration) -> Result<[f64; 4]> {
    let runtime = cortado::Builder::new().report_long_polls(false).build()?;
    for endless in each(endless) {
        drop(runtime.spawn(async move { endless.compute() }));
    }
    let (asks, units) = (Arc::clone(endless), endless.units_per_ms);
    let asking = runtime.spawn(async move {
        let ask = || cortado::compute(move || units::compute(units));
        figures(&asks, measured, cortado::time::sleep, ask).await
    });
    Ok(runtime.block_on(asking)?)
}

fn tokio(endless: &Arc<Endless>, measured: Duration) -> Result<[f64; 4]> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
    for endless in each(endless) {
        runtime.spawn_blocking(move || endless.compute());
    }
    let (asks, units) = (Arc::clone(endless), endless.units_per_ms);
    let asking = runtime.spawn(async move {
        let ask = || async move {
            let asked = tokio::task::spawn_blocking(move || units::compute(units));
            asked.await.expect("it does not panic");
        };
        figures(&asks, measured, tokio::time::sleep, ask).await
    });
    Ok(runtime.block_on(asking)?)
}

/// The control: a thread for each, lowered by hand, and a new one for each question.
fn threads(endless: &Arc<Endless>, measured: Duration) -> Result<[f64; 4]> {
    for endless in each(endless) {
        thread::spawn(move || {
            lower();
            endless.compute();
        });
    }
    let units = endless.units_per_ms;
    let ask = || async move {
        let asked = thread::spawn(move || {
            lower();
            units::compute(units);
        });
        asked.join().expect("it does not panic");
    };
    let asking = figures(endless, measured, |pause| async move { thread::sleep(pause) }, ask);
    Ok(tokio::runtime::Builder::new_current_thread().build()?.block_on(asking))
}

fn each(endless: &Arc<Endless>) -> impl Iterator<Item = Arc<Endless>> {
    (0..ENDLESS_PER_CORE * cores()).map(|_| Arc::clone(endless))
}

/// Asks again and again: how long it waited beyond the millisecond, in ms, and how many cores the endless
/// tasks had meanwhile. Then these end.
async fn figures<S: Future<Output = ()>, A: Future<Output = ()>>(
    endless: &Endless,
    measured: Duration,
    sleep: impl Fn(Duration) -> S,
    ask: impl Fn() -> A,
) -> [f64; 4] {
    sleep(WARM_UP).await;
    let mut waits = histogram();
    let (began, done) = (Instant::now(), endless.done_ms.load(Ordering::Relaxed));
    while began.elapsed() < measured {
        sleep(PAUSE).await;
        let asked = Instant::now();
        ask().await;
        let beyond = asked.elapsed().saturating_sub(Duration::from_millis(1));
        waits.saturating_record(beyond.as_nanos() as u64);
    }
    let computed = endless.done_ms.load(Ordering::Relaxed) - done;
    let cores = computed as f64 / (began.elapsed().as_secs_f64() * 1e3);
    endless.stop.store(true, Ordering::Relaxed);
    let waits = percentiles(&waits);
    [waits.p50 / 1e3, waits.p99 / 1e3, waits.max / 1e3, cores]
}

/// See the module.
pub(super) struct Asked;

impl Case for Asked {
    fn name(&self) -> &'static str {
        "asked"
    }

    fn about(&self) -> &'static str {
        "a task asks for 1 ms of computing beside endless tasks: what it waits beyond"
    }

    fn is_for_smoke(&self) -> bool {
        false
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let series = process::rounds("ask", RUNTIMES.into_iter(), settings);
        let lower = |name, unit| Metric { name, unit, better: Better::Lower, goals: Vec::new() };
        let computing = Metric { better: Better::Higher, ..lower("computing", "cores") };
        let metrics = vec![lower("p50", "ms"), lower("p99", "ms"), lower("max", "ms"), computing];
        let notes = vec![
            format!("{ENDLESS_PER_CORE} endless tasks a core, which have what `computing` says"),
            "with Rayon, or on a second runtime, it never begins: the endless tasks hold their threads"
                .to_owned(),
        ];
        Ok(Report { metrics, series, notes })
    }
}
