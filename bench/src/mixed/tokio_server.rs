//! The server on Tokio's multi-threaded runtime as it is by default: a worker per core, everything
//! spawned alike.

use std::future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::client::MESSAGE_BYTES;
use super::figures::Figures;
use super::server::{self, COMPUTING_TASKS, Load, Scene};

pub(super) fn serve(scene: Scene) -> Result<()> {
    let Scene { listener, load, poll_units, figures } = scene;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _context = runtime.enter();
    runtime.spawn(accept(TcpListener::from_std(listener)?));
    runtime.spawn(fire_timer(Arc::clone(&figures)));
    for _ in 0..COMPUTING_TASKS {
        let figures = Arc::clone(&figures);
        match load {
            Load::FreshTasks => runtime.spawn(compute_in_fresh_tasks(figures, poll_units)),
            Load::LongPolls | Load::ShortPolls => runtime.spawn(compute(figures, poll_units)),
            Load::WokenPolls => runtime.spawn(server::compute_and_wake(figures, poll_units)),
        };
    }
    runtime.block_on(future::pending())
}

async fn accept(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(echo(stream));
    }
}

async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 16 * MESSAGE_BYTES];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count]).await?;
    }
}

async fn fire_timer(figures: Arc<Figures>) {
    loop {
        let due = Instant::now() + Duration::from_millis(1);
        tokio::time::sleep_until(due.into()).await;
        figures.timer_fired(due);
    }
}

async fn compute(figures: Arc<Figures>, poll_units: u64) {
    loop {
        figures.compute(poll_units);
        tokio::task::yield_now().await;
    }
}

async fn compute_in_fresh_tasks(figures: Arc<Figures>, poll_units: u64) {
    loop {
        let figures = Arc::clone(&figures);
        let task = tokio::spawn(async move { figures.compute(poll_units) });
        task.await.expect("a computing task panicked");
    }
}
