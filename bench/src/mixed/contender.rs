//! One round of one runtime: its server and the echo client as two processes, from start to figures.

use std::cell::OnceCell;
use std::env;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::client::Summary;
use super::figures::Totals;
use super::go_server;
use super::quota::Group;
use super::server::Ready;
use super::work::Work;
use super::{smol_server, threads_server, tokio_server};
use crate::latency::Percentiles;
use crate::round::Contender;
use crate::server_process::ServerProcess;

/// The start of a round that is not counted: connections are made and runtimes learn.
const WARM_UP: Duration = Duration::from_millis(500);

/// A runtime's server with the client that measures it.
pub(super) struct Pair {
    pub(super) runtime: &'static str,
    pub(super) work: Work,
    /// The control group of the server, where it is to have one.
    pub(super) group: Option<Rc<Group>>,
    pub(super) units_per_ms: u64,
    pub(super) measured_ms: u64,
    /// How the kernel refuses to raise a lowered thread in the servers.
    pub(super) refusal: Rc<OnceCell<String>>,
}

impl Contender for Pair {
    fn name(&self) -> String {
        self.runtime.to_owned()
    }

    fn missing(&self) -> Option<String> {
        match self.runtime {
            go_server::NAME => go_server::missing(),
            tokio_server::EAGER => tokio_server::no_eager(),
            _ => None,
        }
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        let (mut server, ready) = self.start_server()?;
        self.refusal.get_or_init(|| ready.raising_refused.clone());
        let client = (self.runtime != threads_server::RAYON_ALONE)
            .then(|| self.start_client(ready.port))
            .transpose()?;
        thread::sleep(WARM_UP);
        let started = Instant::now();
        server.say("start")?;
        let summary = match client {
            Some(client) => Some(finish_client(client)?),
            None => {
                thread::sleep(Duration::from_millis(self.measured_ms));
                None
            }
        };
        let window = started.elapsed();
        server.say("stop")?;
        let totals: Totals = server.answer()?;
        let units = totals.units as f64 / (window.as_secs_f64() * 1e3);
        let mut figures = Vec::new();
        for Percentiles { p50, p99, p999, max } in
            [summary.as_ref().map(|summary| summary.echo).unwrap_or_default(), totals.timer]
        {
            figures.extend([p50, p99, p999, max]);
        }
        let (lost, late) = summary.map_or((0, 0.0), |one| (one.lost, one.send_late.p99));
        let cores = units / self.units_per_ms as f64;
        figures.extend([lost as f64, late, cores, totals.threads as f64]);
        figures.extend([totals.first_slice_ms, totals.never_begun as f64]);
        Ok(figures)
    }
}

impl Pair {
    fn start_server(&self) -> Result<(ServerProcess, Ready)> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["serve", self.runtime]).args(self.work.arguments());
        command.args(["--units-per-ms", &self.units_per_ms.to_string()]);
        if let Some(group) = &self.group {
            command.arg("--group").arg(group.path());
        }
        if self.runtime == go_server::NAME {
            command.env(go_server::SERVER_VARIABLE, go_server::path()?);
        }
        if self.runtime == smol_server::NAME {
            let cores = thread::available_parallelism()?;
            command.env(smol_server::THREADS_VARIABLE, cores.to_string());
        }
        ServerProcess::start(&mut command)
    }

    fn start_client(&self, port: u16) -> Result<Child> {
        let mut command = real_time(&env::current_exe()?);
        command.arg("client").arg(format!("{}:{port}", Ipv4Addr::LOCALHOST));
        command.args(["--warm-up-ms", &WARM_UP.as_millis().to_string()]);
        command.args(["--measured-ms", &self.measured_ms.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().context("start the echo client")
    }
}

/// A command that runs as a real-time process where that is allowed. The client stands for another
/// machine: without it, the server's computing threads also delay the client, and a runtime would
/// be charged for the kernel's choice between two processes.
fn real_time(program: &Path) -> Command {
    let allowed = Command::new("chrt").args(["--fifo", "1", "true"]).output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        return Command::new(program);
    }
    let mut command = Command::new("chrt");
    command.args(["--fifo", "1"]).arg(program);
    command
}

fn finish_client(client: Child) -> Result<Summary> {
    let output = client.wait_with_output()?;
    if !output.status.success() {
        bail!("the echo client: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("the echo client printed no summary")
}
