//! The control: no runtime, but threads and the kernel's scheduler. One thread echoes, one fires
//! the timer, and the computing threads are lowered by hand, which is the best that priorities can
//! do; the plain variant leaves them as they are, which is what the kernel does without.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::setpriority_process;

use super::client::MESSAGE_BYTES;
use super::figures::Figures;
use super::server::Scene;
use super::work::Kind;

pub(super) const LOWERED: &str = "threads-lowered";
pub(super) const PLAIN: &str = "threads-plain";
pub(super) const RAYON_ALONE: &str = "rayon-alone";

/// The nice value of lowered threads.
const LOWERED_NICE: i32 = 10;

/// Lowers the calling thread by hand.
pub(super) fn lower() {
    // The process as number 0 is, on Linux, the calling thread alone.
    setpriority_process(None, LOWERED_NICE).expect("lowering a thread is always allowed");
}

pub(super) fn serve_lowered(scene: Scene) -> Result<()> {
    serve(scene, true)
}

pub(super) fn serve_plain(scene: Scene) -> Result<()> {
    serve(scene, false)
}

/// Computing throughput as it is with nothing beside it: nobody connects.
pub(super) fn serve_rayon_alone(scene: Scene) -> Result<()> {
    for _ in 0..scene.figures.work.tasks {
        let figures = Arc::clone(&scene.figures);
        rayon::spawn(move || compute_in_jobs(figures));
    }
    loop {
        thread::park();
    }
}

fn compute_in_jobs(figures: Arc<Figures>) {
    figures.poll();
    rayon::spawn(move || compute_in_jobs(figures));
}

fn serve(scene: Scene, lowers: bool) -> Result<()> {
    let Scene { listener, figures } = scene;
    for _ in 0..figures.work.tasks {
        let (figures, spawned) = (Arc::clone(&figures), Instant::now());
        thread::spawn(move || {
            if lowers {
                lower();
            }
            thread::sleep(figures.work.begin_after());
            figures.begins(spawned);
            compute(&figures);
        });
    }
    thread::spawn(move || fire_timer(&figures));
    echo(&listener)
}

fn compute(figures: &Arc<Figures>) {
    loop {
        if figures.work.kind == Kind::Fresh {
            // A thread made by a lowered one is lowered too.
            let figures = Arc::clone(figures);
            thread::spawn(move || figures.poll()).join().expect("a computing thread panicked");
        } else {
            figures.poll();
        }
        thread::yield_now();
    }
}

fn fire_timer(figures: &Figures) {
    loop {
        let due = Instant::now() + Duration::from_millis(1);
        thread::sleep(Duration::from_millis(1));
        figures.timer_fired(due);
    }
}

/// Accepts and echoes on all connections in one thread.
fn echo(listener: &TcpListener) -> Result<()> {
    let mut streams: Vec<TcpStream> = Vec::new();
    loop {
        let mut ready = vec![PollFd::new(listener, PollFlags::IN)];
        ready.extend(streams.iter().map(|stream| PollFd::new(stream, PollFlags::IN)));
        poll(&mut ready, None).context("wait for the connections")?;
        let is_ready: Vec<bool> = ready.iter().map(|fd| !fd.revents().is_empty()).collect();
        let mut each = is_ready[1..].iter();
        streams.retain(|stream| !each.next().is_some_and(|ready| *ready) || echo_once(stream));
        if is_ready[0] {
            let (stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
    }
}

/// Sends back what a connection has; false when it has ended.
fn echo_once(mut stream: &TcpStream) -> bool {
    let mut buffer = [0; 16 * MESSAGE_BYTES];
    match stream.read(&mut buffer) {
        Ok(0) | Err(_) => false,
        Ok(count) => stream.write_all(&buffer[..count]).is_ok(),
    }
}
