//! A contender: a process with one pool that measures one subject and prints its figure. A process of
//! its own, because pools have idle threads, and one that hangs must not hang the others.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use clap::Args;

use super::subject::{self, Subject};
use crate::measured_child::figures;
use crate::mixed::go_server;
use crate::round::Contender;
use crate::runtime::{NO_FORTE, WORKERS};
use crate::stopwatch::Stopwatch;

/// Which contender is to measure what.
#[derive(Args)]
pub(crate) struct ForkArgs {
    contender: String,
    subject: String,
    #[arg(long)]
    quick: bool,
}

/// The body of a contender's process.
pub(crate) fn run(args: &ForkArgs) -> Result<()> {
    let subject = subject::all().into_iter().find(|subject| subject.name == args.subject);
    let subject = subject.with_context(|| format!("there is no case {:?}", args.subject))?;
    let (_, measure) = subject
        .contenders
        .into_iter()
        .find(|(name, _)| *name == args.contender)
        .with_context(|| format!("there is no contender {:?}", args.contender))?;
    println!("{}", serde_json::to_string(&[measure(&Stopwatch::new(args.quick))])?);
    Ok(())
}

/// See the module.
pub(super) struct Process<'s> {
    pub(super) name: &'static str,
    pub(super) subject: &'s Subject,
    pub(super) quick: bool,
}

impl Contender for Process<'_> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn missing(&self) -> Option<String> {
        match self.name {
            "forte" => Some(NO_FORTE.to_owned()),
            go_server::NAME => go_server::missing(),
            _ => None,
        }
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        let mut command = if self.name == go_server::NAME {
            let mut command = Command::new(go_program()?);
            command.env("GOMAXPROCS", WORKERS.to_string());
            command
        } else {
            let mut command = Command::new(env::current_exe()?);
            command.args(["fork", self.name]);
            command
        };
        command.arg(self.subject.name).args(self.quick.then_some("--quick"));
        figures(&mut command, self.subject.limit)
    }
}

fn go_program() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built =
        BUILT.get_or_init(|| go_server::build("forkjoin").map_err(|error| format!("{error:#}")));
    built.clone().map_err(anyhow::Error::msg)
}
