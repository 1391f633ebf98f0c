//! Waits for sockets that are dropped in the middle: nothing is lost by that.

use anyhow::{Context, Result, ensure};
use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::net::{TcpListener, TcpStream};
use cortado::spawn;

use super::clients::{bytes, connect};
use super::{Scene, up_to};
use crate::soak::census::{self, Guest};
use crate::soak::server::ECHO;

/// Accepting is given up again and again; every connection is accepted all the same.
pub(super) async fn accepts_cancelled(mut scene: Scene) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("listen")?;
    let address = listener.local_addr()?;
    let count = scene.rng.u8(1..12);
    let clients: Vec<_> = (0..count)
        .map(|number| {
            let (mut own, guest) = (scene.fork(), Guest::new());
            spawn(async move {
                let _guest = guest;
                own.pause().await;
                let mut stream = TcpStream::connect(address).await?;
                stream.write_all(&[number]).await?;
                // The server closes first; that it has read the number shows in this.
                stream.read_to_end(&mut Vec::new()).await
            })
        })
        .collect();
    let mut heard = Vec::new();
    while heard.len() < usize::from(count) {
        if let Some(accepted) = up_to(scene.rng.u32(1..5), listener.accept()).await {
            let (mut stream, _) = accepted.context("accept")?;
            let mut number = [0];
            stream.read_exact(&mut number).await.context("read")?;
            heard.push(number[0]);
        }
        scene.pause().await;
    }
    for client in clients {
        client.await?.context("a client of an interrupted acceptor")?;
    }
    heard.sort_unstable();
    ensure!(heard == (0..count).collect::<Vec<_>>(), "connections were lost or doubled: {heard:?}");
    Ok(())
}

/// Connecting is given up.
pub(super) async fn connects_cancelled(mut scene: Scene) -> Result<()> {
    for _ in 0..scene.rng.u32(1..6) {
        let guest = Guest::new();
        let connecting = async {
            let _guest = guest;
            TcpStream::connect(scene.server).await
        };
        if let Some(connected) = up_to(scene.rng.u32(0..3), connecting).await {
            drop(connected.context("connect")?);
        }
    }
    Ok(())
}

/// Reads and writes are given up; no byte is lost or comes twice.
pub(super) async fn reads_cancelled(mut scene: Scene) -> Result<()> {
    let mut stream = connect(scene.server, ECHO).await?;
    let sent = bytes(&mut scene.rng, 10_000);
    let (mut written, mut back) = (0, Vec::new());
    while back.len() < sent.len() {
        if written < sent.len() {
            let part = (written + scene.rng.usize(1..2000)).min(sent.len());
            let writing = stream.write(&sent[written..part]);
            if let Some(done) = up_to(scene.rng.u32(1..3), writing).await {
                written += done.context("write")?;
            }
        }
        let mut buffer = [0; 1500];
        // With everything written there is nothing else to wait for.
        let polls = if written < sent.len() { scene.rng.u32(1..4) } else { u32::MAX };
        let reading = stream.read(&mut buffer);
        let got = if polls == u32::MAX { Some(reading.await) } else { up_to(polls, reading).await };
        match got {
            Some(Ok(0)) => anyhow::bail!("the echo ended in the middle"),
            Some(got) => back.extend_from_slice(&buffer[..got.context("read")?]),
            None => scene.pause().await,
        }
    }
    ensure!(back == sent, "interrupted reads have brought other bytes");
    census::echoed(sent.len());
    Ok(())
}
