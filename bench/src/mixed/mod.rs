//! The group `mixed`: waiting and working in one runtime. An echo client at a fixed rate and a
//! 1 ms timer share a runtime with four computing tasks that are spawned like any other task. The
//! server and the client are processes of their own; the server has no right to raise priorities.

mod client;
mod contender;
mod cortado_server;
mod figures;
pub(crate) mod go_server;
mod privileges;
mod schedule;
mod server;
mod threads_server;
mod tokio_server;
mod units;

use std::cell::OnceCell;
use std::rc::Rc;

use anyhow::Result;

use crate::goal::{Better, Goal};
use crate::registry::{Case, Group, Settings};
use crate::report::{Metric, OURS, Report};
use crate::round::{Contender, interleave};

pub(crate) use client::{ClientArgs, run as client};
use contender::Pair;
pub(crate) use go_server::toolchain_version as go_version;
use server::Load;
pub(crate) use server::{ServeArgs, run as serve};

pub(crate) const GROUP: Group = Group {
    name: "mixed",
    about: "echo and timer latency beside computing tasks in the same runtime",
    cases,
};

/// How many times below Tokio's the echo's 99th percentile must be.
const TIMES_BELOW_TOKIO: f64 = 20.0;

fn cases() -> Vec<Box<dyn Case>> {
    let case = |load: &Load| Box::new(Mixed(*load)) as Box<dyn Case>;
    Load::ALL.iter().map(case).collect()
}

/// The echo beside one kind of computing tasks.
struct Mixed(Load);

impl Case for Mixed {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn about(&self) -> &'static str {
        self.0.about()
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let units_per_ms = units::calibrate();
        let measured_ms = settings.amount(10_000, 1_500);
        let refusal = Rc::new(OnceCell::new());
        let pair = |runtime| {
            let refusal = Rc::clone(&refusal);
            Box::new(Pair { runtime, load: self.0, units_per_ms, measured_ms, refusal })
                as Box<dyn Contender>
        };
        let mut contenders =
            [OURS, "tokio", "go", threads_server::LOWERED, threads_server::PLAIN].map(pair);
        let series = interleave(&mut contenders, settings.rounds(3));
        let refusal = refusal.get().map_or("unknown, since no server ran", String::as_str);
        let notes = notes(units_per_ms, refusal);
        Ok(Report { metrics: metrics(), series, notes })
    }
}

fn notes(units_per_ms: u64, refusal: &str) -> Vec<String> {
    let control = threads_server::LOWERED;
    vec![
        format!("servers cannot raise priorities: a lowered thread that tries gets {refusal:?}"),
        format!("{units_per_ms} units of computing are 1 ms of an idle core"),
        "latencies count from the intended send time; client-late is the client's own delay in \
         sending, contained in them"
            .to_owned(),
        format!("{control} is a control: its computing threads are lowered by hand"),
    ]
}

/// The metrics, in the order in which `Pair::round` gives their figures.
fn metrics() -> Vec<Metric> {
    let latency = |name| Metric { name, unit: "us", better: Better::Lower, goals: Vec::new() };
    let echo = ["echo-p50", "echo-p99", "echo-p99.9", "echo-max"].map(latency);
    let timer = ["timer-p50", "timer-p99", "timer-p99.9", "timer-max"].map(latency);
    let lost = Metric { unit: "requests", ..latency("lost") };
    let computing =
        Metric { name: "computing", unit: "units/ms", better: Better::Higher, goals: Vec::new() };
    let mut metrics: Vec<Metric> = echo.into_iter().chain(timer).collect();
    metrics.extend([lost, latency("client-late-p99"), computing]);
    metrics[1].goals.push(Goal::Times { peer: "tokio", factor: TIMES_BELOW_TOKIO });
    metrics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goal_is_on_the_99th_percentile_of_the_echo_alone() {
        let with_goals: Vec<_> =
            metrics().iter().filter(|m| !m.goals.is_empty()).map(|m| m.name).collect();
        assert_eq!(with_goals, ["echo-p99"]);
    }
}
