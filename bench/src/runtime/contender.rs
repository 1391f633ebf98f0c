//! A contender: a process of one runtime that measures one subject and prints its figures.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, bail};
use clap::Args;

use super::peer::WORKERS;
use super::peers::{Cortado, CortadoSingle, Executor, Smol, THREADS_VARIABLE, Tokio, TokioSingle};
use super::quiet;
use super::subject::Subject;
use crate::measured_child::{ROUND_LIMIT, figures};
use crate::mixed::go_server;
use crate::report::OURS;
use crate::round::Contender;
use crate::stopwatch::Stopwatch;

/// Forte needs a newer compiler than this workspace; see its manifest.
pub(crate) const NO_FORTE: &str =
    "forte 1.0.0-beta.2 needs Rust 1.96, this workspace is built with 1.95";

/// cortado without its monitor.
pub(super) const UNMONITORED: &str = "cortado-unmonitored";

/// Which runtime is to measure what.
#[derive(Args)]
pub(crate) struct ContendArgs {
    peer: String,
    subject: String,
    #[arg(long)]
    quick: bool,
}

/// The body of a contender's process.
pub(crate) fn run(args: &ContendArgs) -> Result<()> {
    let Some(subject) = Subject::named(&args.subject) else {
        bail!("there is no case {:?}", args.subject);
    };
    let watch = Stopwatch::new(args.quick);
    let figures = match args.peer.as_str() {
        OURS if subject.is_on_one_thread() => subject.measure::<CortadoSingle>(&watch),
        "tokio" if subject.is_on_one_thread() => subject.measure::<TokioSingle>(&watch),
        OURS => subject.measure::<Cortado<true>>(&watch),
        UNMONITORED => subject.measure::<Cortado<false>>(&watch),
        "tokio" => subject.measure::<Tokio>(&watch),
        "smol" => subject.measure::<Smol>(&watch),
        "static-executor" => subject.measure::<Executor>(&watch),
        "nothing" => vec![quiet::nothing(&watch)],
        other => bail!("there is no contender {other:?}"),
    };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// See the module.
pub(super) struct Process {
    pub(super) peer: &'static str,
    pub(super) subject: Subject,
    pub(super) quick: bool,
}

impl Contender for Process {
    fn name(&self) -> String {
        self.peer.to_owned()
    }

    fn missing(&self) -> Option<String> {
        match self.peer {
            "forte" => Some(NO_FORTE.to_owned()),
            go_server::NAME => go_server::missing(),
            _ => None,
        }
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        figures(&mut self.command()?, ROUND_LIMIT)
    }
}

impl Process {
    fn command(&self) -> Result<Command> {
        let mut command = if self.peer == go_server::NAME {
            let mut command = Command::new(go_program()?);
            command.env("GOMAXPROCS", WORKERS.to_string());
            command
        } else {
            let mut command = Command::new(env::current_exe()?);
            command.args(["contend", self.peer]).env(THREADS_VARIABLE, WORKERS.to_string());
            command
        };
        command.arg(self.subject.name());
        if self.quick {
            command.arg("--quick");
        }
        Ok(command)
    }
}

fn go_program() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built =
        BUILT.get_or_init(|| go_server::build("runtime").map_err(|error| format!("{error:#}")));
    built.clone().map_err(anyhow::Error::msg)
}
