//! The group `runtime`: what tasks, yields, wake-ups and timers cost on one runtime beside others.
//! Every contender runs in a process of its own, which measures itself: memory and CPU time belong
//! to one runtime then, and none inherits another's heap.

mod contender;
mod meeting;
mod memory;
mod outside;
mod peer;
mod peers;
mod quiet;
mod scheduling;
mod subject;
mod timers;

use anyhow::Result;

use crate::goal::{Better, Goal};
use crate::registry::{Case, Group, Settings};
use crate::report::{Metric, OURS, Report};
use crate::round::{Contender, interleave};

pub(crate) use contender::{ContendArgs, NO_FORTE, run as contend};
use contender::{Process, UNMONITORED};
pub(crate) use peer::WORKERS;
pub(crate) use quiet::share_of_core;
use subject::Subject;

pub(crate) const GROUP: Group = Group {
    name: "runtime",
    about: "spawn, yield, wake, park, sleep: what the scheduler costs",
    cases,
};

fn cases() -> Vec<Box<dyn Case>> {
    Subject::ALL.iter().map(|subject| Box::new(Measured(*subject)) as Box<dyn Case>).collect()
}

/// One subject on every runtime.
struct Measured(Subject);

impl Case for Measured {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn about(&self) -> &'static str {
        self.0.about()
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let (subject, quick) = (self.0, settings.quick);
        let mut contenders: Vec<_> = contenders(subject)
            .iter()
            .map(|peer| Box::new(Process { peer, subject, quick }) as Box<dyn Contender>)
            .collect();
        let series = interleave(&mut contenders, settings.rounds(3));
        Ok(Report { metrics: metrics(subject), series, notes: notes(subject) })
    }
}

fn contenders(subject: Subject) -> &'static [&'static str] {
    match subject {
        subject if subject.is_on_one_thread() => &[OURS, "tokio"],
        Subject::TinyTasks => &[OURS, "tokio", "smol", "static-executor", "go", "forte", "nothing"],
        subject if subject.is_of_tokio() => {
            &[OURS, UNMONITORED, "tokio", "smol", "static-executor", "go", "forte"]
        }
        _ => &[OURS, "tokio", "smol", "static-executor", "go", "forte"],
    }
}

fn notes(subject: Subject) -> Vec<String> {
    let mut notes = vec![format!("{} workers; each contender in its own process", peer::WORKERS)];
    match subject {
        Subject::TinyTasks => {
            notes.push("nothing is the thread that spawns, without tasks".to_owned());
        }
        Subject::IdleWakeUps => {
            notes.push("go is counted with the one wake-up of its own counting".to_owned());
        }
        Subject::Rendezvous | Subject::Skynet => {
            let channels =
                "ours meet over cortado's channel, go over its own, the others over kanal's";
            notes.push(channels.to_owned());
        }
        _ => {}
    }
    notes
}

/// In the order in which a contender gives its figures.
fn metrics(subject: Subject) -> Vec<Metric> {
    let metric = |name, goals| Metric { name, unit: subject.unit(), better: Better::Lower, goals };
    let below = |limit| vec![Goal::Below(limit)];
    // A time of 0.8 is 1.25 times as good.
    let times = |factor| vec![Goal::Times { peer: "tokio", factor }];
    match subject {
        Subject::SpawnAndAwait => vec![metric("", below(150.0))],
        Subject::Yield => vec![metric("", below(18.0))],
        Subject::Rendezvous => vec![metric("", below(100.0))],
        Subject::Skynet => vec![metric("", below(150.0))],
        Subject::WokenAmongBusy | Subject::WokenAmongComputing => {
            vec![metric("p99", below(1e3)), metric("max", below(1e3))]
        }
        Subject::Parked => vec![metric("", below(112.5))],
        Subject::Sleeping => vec![metric("", below(200.5))],
        Subject::TinyTasks => vec![metric("", below(2.0))],
        Subject::IdleWakeUps => vec![metric("", below(0.01))],
        Subject::Timers => vec![metric("one-by-one", times(2.0)), metric("together", times(2.0))],
        Subject::Lateness => vec![metric("", times(1.0))],
        subject if subject.is_on_one_thread() => vec![metric("", times(1.25))],
        _ => {
            // The monitor costs no more than a hundredth where nothing computes.
            let unmonitored = Goal::Times { peer: UNMONITORED, factor: 0.99 };
            vec![metric("", [times(1.25), vec![unmonitored]].concat())]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_has_a_goal_and_is_found_by_its_name() {
        for subject in Subject::ALL {
            assert!(metrics(*subject).iter().all(|metric| !metric.goals.is_empty()));
            assert_eq!(Subject::named(subject.name()), Some(*subject));
        }
    }
}
