//! The server that the acts talk to. The first byte of a connection says what it does: echo, swallow,
//! reset, never read, or echo with little patience. Anything else is garbage, and the answer to that
//! is a reset.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::net::{TcpListener, TcpStream};
use cortado::time::{sleep, timeout};
use cortado::{JoinHandle, spawn};

use super::census::{self, Guest};

/// Sends back what it gets, to the end.
pub(crate) const ECHO: u8 = b'E';
/// Reads to the end and says how much that was, in 8 bytes, the least first.
pub(crate) const SWALLOW: u8 = b'S';
/// Reads once and resets the connection.
pub(crate) const RESET: u8 = b'R';
/// Never reads again and closes soon.
pub(crate) const DEAF: u8 = b'D';
/// Echo, but 3 ms without anything to read make it hang up.
pub(crate) const HASTY: u8 = b'H';

/// How long a client may say nothing. No act is silent for so long: the timers are made, moved and
/// cancelled.
const PATIENCE: Duration = Duration::from_secs(3600);

/// See the module.
pub(crate) struct Server {
    address: SocketAddr,
    acceptors: Vec<JoinHandle<()>>,
}

impl Server {
    /// Listens, with so many tasks that accept.
    pub(crate) async fn start(acceptors: usize) -> Result<Server> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the server listens")?;
        let (address, listener) = (listener.local_addr()?, Arc::new(listener));
        let acceptors = (0..acceptors).map(|_| spawn(accept_all(listener.clone()))).collect();
        Ok(Server { address, acceptors })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing more. Connections go on until their clients end them.
    pub(crate) async fn stop(self) {
        for acceptor in self.acceptors {
            acceptor.abort();
            match acceptor.await {
                Err(error) if error.is_cancelled() => {}
                other => census::finding(format!("an aborted acceptor ended with {other:?}")),
            }
        }
    }
}

async fn accept_all(listener: Arc<TcpListener>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(spawn(serve(stream, Guest::new()))),
            Err(error) => {
                census::finding(format!("accept failed: {error}"));
                return;
            }
        }
    }
}

/// Errors are the clients' doing, and end the connection.
async fn serve(mut stream: TcpStream, _guest: Guest) {
    let mut mode = [0];
    if !matches!(timeout(PATIENCE, stream.read(&mut mode)).await, Ok(Ok(1))) {
        return;
    }
    let _ = match mode[0] {
        ECHO => echo(stream, PATIENCE).await,
        HASTY => echo(stream, Duration::from_millis(3)).await,
        SWALLOW => swallow(stream).await,
        DEAF => {
            sleep(Duration::from_millis(20)).await;
            Ok(())
        }
        RESET => {
            let read = stream.read(&mut [0; 512]).await;
            reset(stream).and(read.map(drop).map_err(Into::into))
        }
        _ => reset(stream),
    };
}

async fn echo(mut stream: TcpStream, patience: Duration) -> Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let got = timeout(patience, stream.read(&mut buffer)).await??;
        if got == 0 {
            return Ok(());
        }
        timeout(patience, stream.write_all(&buffer[..got])).await??;
    }
}

async fn swallow(mut stream: TcpStream) -> Result<()> {
    let (mut buffer, mut total) = ([0; 4096], 0);
    loop {
        match stream.read(&mut buffer).await? {
            0 => break,
            got => total += got as u64,
        }
    }
    Ok(stream.write_all(&total.to_le_bytes()).await?)
}

/// Ends a connection so that the other side reads an error.
pub(crate) fn reset(stream: TcpStream) -> Result<()> {
    stream.set_linger(Some(Duration::ZERO)).context("SO_LINGER")
}
