//! The server on smol: its global executor with a thread per core, everything spawned alike.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{Async, Timer};

use super::client::MESSAGE_BYTES;
use super::figures::Figures;
use super::server::{Scene, compute_and_wake};
use super::work::Kind;

pub(super) const NAME: &str = "smol";

/// smol's own variable for the number of threads.
pub(super) const THREADS_VARIABLE: &str = "SMOL_THREADS";

pub(super) fn serve(scene: Scene) -> Result<()> {
    let Scene { listener, figures } = scene;
    let listener = Async::<TcpListener>::new(listener)?;
    smol::spawn(accept(listener, Arc::clone(&figures))).detach();
    smol::spawn(fire_timer(Arc::clone(&figures))).detach();
    smol::spawn(begin(figures)).detach();
    smol::block_on(smol::future::pending())
}

/// Spawns the computing tasks when it is time for them.
async fn begin(figures: Arc<Figures>) {
    Timer::after(figures.work.begin_after()).await;
    for _ in 0..figures.work.tasks {
        let (figures, spawned) = (Arc::clone(&figures), Instant::now());
        match figures.work.kind {
            Kind::Fresh => smol::spawn(compute_in_fresh_tasks(figures, spawned)).detach(),
            Kind::Woken => smol::spawn(compute_and_wake(figures, spawned)).detach(),
            Kind::LongLived | Kind::Sleeping | Kind::Requests => {
                smol::spawn(compute(figures, spawned)).detach();
            }
        }
    }
}

async fn accept(listener: Async<TcpListener>, figures: Arc<Figures>) {
    while let Ok((stream, _)) = listener.accept().await {
        smol::spawn(echo(stream, Arc::clone(&figures))).detach();
    }
}

async fn echo(mut stream: Async<TcpStream>, figures: Arc<Figures>) -> std::io::Result<()> {
    stream.get_ref().set_nodelay(true)?;
    let mut buffer = [0; 16 * MESSAGE_BYTES];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        if figures.work.kind == Kind::Requests {
            for _ in 0..count / MESSAGE_BYTES {
                let figures = Arc::clone(&figures);
                smol::spawn(async move { figures.poll() }).await;
            }
        }
        stream.write_all(&buffer[..count]).await?;
    }
}

async fn fire_timer(figures: Arc<Figures>) {
    loop {
        let due = Instant::now() + Duration::from_millis(1);
        Timer::at(due).await;
        figures.timer_fired(due);
    }
}

async fn compute(figures: Arc<Figures>, spawned: Instant) {
    figures.begins(spawned);
    loop {
        figures.poll();
        smol::future::yield_now().await;
    }
}

async fn compute_in_fresh_tasks(figures: Arc<Figures>, spawned: Instant) {
    figures.begins(spawned);
    loop {
        let figures = Arc::clone(&figures);
        smol::spawn(async move { figures.poll() }).await;
    }
}
