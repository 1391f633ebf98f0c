//! A server of the `mixed` group, as a process: it gives up privileges, listens, starts echo, timer
//! and computing tasks in the runtime that its name says, and obeys two words on standard input:
//! `start` begins the window of its figures, `stop` (or the end of the input) prints them as JSON
//! and ends the process. The words are read by a plain thread outside the runtime.

use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::process;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::figures::Figures;
use super::{cortado_server, go_server, privileges, threads_server, tokio_server};
use crate::report::OURS;

/// Computing tasks beside the echo.
pub(super) const COMPUTING_TASKS: usize = 4;

/// How the computing tasks compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Load {
    /// Long-lived tasks with polls of 10 ms.
    LongPolls,
    /// A new task for each millisecond of computing, one after the other.
    FreshTasks,
    /// Long-lived tasks with polls of 0.1 ms.
    ShortPolls,
    /// Long-lived tasks with polls of 0.1 ms, each of which wakes its own task.
    WokenPolls,
}

impl Load {
    pub(super) const ALL: [Self; 4] =
        [Self::LongPolls, Self::FreshTasks, Self::ShortPolls, Self::WokenPolls];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LongPolls => "long-polls",
            Self::FreshTasks => "fresh-tasks",
            Self::ShortPolls => "short-polls",
            Self::WokenPolls => "woken-polls",
        }
    }

    pub(super) fn about(self) -> &'static str {
        match self {
            Self::LongPolls => "echo beside 4 long-lived tasks that compute 10 ms between yields",
            Self::FreshTasks => "echo beside 4 chains of new tasks that compute 1 ms each",
            Self::ShortPolls => "echo beside 4 long-lived tasks that compute 0.1 ms between yields",
            Self::WokenPolls => {
                "echo beside 4 long-lived tasks that compute 0.1 ms a poll, and are woken again"
            }
        }
    }

    fn poll_units(self, units_per_ms: u64) -> u64 {
        match self {
            Self::LongPolls => units_per_ms * 10,
            Self::FreshTasks => units_per_ms,
            Self::ShortPolls | Self::WokenPolls => units_per_ms / 10,
        }
    }
}

/// Options of `bench serve`.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// The runtime to serve with.
    runtime: String,
    /// How the computing tasks compute.
    load: Load,
    /// Units of computing that are a millisecond of an idle core.
    #[arg(long)]
    units_per_ms: u64,
}

/// What a runtime is given to serve.
pub(super) struct Scene {
    pub(super) listener: TcpListener,
    pub(super) load: Load,
    /// Units of computing in one poll.
    pub(super) poll_units: u64,
    pub(super) figures: Arc<Figures>,
}

/// What a server prints once it listens.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ready {
    pub(super) port: u16,
    /// How the kernel refuses to raise a lowered thread.
    pub(super) raising_refused: String,
}

/// Serves until the process ends; returns only with an error.
type Serve = fn(Scene) -> Result<()>;

/// The runtimes that are part of this binary.
const RUNTIMES: &[(&str, Serve)] = &[
    (OURS, cortado_server::serve),
    ("tokio", tokio_server::serve),
    (threads_server::LOWERED, threads_server::serve_lowered),
    (threads_server::PLAIN, threads_server::serve_plain),
];

pub(crate) fn run(args: &ServeArgs) -> Result<()> {
    privileges::give_up_raising()?;
    let raising_refused = privileges::refusal()?;
    let poll_units = args.load.poll_units(args.units_per_ms);
    if args.runtime == go_server::NAME {
        return go_server::become_server(args.load, poll_units, &raising_refused);
    }
    let Some((_, serve)) = RUNTIMES.iter().find(|(name, _)| *name == args.runtime) else {
        bail!("this bench has no server for the runtime {:?}", args.runtime);
    };
    let listener = TcpListener::bind("127.0.0.1:0").context("listen on the loopback")?;
    let ready = Ready { port: listener.local_addr()?.port(), raising_refused };
    let figures = Arc::new(Figures::new());
    let counted = Arc::clone(&figures);
    thread::Builder::new().name("control".to_owned()).spawn(move || obey_and_exit(&counted))?;
    println!("{}", serde_json::to_string(&ready)?);
    serve(Scene { listener, load: args.load, poll_units, figures })
}

fn obey_and_exit(figures: &Figures) {
    let outcome = obey(figures);
    if let Err(error) = &outcome {
        eprintln!("bench: {error:#}");
    }
    process::exit(i32::from(outcome.is_err()));
}

fn obey(figures: &Figures) -> Result<()> {
    for word in io::stdin().lock().lines() {
        match word?.as_str() {
            "start" => figures.restart(),
            "stop" => break,
            other => bail!("a server knows the words start and stop, not {other:?}"),
        }
    }
    let totals = serde_json::to_string(&figures.totals()?)?;
    Ok(writeln!(io::stdout(), "{totals}")?)
}

/// A future whose every poll computes and wakes its own task: what hand-written futures, streams
/// that are always ready, and tasks that pass work to each other look like to a scheduler. A
/// runtime's own `yield_now` may look at the descriptors each time; this does not ask it to.
pub(super) async fn compute_and_wake(figures: Arc<Figures>, poll_units: u64) {
    std::future::poll_fn(|context| {
        figures.compute(poll_units);
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}
