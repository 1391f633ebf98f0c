//! The server on cortado as it is by default, everything spawned alike, as on Tokio; and with each
//! computation handed to the work lane by `compute`, as its guide advises where one knows.

use std::future;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use cortado::io::{AsyncFd, Direction};

use super::client::MESSAGE_BYTES;
use super::figures::Figures;
use super::server::{Scene, compute_and_wake};
use super::work::Kind;

/// The same without its confinement under a quota.
pub(super) const UNCONFINED: &str = "cortado-unconfined";

/// The same with `compute`.
pub(super) const COMPUTE: &str = "cortado-compute";

/// The same with Rayon, whose pool is in the work lane.
pub(super) const WITH_RAYON: &str = "cortado-rayon";

/// Where the computing is done.
#[derive(Clone, Copy)]
enum Way {
    /// In the tasks.
    Inside,
    /// In closures that the tasks await.
    Compute,
    /// In jobs of Rayon's that the tasks await.
    Rayon,
}

pub(super) fn serve_plain(scene: Scene) -> Result<()> {
    serve(scene, cortado::Builder::new(), Way::Inside)
}

pub(super) fn serve_unconfined(scene: Scene) -> Result<()> {
    serve(scene, cortado::Builder::new().confine_to_quota(false), Way::Inside)
}

pub(super) fn serve_compute(scene: Scene) -> Result<()> {
    serve(scene, cortado::Builder::new(), Way::Compute)
}

pub(super) fn serve_rayon(scene: Scene) -> Result<()> {
    cortado::rayon::build_global()?;
    serve(scene, cortado::Builder::new(), Way::Rayon)
}

fn serve(scene: Scene, builder: cortado::Builder, way: Way) -> Result<()> {
    let Scene { listener, figures } = scene;
    let runtime = builder.report_long_polls(false).build()?;
    drop(runtime.spawn(accept(listener, Arc::clone(&figures), way)));
    drop(runtime.spawn(fire_timer(Arc::clone(&figures))));
    drop(runtime.spawn(begin(figures, way)));
    runtime.block_on(future::pending())
}

/// Spawns the computing tasks when it is time for them.
async fn begin(figures: Arc<Figures>, way: Way) {
    cortado::time::sleep(figures.work.begin_after()).await;
    for _ in 0..figures.work.tasks {
        let (figures, spawned) = (Arc::clone(&figures), Instant::now());
        drop(match (way, figures.work.kind) {
            (Way::Compute | Way::Rayon, _) => {
                cortado::spawn(compute_elsewhere(figures, way, spawned))
            }
            (Way::Inside, Kind::Fresh) => cortado::spawn(compute_in_fresh_tasks(figures, spawned)),
            (Way::Inside, Kind::Woken) => cortado::spawn(compute_and_wake(figures, spawned)),
            (Way::Inside, Kind::LongLived | Kind::Sleeping | Kind::Requests) => {
                cortado::spawn(compute(figures, spawned))
            }
        });
    }
}

async fn accept(listener: TcpListener, figures: Arc<Figures>, way: Way) {
    listener.set_nonblocking(true).expect("a listener can be made non-blocking");
    let listener = AsyncFd::new(listener).expect("the reactor takes a listener");
    while let Ok((stream, _)) = listener.async_io(Direction::Read, TcpListener::accept).await {
        drop(cortado::spawn(echo(stream, Arc::clone(&figures), way)));
    }
}

async fn echo(stream: TcpStream, figures: Arc<Figures>, way: Way) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    let stream = AsyncFd::new(stream).map_err(|refused| refused.into_parts().1)?;
    let mut buffer = [0; 16 * MESSAGE_BYTES];
    loop {
        let count = stream.async_io(Direction::Read, |mut stream| stream.read(&mut buffer)).await?;
        if count == 0 {
            return Ok(());
        }
        if figures.work.kind == Kind::Requests {
            for _ in 0..count / MESSAGE_BYTES {
                let figures = Arc::clone(&figures);
                once(way, move || figures.poll()).await;
            }
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

async fn compute(figures: Arc<Figures>, spawned: Instant) {
    figures.begins(spawned);
    loop {
        figures.poll();
        cortado::yield_now().await;
    }
}

async fn compute_elsewhere(figures: Arc<Figures>, way: Way, spawned: Instant) {
    let mut first = Some(spawned);
    loop {
        let (figures, first) = (Arc::clone(&figures), first.take());
        let computing = move || {
            first.into_iter().for_each(|spawned| figures.begins(spawned));
            figures.poll();
        };
        once(way, computing).await;
    }
}

/// One computation.
async fn once(way: Way, work: impl FnOnce() + Send + 'static) {
    match way {
        Way::Inside => cortado::spawn(async move { work() }).await.expect("it does not panic"),
        Way::Compute => cortado::compute(work).await,
        Way::Rayon => {
            let (done, answer) = cortado::sync::oneshot::channel();
            rayon::spawn(move || {
                work();
                // Nobody waits any more where the connection has gone.
                let _ = done.send(());
            });
            answer.await.expect("the job sends an answer");
        }
    }
}

async fn compute_in_fresh_tasks(figures: Arc<Figures>, spawned: Instant) {
    figures.begins(spawned);
    loop {
        let figures = Arc::clone(&figures);
        let task = cortado::spawn(async move { figures.poll() });
        task.await.expect("a computing task panicked");
    }
}
