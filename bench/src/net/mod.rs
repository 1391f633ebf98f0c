//! The group `net`: requests and answers over TCP, as many as there can be. An echo server per
//! runtime with two workers, and one client for all of them, each a process of its own; the same
//! for HTTP, with hyper and wrk. Every connection has one request under way, and asks again as soon
//! as it is answered.

mod client;
mod contender;
mod cortado_server;
mod http;
mod server;
mod tokio_server;

use anyhow::Result;

use crate::goal::{Better, Goal};
use crate::registry::{Case, Group, Settings};
use crate::report::{Metric, OURS, Report};
use crate::round::{Contender, interleave};

pub(crate) use client::{ClientArgs, run as client};
use contender::Pair;
pub(crate) use server::{ServerArgs, run as server};

pub(crate) const GROUP: Group = Group {
    name: "net",
    about: "TCP echo and HTTP: requests a second and latency, with few and many connections",
    cases,
};

/// The workers of each runtime.
const WORKERS: usize = 2;

/// How many times as many requests as Tokio's.
const TIMES_TOKIO: f64 = 1.1;

/// How much is said over how many connections.
#[derive(Clone, Copy, Debug)]
struct Echo {
    name: &'static str,
    about: &'static str,
    message_bytes: usize,
    connections: usize,
}

const ECHOES: [Echo; 6] = [
    Echo {
        name: "echo-64B-1",
        about: "messages of 64 bytes over one connection",
        message_bytes: 64,
        connections: 1,
    },
    Echo {
        name: "echo-64B-50",
        about: "messages of 64 bytes over 50 connections",
        message_bytes: 64,
        connections: 50,
    },
    Echo {
        name: "echo-64B-1000",
        about: "messages of 64 bytes over 1,000 connections",
        message_bytes: 64,
        connections: 1_000,
    },
    Echo {
        name: "echo-16KiB-1",
        about: "messages of 16 KiB over one connection",
        message_bytes: 16 * 1024,
        connections: 1,
    },
    Echo {
        name: "echo-16KiB-50",
        about: "messages of 16 KiB over 50 connections",
        message_bytes: 16 * 1024,
        connections: 50,
    },
    Echo {
        name: "echo-16KiB-1000",
        about: "messages of 16 KiB over 1,000 connections",
        message_bytes: 16 * 1024,
        connections: 1_000,
    },
];

fn cases() -> Vec<Box<dyn Case>> {
    let echoes = ECHOES.iter().map(|echo| Box::new(*echo) as Box<dyn Case>);
    echoes.chain(http::cases()).collect()
}

impl Case for Echo {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let measured_ms = settings.amount(3_000, 700);
        let pair =
            |runtime| Box::new(Pair { runtime, echo: *self, measured_ms }) as Box<dyn Contender>;
        let mut contenders = [OURS, "tokio"].map(pair);
        let series = interleave(&mut contenders, settings.rounds(3));
        Ok(Report { metrics: metrics(), series, notes: notes() })
    }
}

fn notes() -> Vec<String> {
    vec![
        format!("{WORKERS} workers each; the client is one thread, a process at normal priority"),
        "server-cpu is the CPU time of the server's process per request, in user and kernel"
            .to_owned(),
    ]
}

/// The metrics, in the order in which `Pair::round` gives their figures.
fn metrics() -> Vec<Metric> {
    let metric = |name, unit, better, goals| Metric { name, unit, better, goals };
    let tokio = "tokio";
    vec![
        metric(
            "requests",
            "1/s",
            Better::Higher,
            vec![Goal::Times { peer: tokio, factor: TIMES_TOKIO }],
        ),
        metric("p50", "us", Better::Lower, Vec::new()),
        metric("p99", "us", Better::Lower, vec![Goal::AtMostAbove { peer: tokio, extra: 0.0 }]),
        metric("p99.9", "us", Better::Lower, Vec::new()),
        metric("server-cpu", "us", Better::Lower, Vec::new()),
    ]
}
