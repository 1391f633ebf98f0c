//! Which ports of this machine's loopback accept connections, so many tried at the same time.
//!
//! `cargo run --release -p examples --bin port_scanner -- 1 65535 500`: from, to, and how many at
//! once. A task for each port would be cheap, but each needs a descriptor: a semaphore keeps them
//! below the limit. It scans 127.0.0.1 and nothing else.

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cortado::net::TcpStream;
use cortado::sync::Semaphore;
use cortado::time::timeout;

/// A port that says nothing in this time is taken for closed.
const PATIENCE: Duration = Duration::from_secs(1);

enum Port {
    Open,
    Closed,
    /// It neither accepts nor refuses.
    Silent,
}

fn main() -> Result<()> {
    let numbers = std::env::args().skip(1).map(|text| text.parse::<u16>());
    let numbers = numbers.collect::<Result<Vec<_>, _>>().context("give numbers from 1 to 65535")?;
    let (from, to, at_once) = match numbers[..] {
        [] => (1, 1024, 100),
        [from, to] => (from, to, 100),
        [from, to, at_once] => (from, to, at_once),
        _ => anyhow::bail!("give the first port, the last one, and how many at once"),
    };
    ensure!(0 < from && from <= to && at_once > 0, "no port is from {from} to {to}");
    cortado::Runtime::new()?.block_on(scan(from, to, at_once))
}

async fn scan(from: u16, to: u16, at_once: u16) -> Result<()> {
    let start = Instant::now();
    let room = Arc::new(Semaphore::new(usize::from(at_once)));
    let mut tries = Vec::new();
    for port in from..=to {
        // Waits for room before it spawns, so that there are never more tasks than are allowed.
        let permit = room.clone().acquire_owned().await.context("nobody closes the semaphore")?;
        let try_it = cortado::spawn(async move {
            let found = probe(port).await;
            drop(permit);
            found
        });
        tries.push((port, try_it));
    }
    let (mut open, mut silent) = (0, 0);
    for (port, tried) in tries {
        match tried.await.context("a try panicked")?? {
            Port::Open => {
                println!("{port} is open");
                open += 1;
            }
            Port::Silent => silent += 1,
            Port::Closed => {}
        }
    }
    let count = u32::from(to - from) + 1;
    let took = start.elapsed().as_millis();
    println!("{count} ports tried in {took} ms: {open} open, {silent} without an answer");
    Ok(())
}

async fn probe(port: u16) -> Result<Port> {
    match timeout(PATIENCE, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await {
        Ok(Ok(_connected)) => Ok(Port::Open),
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Ok(Port::Closed),
        // Such as too many open files: that says nothing about the port.
        Ok(Err(error)) => Err(error).with_context(|| format!("cannot try port {port}")),
        Err(_too_late) => Ok(Port::Silent),
    }
}
