//! A server of the `net` group, as a process: it listens, echoes or speaks HTTP in the runtime that
//! its name says, and at the word `stop` (or the end of its input) prints the CPU time that it used.

use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::process;
use std::thread;

use anyhow::{Context, Result, bail};
use clap::Args;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use super::{cortado_server, tokio_server};
use crate::report::OURS;

/// What a task reads at once, and thus the largest message that it echoes in one piece.
pub(super) const BUFFER_BYTES: usize = 16 * 1024;

/// Options of `bench net-server`.
#[derive(Args)]
pub(crate) struct ServerArgs {
    /// The runtime to serve with.
    runtime: String,
    /// Answer HTTP requests instead of echoing.
    #[arg(long)]
    http: bool,
}

/// What a server prints once it listens.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ready {
    pub(super) port: u16,
}

/// What a server prints at its end.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) cpu_ns: u64,
}

pub(crate) fn run(args: &ServerArgs) -> Result<()> {
    let serve = match (args.runtime.as_str(), args.http) {
        (OURS, false) => cortado_server::serve,
        (OURS, true) => cortado_server::serve_http,
        ("tokio", false) => tokio_server::serve,
        ("tokio", true) => tokio_server::serve_http,
        (other, _) => bail!("this bench has no server for the runtime {other:?}"),
    };
    let listener = TcpListener::bind("127.0.0.1:0").context("listen on the loopback")?;
    rustix::net::listen(&listener, 4096).context("have a queue for all connections")?;
    let ready = Ready { port: listener.local_addr()?.port() };
    thread::Builder::new().name("control".to_owned()).spawn(stop_and_exit)?;
    println!("{}", serde_json::to_string(&ready)?);
    serve(listener)
}

fn stop_and_exit() {
    let outcome = stop();
    if let Err(error) = &outcome {
        eprintln!("bench: {error:#}");
    }
    process::exit(i32::from(outcome.is_err()));
}

fn stop() -> Result<()> {
    let word = io::stdin().lock().lines().next().transpose()?;
    if word.is_some_and(|word| word != "stop") {
        bail!("a server of this group knows only the word stop");
    }
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let cpu_ns = used.tv_sec as u64 * 1_000_000_000 + used.tv_nsec as u64;
    Ok(writeln!(io::stdout(), "{}", serde_json::to_string(&Totals { cpu_ns })?)?)
}
