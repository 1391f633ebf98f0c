//! What a group and a case of the benchmark are, and the list of all groups. A new group is a
//! folder with a `group()` of its cases, and one line in `GROUPS`.

use std::path::Path;

use anyhow::Result;

use crate::cortado_binary::CortadoBinary;
use crate::report::Report;
use crate::{channels, forkjoin, jobs, mixed, net, runtime, sync};

/// Every group that `bench GROUP` knows.
pub(crate) const GROUPS: &[Group] = &[
    channels::GROUP,
    forkjoin::GROUP,
    jobs::GROUP,
    mixed::GROUP,
    net::GROUP,
    runtime::GROUP,
    sync::GROUP,
];

/// Cases that belong to one part of cortado.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) cases: fn() -> Vec<Box<dyn Case>>,
}

/// One comparison: the same work given to cortado and to its peers.
pub(crate) trait Case {
    /// The name by which the command line and the JSON lines call it.
    fn name(&self) -> &'static str;

    /// One line on what is measured.
    fn about(&self) -> &'static str;

    /// Part of a `--quick` run of the whole group. A group with very many cases leaves most out.
    fn is_for_smoke(&self) -> bool {
        true
    }

    /// Measures. A contender that is missing or fails is part of the report; an error means that
    /// the case itself could not be set up.
    fn run(&self, settings: &Settings) -> Result<Report>;
}

/// What the command line decided for every case.
pub(crate) struct Settings {
    pub(crate) quick: bool,
    pub(crate) cortado: CortadoBinary,
    rounds: Option<u32>,
}

impl Settings {
    pub(crate) fn new(quick: bool, rounds: Option<u32>, cortado: Option<&Path>) -> Self {
        Self { quick, rounds, cortado: CortadoBinary::new(cortado) }
    }

    /// How many rounds to run: what the command line says, else five, or `quick` for a smoke run.
    pub(crate) fn rounds(&self, quick: u32) -> u32 {
        self.rounds.unwrap_or(if self.quick { quick } else { 5 })
    }

    /// The amount of work for a full run, or the one for a smoke run.
    pub(crate) fn amount<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}
