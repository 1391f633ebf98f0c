//! The group `sync`: locks and signals of cortado beside those of Tokio and async-lock, on the same
//! executor. What nobody contends for runs on one thread; what is contended for runs on a Tokio
//! runtime with two workers for all contenders, so that only the lock differs.

mod contended;
mod uncontended;

use anyhow::Result;

use crate::goal::{Better, Goal};
use crate::registry::{Case, Group, Settings};
use crate::report::{OURS, Report};
use crate::round::{Contender, interleave};

pub(crate) const GROUP: Group = Group {
    name: "sync",
    about: "locks, semaphores, notifications and oneshots beside Tokio's and async-lock's",
    cases,
};

fn cases() -> Vec<Box<dyn Case>> {
    let all = uncontended::CASES.iter().chain(contended::CASES);
    all.map(|case| Box::new(*case) as Box<dyn Case>).collect()
}

/// A contender's name, and what does the operation so often and returns what one took, in ns.
type Named = (&'static str, fn(u32) -> f64);

/// One operation, done many times by each contender.
#[derive(Clone, Copy)]
struct Operation {
    name: &'static str,
    about: &'static str,
    /// How often it is done in a round, and in a round of a smoke run.
    times: (u32, u32),
    /// At least how many times as good as Tokio it must be.
    factor: f64,
    /// Does it so often, and returns what one took, in ns.
    contenders: &'static [Named],
}

struct Runner {
    name: &'static str,
    run: fn(u32) -> f64,
    times: u32,
}

impl Contender for Runner {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        Ok(vec![(self.run)(self.times)])
    }
}

impl Case for Operation {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let times = settings.amount(self.times.0, self.times.1);
        let runner = |(name, run): &Named| -> Box<dyn Contender> {
            Box::new(Runner { name, run: *run, times })
        };
        let mut contenders: Vec<_> = self.contenders.iter().map(runner).collect();
        debug_assert_eq!(contenders[0].name(), OURS, "ours is the first");
        let series = interleave(&mut contenders, settings.rounds(3));
        let goals = vec![Goal::Times { peer: "tokio", factor: self.factor }];
        let metric = crate::report::Metric { name: "", unit: "ns", better: Better::Lower, goals };
        Ok(Report { metrics: vec![metric], series, notes: Vec::new() })
    }
}

/// What one of `times` took, in ns.
fn ns_each(times: u32, start: std::time::Instant) -> f64 {
    start.elapsed().as_nanos() as f64 / f64::from(times)
}
