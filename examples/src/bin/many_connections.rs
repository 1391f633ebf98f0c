//! The event loop: 20,000 open connections on one thread, each of which gets an answer.
//!
//! `cargo run --release -p examples --bin many_connections -- 20000`. It starts itself again as the
//! client, which opens all connections, is told when they are there, and then asks over each one.
//! In between the server's memory is read: what an idle connection costs, without kernel buffers.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::net::{TcpListener, TcpSocket, TcpStream};
use cortado::process::{Command, Stdio};
use cortado::time::timeout;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors of a process besides its connections.
const SPARE_DESCRIPTORS: u64 = 64;
/// How long the next connection may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = allow_descriptors(arguments.first().map_or(Ok(20_000), |text| text.parse())?)?;
    let runtime = cortado::Runtime::single()?;
    match arguments.get(1) {
        None => runtime.block_on(serve(count)),
        Some(address) => runtime.block_on(ask(address.parse()?, count)),
    }
}

/// Raises this process's limit as far as it may; returns for how many connections that is enough.
fn allow_descriptors(connections: u64) -> Result<u64> {
    let needed = connections + SPARE_DESCRIPTORS;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(connections);
    }
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    // Only root may raise the maximum itself.
    let raised = Rlimit { current: Some(needed), maximum: Some(maximum.max(needed)) };
    if setrlimit(Resource::Nofile, raised).is_ok() {
        return Ok(connections);
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(maximum), ..limit })?;
    println!("only {maximum} descriptors are allowed here (ulimit -Hn)");
    Ok(maximum - SPARE_DESCRIPTORS)
}

async fn serve(count: u64) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut client = Command::new(std::env::current_exe()?)
        .args([count.to_string(), listener.local_addr()?.to_string()])
        .stdin(Stdio::piped())
        .spawn()
        .await?;
    let before = resident_kib()?;
    let start = Instant::now();
    let mut connections = Vec::new();
    for _ in 0..count {
        let (stream, _) =
            timeout(PATIENCE, listener.accept()).await.context("no client comes")??;
        connections.push(cortado::spawn_local(answer(stream)));
    }
    println!("{count} connections are open on one thread after {} ms", start.elapsed().as_millis());
    // The kernel may have taken back more pages than the connections need.
    let bytes = resident_kib()?.saturating_sub(before) * 1024 / count;
    println!("{bytes} bytes of memory for each idle connection");
    let start = Instant::now();
    drop(client.stdin.take());
    let mut answered = 0;
    for connection in connections {
        answered += connection.await.context("a connection's task panicked")??;
    }
    println!("{answered} answers in {} ms", start.elapsed().as_millis());
    ensure!(client.wait().await?.success(), "the client has failed");
    Ok(())
}

/// Answers each number with its double; returns how many.
async fn answer(mut stream: TcpStream) -> io::Result<u64> {
    let mut answered = 0;
    let mut number = [0; 8];
    loop {
        match stream.read_exact(&mut number).await {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(answered),
            read => read?,
        }
        let double = u64::from_be_bytes(number).wrapping_mul(2);
        stream.write_all(&double.to_be_bytes()).await?;
        answered += 1;
    }
}

async fn ask(address: SocketAddr, count: u64) -> Result<()> {
    let mut streams = Vec::new();
    for number in 0..count {
        // The kernel searches long for a free port where most of an address's own are taken.
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1 + (number / 10_000) as u8], 0).into())?;
        streams.push(socket.connect(address).await?);
    }
    // The server ends our standard input when it has accepted all of them.
    cortado::io::stdin()?.read_to_end(&mut Vec::new()).await?;
    for (number, stream) in (0..).zip(&mut streams) {
        let mut double = [0; 8];
        stream.write_all(&u64::to_be_bytes(number)).await?;
        stream.read_exact(&mut double).await?;
        ensure!(u64::from_be_bytes(double) == 2 * number, "a wrong answer to {number}");
    }
    Ok(())
}

/// In pages of 4 KiB, after the size of the whole address space (proc_pid_statm(5)).
fn resident_kib() -> Result<u64> {
    let memory = std::fs::read_to_string("/proc/self/statm")?;
    let pages = memory.split(' ').nth(1).context("/proc/self/statm has no second field")?;
    Ok(pages.parse::<u64>()? * 4)
}
