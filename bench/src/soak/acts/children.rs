//! Child processes: they end, are killed, converse through pipes, or are dropped.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::process::Command;

use super::clients::bytes;
use super::{Scene, up_to};
use crate::soak::census::Guest;

/// Ends by itself, with a status.
pub(super) async fn ended(mut scene: Scene) -> Result<()> {
    let code = scene.rng.i32(0..100);
    let mut child =
        Command::new("sh").args(["-c", &format!("exit {code}")]).spawn().await.context("start")?;
    // A wait may be given up and repeated.
    let _ = up_to(scene.rng.u32(0..4), child.wait()).await;
    let status = child.wait().await.context("wait")?;
    ensure!(status.code() == Some(code), "a child that exits with {code} ended with {status}");
    Ok(())
}

/// Would run for long, and is killed.
pub(super) async fn killed(mut scene: Scene) -> Result<()> {
    // In an abrupt round it may be dropped before it is killed here.
    let mut command = Command::new("sleep");
    let mut child = command.arg("1000").kill_on_drop(true).spawn().await.context("start")?;
    scene.pause().await;
    child.kill().await.context("kill")?;
    let status = child.wait().await.context("wait")?;
    ensure!(!status.success(), "a child that was killed ended well");
    Ok(())
}

/// Gives back through one pipe what it gets through the other.
pub(super) async fn conversed(mut scene: Scene) -> Result<()> {
    let _guest = Guest::new();
    let mut command = Command::new("cat");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().await.context("start")?;
    let mut stdin = child.stdin.take().context("standard input is a pipe")?;
    let mut stdout = child.stdout.take().context("standard output is a pipe")?;
    let sent = bytes(&mut scene.rng, 200_000);
    let copy = sent.clone();
    let writer = cortado::spawn(async move { stdin.write_all(&copy).await });
    let mut back = Vec::new();
    stdout.read_to_end(&mut back).await.context("read")?;
    writer.await?.context("write")?;
    ensure!(back == sent, "{} bytes came back as {} others", sent.len(), back.len());
    ensure!(child.wait().await.context("wait")?.success(), "cat did not end well");
    Ok(())
}

/// Nobody waits for it: it is killed when it is dropped, or ends by itself and is reaped.
pub(super) async fn dropped(mut scene: Scene) -> Result<()> {
    let kill = scene.rng.bool();
    let mut command = Command::new("sleep");
    command.arg(if kill { "1000" } else { "0.05" }).kill_on_drop(kill);
    let starting = command.spawn();
    if let Some(started) = up_to(scene.rng.u32(0..20), starting).await {
        drop(started.context("start")?);
    }
    Ok(())
}
