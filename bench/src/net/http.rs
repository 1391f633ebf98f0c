//! HTTP: the same hyper service on each runtime, asked by wrk, which is a process of its own with one
//! thread. Every connection is kept open and has one request under way.

use std::convert::Infallible;
use std::env;
use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::{Context, Result, bail};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};

use super::server::{Ready, Totals};
use crate::goal::{Better, Goal};
use crate::registry::{Case, Settings};
use crate::report::{Metric, OURS, Report};
use crate::round::{Contender, interleave};
use crate::server_process::ServerProcess;

/// What every server answers.
pub(super) async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(b"hello"))))
}

/// Requests over so many connections.
#[derive(Clone, Copy, Debug)]
struct Hello {
    name: &'static str,
    about: &'static str,
    connections: usize,
}

const HELLOS: [Hello; 3] = [
    Hello { name: "http-hello-1", about: "hyper, wrk with one connection", connections: 1 },
    Hello { name: "http-hello-50", about: "hyper, wrk with 50 connections", connections: 50 },
    Hello {
        name: "http-hello-1000",
        about: "hyper, wrk with 1,000 connections",
        connections: 1_000,
    },
];

pub(super) fn cases() -> impl Iterator<Item = Box<dyn Case>> {
    HELLOS.into_iter().map(|hello| Box::new(hello) as Box<dyn Case>)
}

impl Case for Hello {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let seconds = settings.amount(3, 1);
        let pair = |runtime| {
            Box::new(Pair { runtime, connections: self.connections, seconds }) as Box<dyn Contender>
        };
        let mut contenders = [OURS, "tokio"].map(pair);
        let series = interleave(&mut contenders, settings.rounds(3));
        Ok(Report { metrics: metrics(), series, notes: super::notes() })
    }
}

/// In the order in which `Pair::round` gives the figures.
fn metrics() -> Vec<Metric> {
    let metric = |name, unit, better, goals| Metric { name, unit, better, goals };
    let times = vec![Goal::Times { peer: "tokio", factor: super::TIMES_TOKIO }];
    let not_above = vec![Goal::AtMostAbove { peer: "tokio", extra: 0.0 }];
    vec![
        metric("requests", "1/s", Better::Higher, times),
        metric("p50", "us", Better::Lower, Vec::new()),
        metric("p99", "us", Better::Lower, not_above),
        metric("server-cpu", "us", Better::Lower, Vec::new()),
    ]
}

/// A runtime's server with wrk, for one round.
struct Pair {
    runtime: &'static str,
    connections: usize,
    seconds: u32,
}

impl Contender for Pair {
    fn name(&self) -> String {
        self.runtime.to_owned()
    }

    fn missing(&self) -> Option<String> {
        let found = Command::new("wrk").arg("--version").output().is_ok();
        (!found).then(|| "wrk is not installed (apt-get install wrk)".to_owned())
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["net-server", self.runtime, "--http"]);
        let (mut server, ready): (_, Ready) = ServerProcess::start(&mut command)?;
        let found = self.ask(ready.port)?;
        server.say("stop")?;
        let totals: Totals = server.answer()?;
        let cpu_us = totals.cpu_ns as f64 / 1e3 / found.requests;
        Ok(vec![found.per_second, found.p50_us, found.p99_us, cpu_us])
    }
}

impl Pair {
    fn ask(&self, port: u16) -> Result<Found> {
        let mut command = Command::new("wrk");
        command.args(["--threads", "1", "--latency"]);
        command.args(["--connections", &self.connections.to_string()]);
        command.args(["--duration", &format!("{}s", self.seconds)]);
        command.arg(format!("http://{}:{port}/", Ipv4Addr::LOCALHOST));
        let output = command.output().context("start wrk")?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            bail!("wrk: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        if let Some(errors) = text.lines().find(|line| line.contains("errors:")) {
            bail!("wrk: {}", errors.trim());
        }
        Found::in_text(&text).with_context(|| format!("wrk printed {text:?}"))
    }
}

/// What wrk has found.
#[derive(Debug, PartialEq)]
struct Found {
    requests: f64,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
}

impl Found {
    fn in_text(text: &str) -> Option<Found> {
        let words = || text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let after = |label: &str| words().find(|line| line.first() == Some(&label));
        let number = |text: &str| text.parse::<f64>().ok();
        Some(Found {
            requests: words()
                .find(|line| line.get(1) == Some(&"requests"))
                .and_then(|line| number(line[0]))?,
            per_second: number(after("Requests/sec:")?.get(1)?)?,
            p50_us: microseconds(after("50%")?.get(1)?)?,
            p99_us: microseconds(after("99%")?.get(1)?)?,
        })
    }
}

/// A time as wrk prints it, such as `1.25ms`.
fn microseconds(text: &str) -> Option<f64> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    let (number, factor) =
        units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "Running 3s test @ http://127.0.0.1:8080/
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   285.18us   82.80us   2.92ms   88.31%
    Req/Sec   173.92k     5.27k  181.62k    73.33%
  Latency Distribution
     50%  274.00us
     75%  297.00us
     90%  343.00us
     99%    1.25ms
  519146 requests in 3.00s, 41.09MB read
Requests/sec: 172981.79
Transfer/sec:     13.69MB
";

    #[test]
    fn the_output_of_wrk_is_understood() {
        let found = Found::in_text(PRINTED).unwrap();
        let expected =
            Found { requests: 519_146.0, per_second: 172_981.79, p50_us: 274.0, p99_us: 1250.0 };
        assert_eq!(found, expected);
        assert_eq!(Found::in_text("nothing"), None);
    }
}
