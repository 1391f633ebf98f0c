//! The group `mixed`: waiting and working in one runtime. An echo client at a fixed rate and a
//! 1 ms timer share a runtime with tasks that compute. The server and the client are processes of
//! their own; the server has no right to raise priorities.

mod asked;
mod cells;
mod client;
mod contender;
mod cortado_server;
mod figures;
pub(crate) mod go_server;
mod held_lock;
mod privileges;
mod process;
mod quota;
mod schedule;
mod server;
mod smol_server;
mod starved;
mod threads_server;
mod tokio_server;
mod units;
mod work;

use std::cell::OnceCell;
use std::rc::Rc;

use anyhow::Result;

use crate::goal::{Better, Goal};
use crate::registry::{Case, Group, Settings};
use crate::report::{Metric, OURS, Report};
use crate::round::{Contender, interleave};

pub(crate) use asked::run as ask;
use cells::{Cell, Setting, cores};
pub(crate) use client::{ClientArgs, run as client};
use contender::Pair;
pub(crate) use go_server::toolchain_version as go_version;
pub(crate) use held_lock::run as lock;
pub(crate) use process::ProcessArgs;
use quota::Group as ControlGroup;
pub(crate) use server::{ServeArgs, run as serve};
pub(crate) use starved::{StarvedArgs, run as starved};
use work::Kind;

pub(crate) const GROUP: Group = Group {
    name: "mixed",
    about: "echo and timer latency beside computing tasks in the same runtime",
    cases,
};

fn cases() -> Vec<Box<dyn Case>> {
    let beside_echo = cells::all().map(|cell| Box::new(Mixed(cell)) as Box<dyn Case>);
    let others: [Box<dyn Case>; 3] =
        [Box::new(asked::Asked), Box::new(held_lock::HeldLock), Box::new(starved::Starved)];
    beside_echo.chain(others).collect()
}

/// The echo beside one kind of work.
struct Mixed(Cell);

impl Case for Mixed {
    fn name(&self) -> &'static str {
        self.0.name
    }

    fn about(&self) -> &'static str {
        self.0.about
    }

    fn is_for_smoke(&self) -> bool {
        self.0.smoke
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let units_per_ms = units::calibrate();
        let measured_ms = settings.amount(10_000, 1_500);
        let refusal = Rc::new(OnceCell::new());
        let group = match self.0.setting {
            Setting::Quota(cpus) => Some(Rc::new(ControlGroup::with_quota(cpus)?)),
            _ => None,
        };
        let work = self.0.work();
        let pair = |runtime: &&'static str| {
            let (refusal, group) = (Rc::clone(&refusal), group.clone());
            Box::new(Pair { runtime, work, group, units_per_ms, measured_ms, refusal })
                as Box<dyn Contender>
        };
        let mut contenders: Vec<_> = contenders(&self.0).iter().map(pair).collect();
        let series = interleave(&mut contenders, settings.rounds(3));
        let refusal = refusal.get().map_or("unknown, since no server ran", String::as_str);
        let mut notes = notes(units_per_ms, refusal);
        notes.insert(0, format!("beside the echo: {work}"));
        Ok(Report { metrics: metrics(&self.0), series, notes })
    }
}

/// Who takes part: everybody, but for work that a contender has no way of doing.
fn contenders(cell: &Cell) -> &'static [&'static str] {
    use cortado_server::{COMPUTE, UNCONFINED, WITH_RAYON};
    use go_server::NAME as GO;
    use smol_server::NAME as SMOL;
    use threads_server::{LOWERED, PLAIN, RAYON_ALONE};
    use tokio_server::{DEFAULT, EAGER, RAYON, SPAWN_BLOCKING, TWO};
    match (cell.setting, cell.kind) {
        (Setting::Throughput, _) => &[OURS, TWO, LOWERED, RAYON_ALONE],
        (Setting::Quota(_), _) => {
            &[OURS, UNCONFINED, DEFAULT, SPAWN_BLOCKING, RAYON, TWO, SMOL, GO, LOWERED, PLAIN]
        }
        (Setting::Late, Kind::Sleeping) => &[OURS, DEFAULT, SPAWN_BLOCKING, RAYON, TWO, SMOL, GO],
        (Setting::Late, _) => &[OURS, COMPUTE, DEFAULT, SPAWN_BLOCKING, RAYON, TWO, SMOL, GO],
        (_, Kind::Requests) => {
            &[OURS, COMPUTE, DEFAULT, EAGER, SPAWN_BLOCKING, RAYON, TWO, SMOL, GO]
        }
        _ => &[
            OURS,
            COMPUTE,
            WITH_RAYON,
            DEFAULT,
            EAGER,
            SPAWN_BLOCKING,
            RAYON,
            TWO,
            SMOL,
            GO,
            LOWERED,
            PLAIN,
        ],
    }
}

fn notes(units_per_ms: u64, refusal: &str) -> Vec<String> {
    let control = threads_server::LOWERED;
    vec![
        format!("servers cannot raise priorities: a lowered thread that tries gets {refusal:?}"),
        format!(
            "{units_per_ms} units of computing are 1 ms of an idle core; Go compiles other code"
        ),
        "latencies count from the intended send time; client-late is the client's own delay in \
         sending, contained in them"
            .to_owned(),
        "first-slice and never-begun are of all computing tasks since the start of the server"
            .to_owned(),
        format!("{control} is a control: its computing threads are lowered by hand"),
    ]
}

/// The metrics, in the order in which `Pair::round` gives their figures.
fn metrics(cell: &Cell) -> Vec<Metric> {
    let lower = |name, unit| Metric { name, unit, better: Better::Lower, goals: Vec::new() };
    let mut metrics: Vec<Metric> = [
        "echo-p50",
        "echo-p99",
        "echo-p99.9",
        "echo-max",
        "timer-p50",
        "timer-p99",
        "timer-p99.9",
        "timer-max",
    ]
    .map(|name| lower(name, "us"))
    .into();
    metrics.extend([
        lower("lost", "requests"),
        lower("client-late-p99", "us"),
        Metric { better: Better::Higher, ..lower("computing", "cores") },
        lower("threads", "threads"),
        lower("first-slice", "ms"),
        lower("never-begun", "tasks"),
    ]);
    for (name, goal) in goals(cell) {
        let metric = metrics.iter_mut().find(|metric| metric.name == name);
        metric.expect("a goal names a metric").goals.push(goal);
    }
    metrics
}

/// What the echo's percentiles, and what else a cell is about, are to be.
fn goals(cell: &Cell) -> Vec<(&'static str, Goal)> {
    use threads_server::{LOWERED, RAYON_ALONE};
    use tokio_server::{DEFAULT, TWO};
    match (cell.setting, cell.kind) {
        (Setting::Throughput, _) => vec![("computing", times(RAYON_ALONE, 0.97))],
        (Setting::Quota(_), _) => vec![("echo-p99", times(DEFAULT, 20.0))],
        (Setting::Late, Kind::LongLived) => vec![("echo-p99", Goal::Below(1_000.0))],
        (Setting::Late, _) | (_, Kind::Requests) => Vec::new(),
        // On a machine where nothing computes, both are as good.
        _ if cell.work().tasks == 0 => vec![("echo-p99", times(TWO, 0.95))],
        _ => {
            let mut goals = vec![
                ("echo-p99", Goal::Below(300.0)),
                ("echo-p99", times(TWO, 0.95)),
                ("echo-p99.9", times(LOWERED, 1.0 / 1.2)),
                ("computing", times(TWO, 0.95)),
            ];
            if cell.work().tasks >= cores() {
                goals.extend(echo_beside_work().map(|goal| ("echo-p99", goal)));
            }
            if cell.poll_us == 0 && cell.work().tasks <= 8 {
                goals.push(("first-slice", Goal::Below(100.0)));
            }
            goals
        }
    }
}

/// Where as many tasks compute as there are cores or more: `compute`, and Rayon in the work lane, are 200 times
/// below who shares the cores evenly; and who says nothing of computing has twice that at the most.
fn echo_beside_work() -> impl Iterator<Item = Goal> {
    use cortado_server::{COMPUTE, WITH_RAYON};
    let limits =
        || [Goal::Below(150.0), times(tokio_server::DEFAULT, 200.0), times(go_server::NAME, 200.0)];
    let limits_of = move |subject| limits().map(|goal| Goal::Of(subject, Box::new(goal)));
    [COMPUTE, WITH_RAYON].into_iter().flat_map(limits_of).chain([times(COMPUTE, 0.5)])
}

fn times(peer: &'static str, factor: f64) -> Goal {
    Goal::Times { peer, factor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_goal_names_a_metric_and_a_contender_of_its_cell() {
        for cell in cells::all() {
            for goal in metrics(&cell).iter().flat_map(|metric| &metric.goals) {
                for name in names_in(goal) {
                    assert!(contenders(&cell).contains(&name), "{} has no {name}", cell.name);
                }
            }
        }
    }

    fn names_in(goal: &Goal) -> Vec<&'static str> {
        match goal {
            Goal::Of(subject, goal) => [vec![*subject], names_in(goal)].concat(),
            Goal::Times { peer, .. } | Goal::AtMostAbove { peer, .. } => vec![*peer],
            Goal::Below(_) | Goal::AtLeast(_) | Goal::Ends => Vec::new(),
        }
    }
}
