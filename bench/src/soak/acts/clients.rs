//! Clients that behave: what comes back is what they sent, however they send it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::net::{Shutdown, TcpStream};
use cortado::{spawn, time::sleep};
use fastrand::Rng;

use super::Scene;
use crate::soak::census::{self, Guest};
use crate::soak::server::{ECHO, SWALLOW};

/// Bytes that are unlikely to pass for others.
pub(super) fn bytes(rng: &mut Rng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; rng.usize(1..=most)];
    rng.fill(&mut bytes);
    bytes
}

/// A connection to the server, which does `mode`.
pub(super) async fn connect(address: SocketAddr, mode: u8) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await.context("connect")?;
    stream.set_nodelay(true).context("TCP_NODELAY")?;
    stream.write_all(&[mode]).await.context("write the first byte")?;
    Ok(stream)
}

/// Sends so many bytes to an echo and gets them back.
pub(crate) async fn converse(address: SocketAddr, count: usize) -> Result<()> {
    let mut stream = connect(address, ECHO).await?;
    let sent = vec![42; count];
    stream.write_all(&sent).await.context("write")?;
    let mut back = vec![0; count];
    stream.read_exact(&mut back).await.context("read")?;
    ensure!(back == sent, "an echo came back otherwise");
    census::echoed(count);
    Ok(())
}

/// Asks and reads the answer, several times.
pub(super) async fn polite(mut scene: Scene) -> Result<()> {
    let _guest = Guest::new();
    let mut stream = connect(scene.server, ECHO).await?;
    for _ in 0..scene.rng.u32(1..6) {
        let sent = bytes(&mut scene.rng, 12_000);
        stream.write_all(&sent).await.context("write")?;
        let mut back = vec![0; sent.len()];
        stream.read_exact(&mut back).await.context("read")?;
        ensure!(back == sent, "an echo of {} bytes came back otherwise", sent.len());
        census::echoed(sent.len());
        scene.pause().await;
    }
    Ok(())
}

/// One task writes more than the kernel holds while another reads.
pub(super) async fn halves(mut scene: Scene) -> Result<()> {
    let stream = connect(scene.server, ECHO).await?;
    let (mut reading, mut writing) = stream.into_split();
    let sent = bytes(&mut scene.rng, 300_000);
    let (copy, guest) = (sent.clone(), Guest::new());
    let writer = spawn(async move {
        let _guest = guest;
        // Dropping the half shuts writing down.
        writing.write_all(&copy).await
    });
    let mut back = Vec::new();
    reading.read_to_end(&mut back).await.context("read")?;
    writer.await?.context("write")?;
    ensure!(back == sent, "{} bytes came back as {} others", sent.len(), back.len());
    census::echoed(sent.len());
    Ok(())
}

/// Says that it has no more to say, and hears the rest.
pub(super) async fn half_closed(mut scene: Scene) -> Result<()> {
    let mode = if scene.rng.bool() { ECHO } else { SWALLOW };
    let mut stream = connect(scene.server, mode).await?;
    let sent = bytes(&mut scene.rng, 10_000);
    stream.write_all(&sent).await.context("write")?;
    stream.shutdown(Shutdown::Write).context("shut down")?;
    let mut back = Vec::new();
    stream.read_to_end(&mut back).await.context("read")?;
    if mode == ECHO {
        ensure!(back == sent, "{} bytes came back as {} others", sent.len(), back.len());
        census::echoed(sent.len());
    } else {
        ensure!(back == (sent.len() as u64).to_le_bytes(), "not all bytes were swallowed");
    }
    Ok(())
}

/// A byte at a time.
pub(super) async fn slow(mut scene: Scene) -> Result<()> {
    let mut stream = connect(scene.server, ECHO).await?;
    for byte in bytes(&mut scene.rng, 25) {
        stream.write_all(&[byte]).await.context("write")?;
        let mut back = [0];
        stream.read_exact(&mut back).await.context("read")?;
        ensure!(back == [byte], "one byte came back as another");
        census::echoed(1);
        sleep(Duration::from_micros(scene.rng.u64(0..1500))).await;
    }
    Ok(())
}

/// Many at once, which close in any order.
pub(super) async fn crowd(mut scene: Scene) -> Result<()> {
    let connecting: Vec<_> = (0..scene.rng.u32(20..100))
        .map(|_| {
            let (address, guest) = (scene.server, Guest::new());
            spawn(async move {
                let _guest = guest;
                connect(address, ECHO).await
            })
        })
        .collect();
    let mut streams = Vec::new();
    for task in connecting {
        streams.push(task.await??);
    }
    scene.rng.shuffle(&mut streams);
    let asked = scene.rng.usize(..=streams.len());
    for stream in &mut streams[..asked] {
        stream.write_all(b"?").await.context("write")?;
    }
    for stream in &mut streams[..asked] {
        stream.read_exact(&mut [0]).await.context("read")?;
        census::echoed(1);
    }
    Ok(())
}
