//! Whether the monitor takes a machine that others keep busy, or a quota that is used up, for tasks that
//! compute: polls of 10 us that last far longer, since twice as many busy programs as cores get their
//! turns in between, or use the quota up.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;

use super::cells::cores;
use super::quota::{Group, join_group};
use crate::goal::{Better, Goal};
use crate::measured_child::{Reaped, figures};
use crate::registry::{Case, Settings};
use crate::report::{Metric, OURS, Report};
use crate::round::{Contender, interleave};

const TASKS: usize = 50;
const POLL: Duration = Duration::from_micros(10);

/// A process that has not ended so long after its time hangs.
const GRACE: Duration = Duration::from_secs(60);

/// Where the same runtime is watched, by the quota of the control group that it shares with the busy
/// programs.
const SCENES: [(&str, Option<f64>); 3] =
    [(OURS, None), ("cortado-quota-1", Some(1.0)), ("cortado-quota-0.5", Some(0.5))];

/// Options of `bench starved`.
#[derive(Args)]
pub(crate) struct StarvedArgs {
    /// Milliseconds for which the runtime is watched.
    #[arg(long)]
    measured_ms: u64,
    /// The directory of a control group to enter first.
    #[arg(long)]
    group: Option<PathBuf>,
}

/// The body of a process with the runtime: prints what its monitor did.
pub(crate) fn run(args: &StarvedArgs) -> Result<()> {
    if let Some(group) = &args.group {
        join_group(group)?;
    }
    let cores = cores();
    let runtime = cortado::Builder::new().worker_threads(cores).build()?;
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> =
        (0..TASKS).map(|_| runtime.spawn(compute_shortly(Arc::clone(&stop)))).collect();
    thread::sleep(Duration::from_millis(args.measured_ms));
    let metrics = runtime.handle().metrics();
    stop.store(true, Ordering::Relaxed);
    runtime.block_on(async {
        for task in tasks {
            task.await.expect("it does not panic");
        }
    });
    let added = (metrics.wait_threads + metrics.work_threads).saturating_sub(cores);
    let printed = [metrics.seats_freed, metrics.threads_lowered, added as u64];
    println!("{}", serde_json::to_string(&printed)?);
    Ok(())
}

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
        let measured_ms = settings.amount(10_000, 1_500);
        let watched =
            |(name, quota)| Box::new(Watched { name, quota, measured_ms }) as Box<dyn Contender>;
        let mut contenders: Vec<_> = SCENES.map(watched).into();
        let series = interleave(&mut contenders, settings.rounds(3));
        let none = |name, unit| Metric {
            name,
            unit,
            better: Better::Lower,
            goals: SCENES.map(|(scene, _)| Goal::Of(scene, Box::new(Goal::Below(0.5)))).into(),
        };
        let metrics = vec![
            none("seats-freed", "seats"),
            none("threads-lowered", "threads"),
            none("threads-added", "threads"),
        ];
        let notes = vec![
            format!("{TASKS} tasks whose polls compute {POLL:?}, and a 1 ms timer"),
            "where there is a quota, the busy programs share it".to_owned(),
        ];
        Ok(Report { metrics, series, notes })
    }
}

/// cortado in a process for so long, beside busy programs.
struct Watched {
    name: &'static str,
    quota: Option<f64>,
    measured_ms: u64,
}

impl Contender for Watched {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn missing(&self) -> Option<String> {
        let refused = Group::with_quota(self.quota?).err()?;
        Some(format!("no control group can be made here, which needs root: {refused:#}"))
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        // It is removed last, when nobody is left in it.
        let group = self.quota.map(Group::with_quota).transpose()?;
        let busy = || start_busy(group.as_ref());
        let _busy = (0..2 * cores()).map(|_| busy()).collect::<Result<Vec<_>>>()?;
        let mut command = Command::new(env::current_exe().context("find this binary")?);
        command.args(["starved", "--measured-ms", &self.measured_ms.to_string()]);
        if let Some(group) = &group {
            command.arg("--group").arg(group.path());
        }
        figures(&mut command, Duration::from_millis(self.measured_ms) + GRACE)
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

/// A program that computes at normal priority until it is dropped, in the control group if there is one.
fn start_busy(group: Option<&Group>) -> Result<Reaped> {
    let mut command = Command::new("sh");
    let enter = r#"[ -z "$1" ] || echo $$ > "$1/cgroup.procs"; while :; do :; done"#;
    command.args(["-c", enter, "busy"]).stdin(Stdio::null());
    command.args(group.map(Group::path));
    Ok(Reaped(command.spawn().context("start a busy program")?))
}
