//! The group `jobs`: `cortado run` beside xargs, GNU parallel and a bare loop of spawns, and its
//! automatic number at once beside the best fixed one.

mod auto;
mod million;
mod scene;
mod spawn_rate;
mod sweep;

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::registry::{Case, Group};

pub(crate) const GROUP: Group = Group {
    name: "jobs",
    about: "cortado run beside xargs, GNU parallel and a bare loop of spawns",
    cases,
};

fn cases() -> Vec<Box<dyn Case>> {
    let mut cases: Vec<Box<dyn Case>> =
        vec![Box::new(spawn_rate::SpawnRate), Box::new(spawn_rate::CpuPerJob)];
    cases.extend(scene::ALL.iter().map(|scene| Box::new(auto::Auto(*scene)) as Box<dyn Case>));
    cases.push(Box::new(million::Memory));
    cases.push(Box::new(million::FirstJob));
    cases
}

/// `cortado run` with its inputs from a file on standard input and its output thrown away.
fn cortado_run(
    cortado: &Path,
    options: &[&str],
    job: &[OsString],
    inputs: &Path,
) -> Result<Command> {
    let mut command = Command::new(cortado);
    command.arg("run").args(options).args(job);
    command.stdin(open(inputs)?).stdout(Stdio::null());
    Ok(command)
}

fn open(inputs: &Path) -> Result<File> {
    File::open(inputs).with_context(|| format!("open {}", inputs.display()))
}

/// Writes `lines`, one per line, to a new file in `folder`.
fn write_lines(folder: &Path, name: &str, lines: impl Iterator<Item = String>) -> Result<PathBuf> {
    let path = folder.join(name);
    let mut file = BufWriter::new(File::create(&path).context("write the inputs")?);
    for line in lines {
        writeln!(file, "{line}")?;
    }
    file.flush()?;
    Ok(path)
}
