//! One round of one runtime: its server and the client as two processes, from start to figures.

use std::env;
use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Echo;
use super::client::Summary;
use super::server::{Ready, Totals};
use crate::round::Contender;
use crate::server_process::ServerProcess;

/// A runtime's server with the client that measures it.
pub(super) struct Pair {
    pub(super) runtime: &'static str,
    pub(super) echo: Echo,
    pub(super) measured_ms: u64,
}

impl Contender for Pair {
    fn name(&self) -> String {
        self.runtime.to_owned()
    }

    fn missing(&self) -> Option<String> {
        None
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        let mut command = Command::new(env::current_exe()?);
        let (mut server, ready): (_, Ready) =
            ServerProcess::start(command.args(["net-server", self.runtime]))?;
        let summary = self.measure(ready.port)?;
        server.say("stop")?;
        let totals: Totals = server.answer()?;
        let requests = summary.requests as f64;
        let per_second = requests / (self.measured_ms as f64 / 1e3);
        let cpu_us = totals.cpu_ns as f64 / 1e3 / summary.requests_in_all as f64;
        let latency = summary.latency;
        Ok(vec![per_second, latency.p50, latency.p99, latency.p999, cpu_us])
    }
}

impl Pair {
    fn measure(&self, port: u16) -> Result<Summary> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("echo-client").arg(format!("{}:{port}", Ipv4Addr::LOCALHOST));
        command.args(["--message-bytes", &self.echo.message_bytes.to_string()]);
        command.args(["--connections", &self.echo.connections.to_string()]);
        command.args(["--measured-ms", &self.measured_ms.to_string()]);
        let output = command.output().context("start the client")?;
        if !output.status.success() {
            bail!("the client: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        serde_json::from_slice(&output.stdout).context("the client printed no summary")
    }
}
