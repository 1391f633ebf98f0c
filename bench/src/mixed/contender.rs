//! One round of one runtime: its server and the echo client as two processes, from start to figures.

use std::cell::OnceCell;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;

use super::client::Summary;
use super::figures::{Percentiles, Totals};
use super::go_server;
use super::server::{Load, Ready};
use crate::measured_child::Reaped;
use crate::round::Contender;

/// The start of a round that is not counted: connections are made and runtimes learn.
const WARM_UP: Duration = Duration::from_millis(500);

/// A runtime's server with the client that measures it.
pub(super) struct Pair {
    pub(super) runtime: &'static str,
    pub(super) load: Load,
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
        if self.runtime == go_server::NAME { go_server::missing() } else { None }
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        let mut server = self.start_server()?;
        self.refusal.get_or_init(|| server.ready.raising_refused.clone());
        let client = self.start_client(server.ready.port)?;
        thread::sleep(WARM_UP);
        let started = Instant::now();
        server.say("start")?;
        let summary = finish_client(client)?;
        let window = started.elapsed();
        server.say("stop")?;
        let totals: Totals = server.answer()?;
        let units_per_ms = totals.units as f64 / (window.as_secs_f64() * 1e3);
        let mut figures = Vec::new();
        for Percentiles { p50, p99, p999, max } in [summary.echo, totals.timer] {
            figures.extend([p50, p99, p999, max]);
        }
        figures.extend([summary.lost as f64, summary.send_late.p99, units_per_ms]);
        Ok(figures)
    }
}

impl Pair {
    fn start_server(&self) -> Result<Server> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["serve", self.runtime, self.load.name(), "--units-per-ms"]);
        command.arg(self.units_per_ms.to_string());
        if self.runtime == go_server::NAME {
            command.env(go_server::SERVER_VARIABLE, go_server::path()?);
        }
        Server::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()))
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

/// A server process that listens; it ends when dropped.
struct Server {
    process: Reaped,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
    ready: Ready,
}

impl Server {
    fn start(command: &mut Command) -> Result<Self> {
        let mut process = Reaped(command.spawn().context("start the server")?);
        let words = process.0.stdin.take().context("the server's input is a pipe")?;
        let output = process.0.stdout.take().context("the server's output is a pipe")?;
        let mut answers = BufReader::new(output);
        match read_answer(&mut answers) {
            Ok(ready) => Ok(Self { process, words, answers, ready }),
            Err(_) => bail!("{}", complaint(&mut process.0)),
        }
    }

    fn say(&mut self, word: &str) -> Result<()> {
        writeln!(self.words, "{word}").with_context(|| complaint(&mut self.process.0))
    }

    fn answer<T: DeserializeOwned>(&mut self) -> Result<T> {
        read_answer(&mut self.answers)
    }
}

fn read_answer<T: DeserializeOwned>(answers: &mut impl BufRead) -> Result<T> {
    let mut line = String::new();
    answers.read_line(&mut line)?;
    serde_json::from_str(&line).with_context(|| format!("the server said {line:?}"))
}

/// What a server that has gone wrong printed; it is ended first, so that its output has an end.
fn complaint(process: &mut Child) -> String {
    // It fails only if the process has ended already.
    let _ = process.kill();
    let line = process.stderr.take().and_then(|errors| BufReader::new(errors).lines().next());
    match line {
        Some(Ok(line)) => line,
        Some(Err(_)) | None => "the server ended without a word".to_owned(),
    }
}
