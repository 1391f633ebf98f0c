//! A contender that is a process of its own, since threads that were lowered cannot be raised again.

use std::env;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use super::units;
use crate::measured_child;
use crate::registry::Settings;
use crate::round::{Contender, Series, interleave};

/// A process that has not ended so long after its window hangs.
const GRACE: Duration = Duration::from_secs(60);

/// Options of such a process.
#[derive(Args)]
pub(crate) struct ProcessArgs {
    /// The runtime in which the tasks run.
    pub(super) runtime: String,
    /// Milliseconds that are counted.
    #[arg(long)]
    pub(super) measured_ms: u64,
    /// Units of computing that are a millisecond of an idle core.
    #[arg(long)]
    pub(super) units_per_ms: u64,
}

struct Process {
    /// The subcommand of this binary that is its body.
    part: &'static str,
    runtime: &'static str,
    measured_ms: u64,
    units_per_ms: u64,
}

impl Contender for Process {
    fn name(&self) -> String {
        self.runtime.to_owned()
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        let mut command = Command::new(env::current_exe().context("find this binary")?);
        command.args([self.part, self.runtime]);
        command.args(["--measured-ms", &self.measured_ms.to_string()]);
        command.args(["--units-per-ms", &self.units_per_ms.to_string()]);
        measured_child::figures(&mut command, Duration::from_millis(self.measured_ms) + GRACE)
    }
}

/// Runs a process for each runtime in turn, for so many rounds as the settings say.
pub(super) fn rounds(
    part: &'static str,
    runtimes: impl Iterator<Item = &'static str>,
    settings: &Settings,
) -> Vec<Series> {
    let (units_per_ms, measured_ms) = (units::calibrate(), settings.amount(10_000, 1_500));
    let process = |runtime| {
        Box::new(Process { part, runtime, measured_ms, units_per_ms }) as Box<dyn Contender>
    };
    interleave(&mut runtimes.map(process).collect::<Vec<_>>(), settings.rounds(3))
}
