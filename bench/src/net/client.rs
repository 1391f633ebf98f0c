//! The client of the `net` group: one thread, one poller, a request under way on every connection.
//! A latency is the time from sending a request to having its whole answer.

use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, bail};
use clap::Args;
use hdrhistogram::Histogram;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use serde::{Deserialize, Serialize};

use crate::latency::{Percentiles, histogram, percentiles};
use crate::workload::monotonic_ns;

/// Options of `bench echo-client`.
#[derive(Args)]
pub(crate) struct ClientArgs {
    /// Where the server listens.
    address: SocketAddr,
    /// The size of a message.
    #[arg(long, default_value_t = 64)]
    message_bytes: usize,
    /// Connections.
    #[arg(long, default_value_t = 50)]
    connections: usize,
    /// Milliseconds at the start that are not counted.
    #[arg(long, default_value_t = 300)]
    warm_up_ms: u64,
    /// Milliseconds that are counted.
    #[arg(long, default_value_t = 3000)]
    measured_ms: u64,
}

/// What the client prints as JSON at its end.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Summary {
    /// Requests that were answered in the measured time.
    pub(super) requests: u64,
    /// Those of the warm-up as well.
    pub(super) requests_in_all: u64,
    pub(super) latency: Percentiles,
}

struct Connection {
    stream: TcpStream,
    sent_ns: u64,
    /// How much of the answer is still to come.
    missing: usize,
}

pub(crate) fn run(args: &ClientArgs) -> Result<()> {
    let mut connections = (0..args.connections)
        .map(|_| -> Result<Connection> {
            let stream = TcpStream::connect(args.address).context("connect to the echo server")?;
            stream.set_nodelay(true)?;
            Ok(Connection { stream, sent_ns: 0, missing: 0 })
        })
        .collect::<Result<Vec<_>>>()?;
    let mut load = Load {
        message: vec![7; args.message_bytes],
        buffer: vec![0; args.message_bytes.max(4096)],
        counted_from_ns: monotonic_ns() + args.warm_up_ms * 1_000_000,
        requests_in_all: 0,
        latencies: histogram(),
    };
    load.run(&mut connections, args.measured_ms)?;
    let summary = Summary {
        requests: load.latencies.len(),
        requests_in_all: load.requests_in_all,
        latency: percentiles(&load.latencies),
    };
    println!("{}", serde_json::to_string(&summary)?);
    Ok(())
}

/// What all connections share.
struct Load {
    message: Vec<u8>,
    buffer: Vec<u8>,
    counted_from_ns: u64,
    requests_in_all: u64,
    latencies: Histogram<u64>,
}

impl Load {
    fn run(&mut self, connections: &mut [Connection], measured_ms: u64) -> Result<()> {
        let poller = epoll::create(CreateFlags::CLOEXEC)?;
        for (number, connection) in connections.iter().enumerate() {
            let data = EventData::new_u64(number as u64);
            epoll::add(&poller, &connection.stream, data, EventFlags::IN)?;
        }
        for connection in connections.iter_mut() {
            self.ask(connection)?;
        }
        let end_ns = self.counted_from_ns + measured_ms * 1_000_000;
        let mut events = Vec::with_capacity(256);
        while monotonic_ns() < end_ns {
            events.clear();
            match epoll::wait(&poller, rustix::buffer::spare_capacity(&mut events), None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error).context("wait for answers"),
            }
            for event in &events {
                self.hear(&mut connections[event.data.u64() as usize], end_ns)?;
            }
        }
        Ok(())
    }

    /// Sends a request. The server takes what does not fit at once while it is being sent.
    fn ask(&self, connection: &mut Connection) -> Result<()> {
        connection.sent_ns = monotonic_ns();
        connection.missing = self.message.len();
        let mut rest = &self.message[..];
        while !rest.is_empty() {
            match send(&connection.stream, rest, SendFlags::DONTWAIT) {
                Ok(sent) => rest = &rest[sent..],
                Err(Errno::AGAIN) => {
                    poll(&mut [PollFd::new(&connection.stream, PollFlags::OUT)], None)?;
                }
                Err(error) => return Err(error).context("send a request"),
            }
        }
        Ok(())
    }

    /// Takes what is there of an answer; once it is whole, counts it and asks again.
    fn hear(&mut self, connection: &mut Connection, end_ns: u64) -> Result<()> {
        match recv(&connection.stream, &mut self.buffer[..], RecvFlags::DONTWAIT) {
            Ok((0, _)) => bail!("the server closed a connection"),
            Ok((count, _)) if count > connection.missing => bail!("more came back than was sent"),
            Ok((count, _)) => connection.missing -= count,
            Err(Errno::AGAIN) => return Ok(()),
            Err(error) => return Err(error).context("receive an answer"),
        }
        if connection.missing > 0 {
            return Ok(());
        }
        let now_ns = monotonic_ns();
        self.requests_in_all += 1;
        if (self.counted_from_ns..end_ns).contains(&now_ns) {
            self.latencies.saturating_record(now_ns - connection.sent_ns);
        }
        self.ask(connection)
    }
}
