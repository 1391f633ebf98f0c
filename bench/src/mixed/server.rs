//! A server of the `mixed` group, as a process: it gives up privileges, listens, starts echo, timer
//! and computing tasks in the runtime that its name says, and obeys two words on standard input:
//! `start` begins the window of its figures, `stop` (or the end of the input) prints them as JSON
//! and ends the process. The words are read by a plain thread outside the runtime.

use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::figures::Figures;
use super::quota::join_group;
use super::work::Work;
use super::{cortado_server, go_server, privileges, smol_server, threads_server, tokio_server};
use crate::report::OURS;

/// Options of `bench serve`.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// The runtime to serve with.
    runtime: String,
    #[command(flatten)]
    work: Work,
    /// Units of computing that are a millisecond of an idle core.
    #[arg(long)]
    units_per_ms: u64,
    /// The directory of a control group to enter first.
    #[arg(long)]
    group: Option<PathBuf>,
}

/// What a runtime is given to serve.
pub(super) struct Scene {
    pub(super) listener: TcpListener,
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
    (OURS, cortado_server::serve_plain),
    (cortado_server::UNCONFINED, cortado_server::serve_unconfined),
    (cortado_server::COMPUTE, cortado_server::serve_compute),
    (cortado_server::WITH_RAYON, cortado_server::serve_rayon),
    (tokio_server::DEFAULT, tokio_server::serve_default),
    (tokio_server::EAGER, tokio_server::serve_eager),
    (tokio_server::SPAWN_BLOCKING, tokio_server::serve_pool),
    (tokio_server::RAYON, tokio_server::serve_rayon),
    (tokio_server::TWO, tokio_server::serve_two),
    (smol_server::NAME, smol_server::serve),
    (threads_server::LOWERED, threads_server::serve_lowered),
    (threads_server::PLAIN, threads_server::serve_plain),
    (threads_server::RAYON_ALONE, threads_server::serve_rayon_alone),
];

pub(crate) fn run(args: &ServeArgs) -> Result<()> {
    if let Some(group) = &args.group {
        join_group(group)?;
    }
    privileges::give_up_raising()?;
    let raising_refused = privileges::refusal()?;
    if args.runtime == go_server::NAME {
        return go_server::become_server(args.work, args.units_per_ms, &raising_refused);
    }
    let Some((_, serve)) = RUNTIMES.iter().find(|(name, _)| *name == args.runtime) else {
        bail!("this bench has no server for the runtime {:?}", args.runtime);
    };
    let listener = TcpListener::bind("127.0.0.1:0").context("listen on the loopback")?;
    let ready = Ready { port: listener.local_addr()?.port(), raising_refused };
    let figures = Arc::new(Figures::new(args.work, args.units_per_ms));
    let counted = Arc::clone(&figures);
    thread::Builder::new().name("control".to_owned()).spawn(move || obey_and_exit(&counted))?;
    println!("{}", serde_json::to_string(&ready)?);
    serve(Scene { listener, figures })
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
pub(super) async fn compute_and_wake(figures: Arc<Figures>, spawned: Instant) {
    figures.begins(spawned);
    std::future::poll_fn(|context| {
        figures.poll();
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}
