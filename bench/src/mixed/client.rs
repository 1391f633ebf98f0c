//! The echo client: a fixed number of requests per second over some connections, open loop. One
//! thread sends by the clock, another receives; the latencies go through `schedule`. It is a
//! process of its own with plain threads at normal priority, pinned nowhere.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU64;
use std::os::fd::AsFd;
use std::thread;

use anyhow::{Context, Result, bail};
use clap::Args;
use hdrhistogram::Histogram;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use rustix::thread::{ClockId, clock_nanosleep_absolute, set_current_timer_slack};
use serde::{Deserialize, Serialize};

use super::schedule::{Answers, Schedule};
use crate::latency::{Percentiles, histogram, percentiles};
use crate::workload::monotonic_ns;

/// The size of a request and of its answer; the first eight bytes are its number.
pub(super) const MESSAGE_BYTES: usize = 64;

/// How long the client waits for answers after the last request was due.
const GRACE_NS: u64 = 2_000_000_000;

/// Options of `bench client`.
#[derive(Args)]
pub(crate) struct ClientArgs {
    /// Where the server listens.
    address: SocketAddr,
    /// Requests per second over all connections.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: u64,
    /// Connections, used in turn.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1000))]
    connections: u64,
    /// Milliseconds at the start that are not counted.
    #[arg(long, default_value_t = 500)]
    warm_up_ms: u64,
    /// Milliseconds that are counted.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..))]
    measured_ms: u64,
}

/// What the client prints as JSON at its end.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Summary {
    pub(super) echo: Percentiles,
    /// How late the client itself was in sending.
    pub(super) send_late: Percentiles,
    pub(super) lost: u64,
}

pub(crate) fn run(args: &ClientArgs) -> Result<()> {
    let connect = |_| -> Result<TcpStream> {
        let stream = TcpStream::connect(args.address).context("connect to the echo server")?;
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    let streams: Vec<TcpStream> = (0..args.connections).map(connect).collect::<Result<_>>()?;
    let schedule = Schedule {
        start_ns: monotonic_ns() + 20_000_000,
        interval_ns: 1_000_000_000 / args.rate,
        warm_up: args.rate * args.warm_up_ms / 1000,
        total: args.rate * (args.warm_up_ms + args.measured_ms) / 1000,
    };
    let summary = thread::scope(|scope| -> Result<Summary> {
        let sender = scope.spawn(|| send_all(&streams, schedule));
        let (echo, lost) = receive_all(&streams, schedule)?;
        let send_late = sender.join().expect("the sending thread panicked")?;
        let [echo, send_late] = [&echo, &send_late].map(percentiles);
        Ok(Summary { echo, send_late, lost })
    })?;
    println!("{}", serde_json::to_string(&summary)?);
    Ok(())
}

/// Sends each request when it is due, or at once if that has passed; returns how late it was.
fn send_all(streams: &[TcpStream], schedule: Schedule) -> Result<Histogram<u64>> {
    set_current_timer_slack(NonZeroU64::new(1)).context("ask for exact sleeps")?;
    let mut late = histogram();
    for request in 0..schedule.total {
        let due = schedule.intended_ns(request);
        sleep_until(due)?;
        if request >= schedule.warm_up {
            late.saturating_record(monotonic_ns().saturating_sub(due).max(1));
        }
        let mut message = [0; MESSAGE_BYTES];
        message[..8].copy_from_slice(&request.to_le_bytes());
        let mut stream = &streams[request as usize % streams.len()];
        stream.write_all(&message).context("send a request")?;
    }
    Ok(late)
}

fn sleep_until(due_ns: u64) -> Result<()> {
    let due = Timespec {
        tv_sec: (due_ns / 1_000_000_000) as i64,
        tv_nsec: (due_ns % 1_000_000_000) as i64,
    };
    loop {
        match clock_nanosleep_absolute(ClockId::Monotonic, &due) {
            Ok(()) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error).context("sleep until a request is due"),
        }
    }
}

/// Receives until all is answered or the time is up.
fn receive_all(streams: &[TcpStream], schedule: Schedule) -> Result<(Histogram<u64>, u64)> {
    let mut answers = Answers::new(schedule);
    let mut partial = vec![Vec::new(); streams.len()];
    let give_up_ns = schedule.intended_ns(schedule.total) + GRACE_NS;
    let step = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    let mut ready: Vec<PollFd<'_>> =
        streams.iter().map(|stream| PollFd::new(stream, PollFlags::IN)).collect();
    while answers.outstanding() > 0 && monotonic_ns() < give_up_ns {
        poll(&mut ready, Some(&step))?;
        for (index, descriptor) in ready.iter().enumerate() {
            if !descriptor.revents().is_empty() {
                receive(&streams[index], &mut partial[index], &mut answers)?;
            }
        }
    }
    Ok(answers.close(monotonic_ns()))
}

/// Takes what a connection has, and counts the answers that are whole.
fn receive(stream: impl AsFd, partial: &mut Vec<u8>, answers: &mut Answers) -> Result<()> {
    let mut buffer = [0_u8; 16 * MESSAGE_BYTES];
    match recv(stream, &mut buffer[..], RecvFlags::DONTWAIT) {
        Ok((0, _)) => bail!("the server closed a connection"),
        Ok((count, _)) => partial.extend_from_slice(&buffer[..count]),
        Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
        Err(error) => return Err(error).context("receive an answer"),
    }
    let now_ns = monotonic_ns();
    let whole = partial.len() - partial.len() % MESSAGE_BYTES;
    for message in partial[..whole].chunks_exact(MESSAGE_BYTES) {
        let (number, _) = message.split_first_chunk().expect("a message holds its number");
        if !answers.answered(u64::from_le_bytes(*number), now_ns) {
            bail!("the server answered what was not asked, or twice");
        }
    }
    partial.drain(..whole);
    Ok(())
}
