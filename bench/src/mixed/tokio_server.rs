//! The servers on Tokio: its multi-threaded runtime as it is by default, a worker per core and
//! everything spawned alike; and what its users do about work that computes.

use std::future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::client::MESSAGE_BYTES;
use super::figures::Figures;
use super::server::{Scene, compute_and_wake};
use super::threads_server::lower;
use super::work::Kind;

pub(super) const DEFAULT: &str = "tokio";
pub(super) const EAGER: &str = "tokio-eager";
pub(super) const SPAWN_BLOCKING: &str = "tokio-spawn-blocking";
pub(super) const RAYON: &str = "tokio-rayon";
pub(super) const TWO: &str = "tokio-two-runtimes";

/// Where the computing is done.
#[derive(Clone)]
enum Way {
    /// In the tasks.
    Inside,
    /// In the blocking pool.
    Pool,
    /// In Rayon's global pool, with an answer through a channel.
    Rayon,
    /// In the tasks of another runtime, whose threads are lowered by hand.
    Other(Handle),
}

pub(super) fn serve_default(scene: Scene) -> Result<()> {
    serve(scene, Builder::new_multi_thread(), Way::Inside)
}

pub(super) fn serve_pool(scene: Scene) -> Result<()> {
    serve(scene, Builder::new_multi_thread(), Way::Pool)
}

pub(super) fn serve_rayon(scene: Scene) -> Result<()> {
    serve(scene, Builder::new_multi_thread(), Way::Rayon)
}

/// What an expert tunes by hand: a worker per core in both runtimes, and priorities.
pub(super) fn serve_two(scene: Scene) -> Result<()> {
    let second = Builder::new_multi_thread().on_thread_start(lower).enable_all().build()?;
    serve(scene, Builder::new_multi_thread(), Way::Other(second.handle().clone()))
}

/// Why there is no eager hand-off, if there is none.
pub(super) fn no_eager() -> Option<String> {
    let why = "Tokio has it only as an unstable option: build with RUSTFLAGS=\"--cfg tokio_unstable\" \
               and a --target-dir of its own";
    (!cfg!(tokio_unstable)).then(|| why.to_owned())
}

pub(super) fn serve_eager(scene: Scene) -> Result<()> {
    let mut builder = Builder::new_multi_thread();
    #[cfg(tokio_unstable)]
    builder.enable_eager_driver_handoff();
    no_eager().map_or(Ok(()), |why| Err(anyhow::Error::msg(why)))?;
    builder.enable_all();
    serve(scene, builder, Way::Inside)
}

fn serve(scene: Scene, mut builder: Builder, way: Way) -> Result<()> {
    let Scene { listener, figures } = scene;
    listener.set_nonblocking(true)?;
    let runtime = builder.enable_all().build()?;
    let _context = runtime.enter();
    let listener = TcpListener::from_std(listener).context("register the listener")?;
    runtime.spawn(accept(listener, Arc::clone(&figures), way.clone()));
    runtime.spawn(fire_timer(Arc::clone(&figures)));
    runtime.spawn(begin(figures, way));
    runtime.block_on(future::pending())
}

/// Spawns the computing tasks when it is time for them.
async fn begin(figures: Arc<Figures>, way: Way) {
    tokio::time::sleep(figures.work.begin_after()).await;
    let on = match &way {
        Way::Other(second) => second.clone(),
        _ => Handle::current(),
    };
    for _ in 0..figures.work.tasks {
        let (figures, way, spawned) = (Arc::clone(&figures), way.clone(), Instant::now());
        match (&way, figures.work.kind) {
            (Way::Pool | Way::Rayon, _) => on.spawn(compute_elsewhere(figures, way, spawned)),
            (_, Kind::Fresh) => on.spawn(compute_in_fresh_tasks(figures, spawned)),
            (_, Kind::Woken) => on.spawn(compute_and_wake(figures, spawned)),
            (_, Kind::LongLived | Kind::Sleeping | Kind::Requests) => {
                on.spawn(compute(figures, spawned))
            }
        };
    }
}

async fn accept(listener: TcpListener, figures: Arc<Figures>, way: Way) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(echo(stream, Arc::clone(&figures), way.clone()));
    }
}

async fn echo(mut stream: TcpStream, figures: Arc<Figures>, way: Way) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 16 * MESSAGE_BYTES];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        if figures.work.kind == Kind::Requests {
            for _ in 0..count / MESSAGE_BYTES {
                once(&way, &figures, Some(Instant::now())).await;
            }
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

/// One computation in the way that was chosen; `first` is when its task was spawned, if it is that one's
/// first.
async fn once(way: &Way, figures: &Arc<Figures>, first: Option<Instant>) {
    let own = Arc::clone(figures);
    let work = move || {
        first.into_iter().for_each(|spawned| own.begins(spawned));
        own.poll();
    };
    match way {
        Way::Inside => tokio::spawn(async move { work() }).await.expect("it does not panic"),
        Way::Other(second) => second.spawn(async move { work() }).await.expect("it does not panic"),
        Way::Pool => tokio::task::spawn_blocking(work).await.expect("it does not panic"),
        Way::Rayon => {
            let (done, answer) = oneshot::channel();
            rayon::spawn(move || {
                work();
                // Nobody waits any more where the connection has gone.
                let _ = done.send(());
            });
            answer.await.expect("the job sends an answer");
        }
    }
}

async fn compute_elsewhere(figures: Arc<Figures>, way: Way, spawned: Instant) {
    let mut first = Some(spawned);
    loop {
        once(&way, &figures, first.take()).await;
    }
}

async fn compute(figures: Arc<Figures>, spawned: Instant) {
    figures.begins(spawned);
    loop {
        figures.poll();
        tokio::task::yield_now().await;
    }
}

async fn compute_in_fresh_tasks(figures: Arc<Figures>, spawned: Instant) {
    figures.begins(spawned);
    loop {
        let figures = Arc::clone(&figures);
        let task = tokio::spawn(async move { figures.poll() });
        task.await.expect("a computing task panicked");
    }
}
