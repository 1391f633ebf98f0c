//! The group `channels`: messages a second through cortado's channel and its peers', between tasks
//! and between threads, for each capacity, and the round trip of a rendezvous.
//!
//! Tasks run on cortado's runtime with two workers for every channel, so that only the channel
//! differs; Tokio's `mpsc` and a second row of ours run on Tokio's with two workers. Messages are
//! numbers; each side of a pair sends or receives its share of them.

mod tasks;
mod threads;

use anyhow::Result;

use crate::goal::{Better, Goal};
use crate::registry::{Case, Group, Settings};
use crate::report::{Metric, Report};
use crate::round::{Contender, interleave};

pub(crate) const GROUP: Group = Group {
    name: "channels",
    about: "channels between tasks and between threads, beside those of other crates",
    cases,
};

fn cases() -> Vec<Box<dyn Case>> {
    tasks::cases().into_iter().chain(threads::cases()).map(|flow| Box::new(flow) as _).collect()
}

/// How much goes through a channel, and how many share the work.
#[derive(Clone, Copy)]
struct Load {
    /// None where there is no bound.
    capacity: Option<usize>,
    /// Senders, and as many receivers.
    pairs: usize,
    messages: usize,
}

/// Moves the load through one channel; the figure that the case is measured by.
type Run = fn(Load) -> f64;

/// One case: a load for several channels.
struct Flow {
    name: &'static str,
    about: &'static str,
    unit: &'static str,
    better: Better,
    load: Load,
    goals: Vec<Goal>,
    contenders: Vec<(&'static str, Run)>,
    note: &'static str,
}

struct Runner {
    name: &'static str,
    run: Run,
    load: Load,
}

impl Contender for Runner {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        Ok(vec![(self.run)(self.load)])
    }
}

impl Case for Flow {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let messages = settings.amount(self.load.messages, self.load.messages / 20);
        let load = Load { messages, ..self.load };
        let mut contenders: Vec<Box<dyn Contender>> = self
            .contenders
            .iter()
            .map(|(name, run)| Box::new(Runner { name, run: *run, load }) as _)
            .collect();
        let series = interleave(&mut contenders, settings.rounds(3));
        let metric =
            Metric { name: "", unit: self.unit, better: self.better, goals: self.goals.clone() };
        Ok(Report { metrics: vec![metric], series, notes: vec![self.note.to_owned()] })
    }
}

/// At least as good as each of the peers.
fn ahead_of(peers: &[&'static str]) -> Vec<Goal> {
    peers.iter().map(|peer| Goal::Times { peer, factor: 1.0 }).collect()
}

/// Millions a second.
fn rate(messages: usize, took: std::time::Duration) -> f64 {
    messages as f64 / took.as_secs_f64() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::OURS;

    #[test]
    fn every_case_has_ours_and_goals_that_name_a_contender() {
        for flow in tasks::cases().into_iter().chain(threads::cases()) {
            let names: Vec<_> = flow.contenders.iter().map(|(name, _)| *name).collect();
            assert!(names.contains(&OURS), "{}", flow.name);
            for goal in &flow.goals {
                if let Goal::Times { peer, .. } = goal {
                    assert!(names.contains(peer), "{}: {peer}", flow.name);
                }
            }
        }
    }
}
