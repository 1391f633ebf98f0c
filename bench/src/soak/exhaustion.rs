//! Descriptors run out: clients hold them all while connections wait to be accepted. Accepting has
//! to wait without spinning, which the CPU time of that second shows, and to serve who waited once
//! there is room.

use std::fs::File;
use std::iter;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::net::TcpSocket;
use cortado::time::{sleep, timeout};
use cortado::{Runtime, spawn};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;

use super::acts::converse;
use super::census;
use super::ledger::Ledger;
use super::process;
use super::server::{ECHO, Server};

/// Clients that hold the last descriptors.
const CLIENTS: usize = 12;
/// How long everybody waits while CPU time is measured.
const LULL: Duration = Duration::from_secs(1);
/// The share of one core that waiting may take, in per cent.
const BOUND: f64 = 5.0;

/// What the lull cost.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Exhaustion {
    pub(crate) lull_ms: f64,
    pub(crate) cpu_ms: f64,
    pub(crate) bound_per_cent: f64,
    /// How often accepting has waited for room.
    pub(crate) room_waits: u64,
    pub(crate) met: bool,
}

/// Lowers the limit of open files until it is dropped.
struct Lowered(Rlimit);

impl Lowered {
    fn to(descriptors: u64) -> Result<Lowered> {
        let before = getrlimit(Resource::Nofile);
        let lower = Rlimit { current: Some(descriptors), maximum: before.maximum };
        setrlimit(Resource::Nofile, lower).context("lower the limit of open files")?;
        Ok(Lowered(before))
    }
}

impl Drop for Lowered {
    fn drop(&mut self) {
        if let Err(error) = setrlimit(Resource::Nofile, self.0) {
            census::finding(format!("the limit of open files could not be raised again: {error}"));
        }
    }
}

/// Plays it on a runtime that has nothing else to do.
pub(crate) fn run(runtime: &Runtime, ledger: &'static Ledger) -> Result<Exhaustion> {
    let result = runtime.block_on(starve(ledger))?;
    ledger.check("descriptors were exhausted");
    Ok(result)
}

async fn starve(ledger: &Ledger) -> Result<Exhaustion> {
    let server = Server::start(2).await?;
    let lowered = Lowered::to(process::descriptors().len() as u64 + 64)?;
    let mut held = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        held.push(file);
    }
    ensure!(held.len() > CLIENTS, "the limit of open files left no room to play in");
    held.truncate(held.len() - CLIENTS);
    let waits_before = ledger.room_waits();
    let (sockets, mut clients) = (all_sockets(), Vec::new());
    // Acceptors that looked for connections may have had some descriptors for a moment.
    ensure!(sockets.len() <= 2 * CLIENTS, "a limit of {CLIENTS} descriptors is not kept");
    for socket in sockets {
        let mut client = socket.connect(server.address()).await?;
        client.write_all(&[ECHO, 1, 2, 3]).await?;
        clients.push(client);
    }
    while ledger.room_waits() == waits_before {
        sleep(Duration::from_millis(1)).await;
    }
    let (began, cpu_before) = (Instant::now(), process::cpu_time());
    sleep(LULL).await;
    let (lull, cpu) = (began.elapsed(), process::cpu_time() - cpu_before);
    let room_waits = ledger.room_waits() - waits_before;

    retry_in_scarcity(server.address()).await;
    drop(held);
    for mut client in clients {
        let mut back = [0; 3];
        client.read_exact(&mut back).await.context("who waited for room is served")?;
        ensure!(back == [1, 2, 3], "who waited for room got other bytes back");
    }
    drop(lowered);
    converse(server.address(), 100).await.context("after descriptors were exhausted")?;
    server.stop().await;
    super::round::drained().await;
    let share = cpu.as_secs_f64() / lull.as_secs_f64() * 100.0;
    Ok(Exhaustion {
        lull_ms: lull.as_secs_f64() * 1e3,
        cpu_ms: cpu.as_secs_f64() * 1e3,
        bound_per_cent: BOUND,
        room_waits,
        met: share <= BOUND,
    })
}

/// All the sockets that there is room for. They are there before the first one connects: an accepted
/// connection takes a descriptor, and where accepting got the last one for the last connection,
/// none would be left in the queue, and nobody waited for room.
fn all_sockets() -> Vec<TcpSocket> {
    iter::from_fn(|| TcpSocket::new_v4().ok()).collect()
}

/// Clients that try and give up again and again while there is no room. They need not succeed.
async fn retry_in_scarcity(address: SocketAddr) {
    let patience = Duration::from_millis(20);
    let tries = (0..20).map(|_| {
        spawn(async move {
            for _ in 0..5 {
                let _ = timeout(patience, converse(address, 10)).await;
                sleep(Duration::from_millis(5)).await;
            }
        })
    });
    for client in tries.collect::<Vec<_>>() {
        if let Err(error) = client.await {
            census::finding(format!("a client without room came to an end of its own: {error}"));
        }
    }
}
