//! A million inputs: how much memory `cortado run` needs while it streams them, and how soon the
//! first job runs. Memory is the peak that the kernel keeps per process (`VmHWM`), read while the
//! process lives, because the peak in a reaped child's usage also counts its parent's memory.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, ffi::OsString};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::{cortado_run, open, write_lines};
use crate::goal::{Better, Goal};
use crate::measured_child::Reaped;
use crate::registry::{Case, Settings};
use crate::report::{Metric, OURS, Report};
use crate::round::{Contender, interleave};
use crate::workload::monotonic_ns;

const INPUTS: u64 = 1_000_000;

/// How often the peak is read; what it grows within the last such step is not seen.
const SAMPLE_EVERY: Duration = Duration::from_millis(5);

/// Peak memory of `cortado run`.
pub(super) struct Memory;

impl Case for Memory {
    fn name(&self) -> &'static str {
        "memory-million"
    }

    fn about(&self) -> &'static str {
        "peak memory with 1,000,000 inputs: some seconds of true, and a dry run of all"
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let metric = |name| Metric {
            name,
            unit: "MB",
            better: Better::Lower,
            goals: vec![Goal::Below(30.0)],
        };
        let (folder, inputs) = million_inputs()?;
        let streaming_for = settings.amount(Duration::from_secs(10), Duration::from_secs(2));
        let program = settings.cortado.path().ok();
        let mut contenders: Vec<Box<dyn Contender>> =
            vec![Box::new(PeakMemory { program, inputs, streaming_for })];
        let series = interleave(&mut contenders, settings.rounds(1));
        drop(folder);
        let notes = vec![format!("streaming was ended after {} s", streaming_for.as_secs())];
        Ok(Report { metrics: vec![metric("streaming"), metric("dry-run")], series, notes })
    }
}

fn million_inputs() -> Result<(TempDir, PathBuf)> {
    let folder = TempDir::new().context("make a folder for the inputs")?;
    let lines = (1..=INPUTS).map(|number| number.to_string());
    let inputs = write_lines(folder.path(), "million", lines)?;
    Ok((folder, inputs))
}

struct PeakMemory {
    program: Option<PathBuf>,
    inputs: PathBuf,
    streaming_for: Duration,
}

impl Contender for PeakMemory {
    fn name(&self) -> String {
        OURS.to_owned()
    }

    fn missing(&self) -> Option<String> {
        self.program.is_none().then(|| "it did not build".to_owned())
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        let program = self.program.as_deref().context("cortado did not build")?;
        let job: [OsString; 1] = ["true".into()];
        let mut stream = cortado_run(program, &[], &job, &self.inputs)?;
        let streaming = peak_mb(&mut stream, Some(self.streaming_for))?;
        let mut dry = cortado_run(program, &["--dry-run"], &job, &self.inputs)?;
        Ok(vec![streaming, peak_mb(&mut dry, None)?])
    }
}

/// Runs a command for some time, or to its end, and returns its peak memory.
fn peak_mb(command: &mut Command, limit: Option<Duration>) -> Result<f64> {
    let mut child = Reaped(command.stderr(Stdio::null()).spawn()?);
    let status = format!("/proc/{}/status", child.0.id());
    let started = Instant::now();
    let mut peak_kb = 0;
    while limit.is_none_or(|limit| started.elapsed() < limit) {
        if let Some(exit) = child.0.try_wait()? {
            return finished(exit, peak_kb, limit);
        }
        // A zombie has no memory left to report; what was seen before stands.
        let text = fs::read_to_string(&status).unwrap_or_default();
        peak_kb = peak_kb.max(parse_peak_kb(&text).unwrap_or(0));
        thread::sleep(SAMPLE_EVERY);
    }
    child.interrupt()?;
    Ok(peak_kb as f64 / 1e3)
}

fn finished(exit: std::process::ExitStatus, peak_kb: u64, limit: Option<Duration>) -> Result<f64> {
    if !exit.success() {
        bail!("cortado run ended with {exit}");
    }
    if limit.is_some() {
        bail!("cortado run ended before a million jobs can have run");
    }
    Ok(peak_kb as f64 / 1e3)
}

fn parse_peak_kb(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Time from starting the runner until its first job runs.
pub(super) struct FirstJob;

impl Case for FirstJob {
    fn name(&self) -> &'static str {
        "first-job"
    }

    fn about(&self) -> &'static str {
        "from starting the runner, with 1,000,000 inputs waiting, until its first job runs"
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let (folder, inputs) = million_inputs()?;
        let first = |runner: Option<PathBuf>, name: &'static str, options: &'static [&str]| {
            let inputs = inputs.clone();
            Box::new(UntilFirstJob { name, runner, options, inputs }) as Box<dyn Contender>
        };
        let found = |name: &str| which(name);
        let mut contenders = [
            first(settings.cortado.path().ok(), OURS, &["run", "-j2"]),
            first(found("xargs"), "xargs", &["-n1", "-P2"]),
            first(found("parallel"), "parallel", &["-j2"]),
        ];
        let series = interleave(&mut contenders, settings.rounds(3));
        drop(folder);
        let goals = vec![Goal::Below(50.0)];
        let metrics = vec![Metric { name: "", unit: "ms", better: Better::Lower, goals }];
        Ok(Report { metrics, series, notes: Vec::new() })
    }
}

fn which(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

struct UntilFirstJob {
    name: &'static str,
    runner: Option<PathBuf>,
    options: &'static [&'static str],
    inputs: PathBuf,
}

impl Contender for UntilFirstJob {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn missing(&self) -> Option<String> {
        self.runner.is_none().then(|| format!("{} is not installed or did not build", self.name))
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        let runner = self.runner.as_deref().context("there is no runner")?;
        let started = monotonic_ns();
        let mut child = Reaped(self.command(runner)?.spawn()?);
        let output = child.0.stdout.take().context("its output is a pipe")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let first: u64 = line.trim().parse().context("the runner printed no clock")?;
        child.interrupt()?;
        Ok(vec![first.saturating_sub(started) as f64 / 1e6])
    }
}

impl UntilFirstJob {
    fn command(&self, runner: &Path) -> Result<Command> {
        let mut command = Command::new(runner);
        command.args(self.options).arg(env::current_exe()?).args(["workload", "clock"]);
        command.stdin(open(&self.inputs)?).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_status() {
        let status = "Name:\tx\nVmPeak:\t 9000 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(parse_peak_kb(status), Some(1234));
        assert_eq!(parse_peak_kb("Name:\tx\n"), None);
    }
}
