//! What a task costs while it does nothing: the growth of the process's resident memory over a
//! million tasks, the handle in a vector included.

use std::fs;
use std::future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::peer::{Peer, join_all};

const TASKS: usize = 1_000_000;

/// Tasks that wait for something that never comes.
pub(super) fn parked<P: Peer>() -> f64 {
    bytes_per_task::<P, _>(|started| async move {
        started.fetch_add(1, Ordering::Relaxed);
        future::pending().await
    })
}

/// Tasks that sleep for an hour.
pub(super) fn sleeping<P: Peer>() -> f64 {
    bytes_per_task::<P, _>(|started| async move {
        started.fetch_add(1, Ordering::Relaxed);
        P::sleep(Duration::from_secs(3600)).await;
    })
}

/// `task` counts itself as started when it is polled first.
fn bytes_per_task<P: Peer, F>(task: fn(&'static AtomicUsize) -> F) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    let runtime = P::start();
    // What the runtime and the allocator need anyway is there before the first look.
    runtime.block_on(join_all([runtime.spawn_remote(async {})]));
    let kept = Arc::new(parking_spot::<P>());
    let before = resident_bytes();
    let spot = kept.clone();
    let spawner = runtime.spawn_remote(async move {
        let mut handles = spot.lock().expect("nobody else holds it");
        handles.extend((0..TASKS).map(|_| P::spawn(task(&STARTED))));
    });
    runtime.block_on(join_all([spawner]));
    while STARTED.load(Ordering::Relaxed) < TASKS {
        std::thread::sleep(Duration::from_millis(1));
    }
    let used = resident_bytes().saturating_sub(before);
    used as f64 / TASKS as f64
}

fn parking_spot<P: Peer>() -> std::sync::Mutex<Vec<P::Handle>> {
    std::sync::Mutex::new(Vec::with_capacity(TASKS))
}

/// The second field of `/proc/self/statm`, see proc(5).
fn resident_bytes() -> usize {
    let text = fs::read_to_string("/proc/self/statm").expect("/proc is mounted");
    let pages = text.split_whitespace().nth(1).and_then(|field| field.parse::<usize>().ok());
    pages.expect("statm is as proc(5) describes it") * rustix::param::page_size()
}
