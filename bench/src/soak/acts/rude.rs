//! Clients that misbehave, and servers that do. What is promised is only that nobody else notices,
//! and that every wait comes to an end.

use std::time::Duration;

use anyhow::{Result, ensure};
use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::net::{TcpSocket, TcpStream};
use cortado::spawn;
use cortado::time::{sleep, timeout};

use super::clients::{bytes, connect};
use super::{Scene, up_to};
use crate::soak::census::Guest;
use crate::soak::server::{DEAF, ECHO, HASTY, RESET, reset};

/// A connection whose buffers are small, so that writing soon has to wait.
async fn narrow(scene: &Scene, mode: u8) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_send_buffer_size(4096)?;
    socket.set_recv_buffer_size(4096)?;
    let mut stream = socket.connect(scene.server).await?;
    stream.write_all(&[mode]).await?;
    Ok(stream)
}

/// Resets the connection in the middle of a conversation.
pub(super) async fn resets(mut scene: Scene) -> Result<()> {
    let mut stream = connect(scene.server, ECHO).await?;
    stream.write_all(&bytes(&mut scene.rng, 5000)).await?;
    if scene.rng.bool() {
        let _ = up_to(scene.rng.u32(1..5), stream.read(&mut [0; 100])).await;
    }
    reset(stream)
}

/// Is reset by the server, while it reads or writes.
pub(super) async fn is_reset(mut scene: Scene) -> Result<()> {
    let mut stream = connect(scene.server, RESET).await?;
    let said = bytes(&mut scene.rng, 20_000);
    for _ in 0..50 {
        if stream.write_all(&said).await.is_err() {
            break;
        }
        if scene.rng.bool() {
            let read = stream.read(&mut [0; 10]).await;
            ensure!(!matches!(read, Ok(1..)), "a server that never writes has written");
        }
    }
    Ok(())
}

/// A task that waits for room to write is aborted, and the connection goes with it.
pub(super) async fn leaves_while_writing(mut scene: Scene) -> Result<()> {
    let mut stream = narrow(&scene, DEAF).await?;
    let guest = Guest::new();
    let writer = spawn(async move {
        let _guest = guest;
        stream.write_all(&vec![1; 8_000_000]).await
    });
    sleep(Duration::from_micros(scene.rng.u64(0..8000))).await;
    writer.abort();
    let _ = writer.await;
    Ok(())
}

/// Writes and never reads what comes back, until nobody can go on.
pub(super) async fn never_reads(mut scene: Scene) -> Result<()> {
    let mut stream = narrow(&scene, ECHO).await?;
    let said = vec![2; 64 * 1024];
    for _ in 0..200 {
        if timeout(Duration::from_millis(3), stream.write_all(&said)).await.is_err() {
            break;
        }
    }
    if scene.rng.bool() { reset(stream) } else { Ok(()) }
}

/// Says what the server does not understand.
pub(super) async fn garbage(mut scene: Scene) -> Result<()> {
    let mut stream = connect(scene.server, scene.rng.u8(128..)).await?;
    let _ = stream.write_all(&bytes(&mut scene.rng, 5000)).await;
    let mut back = Vec::new();
    let _ = stream.read_to_end(&mut back).await;
    ensure!(back.is_empty(), "garbage was answered with {} bytes", back.len());
    Ok(())
}

/// Connects and says nothing.
pub(super) async fn says_nothing(mut scene: Scene) -> Result<()> {
    let mut stream = TcpStream::connect(scene.server).await?;
    let millis = Duration::from_millis(scene.rng.u64(0..8));
    let heard = timeout(millis, stream.read(&mut [0])).await;
    ensure!(heard.is_err(), "the server has spoken first: {heard:?}");
    if scene.rng.bool() { reset(stream) } else { Ok(()) }
}

/// Is too slow for a server in a hurry: a byte, and then too late.
pub(super) async fn too_slow(mut scene: Scene) -> Result<()> {
    let mut stream = connect(scene.server, HASTY).await?;
    for _ in 0..10 {
        if stream.write_all(b"x").await.is_err() {
            break;
        }
        sleep(Duration::from_millis(scene.rng.u64(0..6))).await;
    }
    let mut back = Vec::new();
    let _ = stream.read_to_end(&mut back).await;
    ensure!(back.iter().all(|byte| *byte == b'x'), "an echo came back otherwise");
    Ok(())
}
