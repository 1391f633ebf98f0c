//! The server on cortado as it is by default, everything spawned alike, as on Tokio.

use std::future;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use cortado::io::{AsyncFd, Direction};

use super::client::MESSAGE_BYTES;
use super::figures::Figures;
use super::server::{self, COMPUTING_TASKS, Load, Scene};

pub(super) fn serve(scene: Scene) -> Result<()> {
    let Scene { listener, load, poll_units, figures } = scene;
    let runtime = cortado::Builder::new().build()?;
    drop(runtime.spawn(accept(listener)));
    drop(runtime.spawn(fire_timer(Arc::clone(&figures))));
    for _ in 0..COMPUTING_TASKS {
        let figures = Arc::clone(&figures);
        drop(match load {
            Load::FreshTasks => runtime.spawn(compute_in_fresh_tasks(figures, poll_units)),
            Load::LongPolls | Load::ShortPolls => runtime.spawn(compute(figures, poll_units)),
            Load::WokenPolls => runtime.spawn(server::compute_and_wake(figures, poll_units)),
        });
    }
    runtime.block_on(future::pending())
}

async fn accept(listener: TcpListener) {
    listener.set_nonblocking(true).expect("a listener can be made non-blocking");
    let listener = AsyncFd::new(listener).expect("the reactor takes a listener");
    while let Ok((stream, _)) = listener.async_io(Direction::Read, TcpListener::accept).await {
        drop(cortado::spawn(echo(stream)));
    }
}

async fn echo(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    let stream = AsyncFd::new(stream).map_err(|refused| refused.into_parts().1)?;
    let mut buffer = [0; 16 * MESSAGE_BYTES];
    loop {
        let count = stream.async_io(Direction::Read, |mut stream| stream.read(&mut buffer)).await?;
        if count == 0 {
            return Ok(());
        }
        let mut sent = 0;
        while sent < count {
            let rest = &buffer[sent..count];
            sent += stream.async_io(Direction::Write, |mut stream| stream.write(rest)).await?;
        }
    }
}

async fn fire_timer(figures: Arc<Figures>) {
    loop {
        let due = Instant::now() + Duration::from_millis(1);
        cortado::time::sleep_until(due).await;
        figures.timer_fired(due);
    }
}

async fn compute(figures: Arc<Figures>, poll_units: u64) {
    loop {
        figures.compute(poll_units);
        cortado::yield_now().await;
    }
}

async fn compute_in_fresh_tasks(figures: Arc<Figures>, poll_units: u64) {
    loop {
        let figures = Arc::clone(&figures);
        let task = cortado::spawn(async move { figures.compute(poll_units) });
        task.await.expect("a computing task panicked");
    }
}
