//! How fast jobs that do nothing can be run, two at once, and what the runner itself costs per job.
//! The floor is a bare loop of spawns in a process of its own.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::{cortado_run, open, write_lines};
use crate::goal::{Better, Goal};
use crate::measured_child::{self, Cost};
use crate::registry::{Case, Settings};
use crate::report::{Metric, OURS, Report};
use crate::round::{Contender, interleave};

/// Jobs per second of `true`.
pub(super) struct SpawnRate;

impl Case for SpawnRate {
    fn name(&self) -> &'static str {
        "true-10000"
    }

    fn about(&self) -> &'static str {
        "10,000 x true, 2 at once"
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let metrics = vec![Metric {
            name: "",
            unit: "jobs/s",
            better: Better::Higher,
            goals: vec![
                Goal::Times { peer: "xargs", factor: 1.3 },
                Goal::Times { peer: "parallel", factor: 6.0 },
                Goal::Times { peer: "bare-spawn", factor: 0.9 },
            ],
        }];
        run_with(settings, metrics, |costs| vec![costs.jobs as f64 / costs.wall.as_secs_f64()])
    }
}

/// CPU time per job of the runner itself.
pub(super) struct CpuPerJob;

impl Case for CpuPerJob {
    fn name(&self) -> &'static str {
        "cpu-per-job"
    }

    fn about(&self) -> &'static str {
        "CPU time of the runner itself per job of 10,000 x true, 2 at once"
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let own = Metric {
            name: "own",
            unit: "ms",
            better: Better::Lower,
            goals: vec![Goal::AtMostAbove { peer: "bare-spawn", extra: 0.25 }],
        };
        let all =
            Metric { name: "with-jobs", unit: "ms", better: Better::Lower, goals: Vec::new() };
        run_with(settings, vec![own, all], |costs| {
            let own = costs.own_cpu;
            [own, own + costs.children_cpu].map(|time| costs.ms_per_job(time)).into()
        })
    }
}

/// What the given number of jobs cost, or would have cost.
struct RunCosts {
    jobs: u64,
    wall: Duration,
    own_cpu: Duration,
    children_cpu: Duration,
}

impl RunCosts {
    fn ms_per_job(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e3 / self.jobs as f64
    }
}

type Figures = fn(&RunCosts) -> Vec<f64>;

fn run_with(settings: &Settings, metrics: Vec<Metric>, figures: Figures) -> Result<Report> {
    let jobs = settings.amount(10_000, 1_000);
    // GNU parallel needs ten times as long per job; its own start is measured apart and counted
    // once, so the smaller number costs it nothing.
    let parallel_jobs = settings.amount(1_000, 100);
    let folder = TempDir::new().context("make a folder for the inputs")?;
    let numbers = |count: u64| (1..=count).map(|number| number.to_string());
    let file = |name: &str, count: u64| write_lines(folder.path(), name, numbers(count));
    let runner = |kind: Kind, inputs: PathBuf, counted: u64| Runner {
        kind,
        jobs,
        counted,
        one: folder.path().join("one"),
        inputs,
        figures,
    };
    file("one", 1)?;
    let all = file("all", jobs)?;
    let few = file("few", parallel_jobs)?;
    let mut contenders: Vec<Box<dyn Contender>> = vec![
        Box::new(runner(Kind::Cortado(settings.cortado.path().ok()), all.clone(), jobs)),
        Box::new(runner(Kind::Xargs, all.clone(), jobs)),
        Box::new(runner(Kind::Parallel, few, parallel_jobs)),
        Box::new(runner(Kind::BareSpawn, all, jobs)),
    ];
    let series = interleave(&mut contenders, settings.rounds(1));
    let notes = vec![format!(
        "parallel ran {parallel_jobs} jobs, scaled to {jobs} with its start counted once"
    )];
    Ok(Report { metrics, series, notes })
}

enum Kind {
    Cortado(Option<PathBuf>),
    Xargs,
    Parallel,
    BareSpawn,
}

struct Runner {
    kind: Kind,
    /// The number of jobs that the figures speak of.
    jobs: u64,
    /// The number of jobs that a round runs.
    counted: u64,
    inputs: PathBuf,
    /// A file with a single input, for the cost of starting.
    one: PathBuf,
    figures: Figures,
}

impl Contender for Runner {
    fn name(&self) -> String {
        match self.kind {
            Kind::Cortado(_) => OURS,
            Kind::Xargs => "xargs",
            Kind::Parallel => "parallel",
            Kind::BareSpawn => "bare-spawn",
        }
        .to_owned()
    }

    fn missing(&self) -> Option<String> {
        match self.kind {
            Kind::Cortado(None) => Some("it did not build".to_owned()),
            Kind::Xargs => missing_tool("xargs", "apt-get install findutils"),
            Kind::Parallel => missing_tool("parallel", "apt-get install parallel"),
            Kind::Cortado(Some(_)) | Kind::BareSpawn => None,
        }
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        let many = measured_child::run(&mut self.command(&self.inputs, self.counted)?)?;
        let costs = if self.counted == self.jobs {
            costs_as_measured(&many, self.jobs)
        } else {
            let one = measured_child::run(&mut self.command(&self.one, 1)?)?;
            scaled(&one, &many, self.counted, self.jobs)
        };
        Ok((self.figures)(&costs))
    }
}

impl Runner {
    fn command(&self, inputs: &Path, count: u64) -> Result<Command> {
        let mut command = match &self.kind {
            Kind::Cortado(path) => {
                let path = path.as_deref().context("cortado did not build")?;
                return cortado_run(path, &["-j2"], &["true".into()], inputs);
            }
            Kind::Xargs => with_arguments("xargs", &["-n1", "-P2", "true"]),
            Kind::Parallel => with_arguments("parallel", &["-j2", "true"]),
            Kind::BareSpawn => {
                let mut command = Command::new(env::current_exe()?);
                command.args(["workload", "spawn-loop", "--threads", "2", "--jobs"]);
                command.args([&count.to_string(), "true"]);
                command
            }
        };
        command.stdin(open(inputs)?).stdout(Stdio::null());
        Ok(command)
    }
}

fn with_arguments(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn missing_tool(program: &str, remedy: &str) -> Option<String> {
    let found = Command::new(program).arg("--version").stdin(Stdio::null()).output().is_ok();
    (!found).then(|| format!("{program} is not installed ({remedy})"))
}

fn costs_as_measured(cost: &Cost, jobs: u64) -> RunCosts {
    RunCosts { jobs, wall: cost.wall, own_cpu: cost.own_cpu, children_cpu: cost.children_cpu }
}

/// What `jobs` jobs would cost when the first costs `one` and `counted` cost `many`: the start is
/// counted once, every further job at the rate that was measured.
fn scaled(one: &Cost, many: &Cost, counted: u64, jobs: u64) -> RunCosts {
    let further = (jobs - 1) as f64 / (counted - 1) as f64;
    let scale = |first: Duration, all: Duration| first + all.saturating_sub(first).mul_f64(further);
    RunCosts {
        jobs,
        wall: scale(one.wall, many.wall),
        own_cpu: scale(one.own_cpu, many.own_cpu),
        children_cpu: scale(one.children_cpu, many.children_cpu),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_counts_the_start_once() {
        let cost = |ms: u64| {
            let time = Duration::from_millis(ms);
            Cost { wall: time, own_cpu: time, children_cpu: time }
        };
        let all = scaled(&cost(200), &cost(1199), 1000, 10_000);
        assert_eq!(all.wall, Duration::from_millis(200 + 9999));
        assert_eq!(all.jobs, 10_000);
    }
}
