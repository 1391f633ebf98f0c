//! Spawning, yielding and waking: the cases of Tokio's `benches/rt_multi_threaded.rs` and
//! `benches/rt_current_thread.rs` (what they do, not their code), with two workers on every
//! runtime; and spawning a million tasks and yielding ten million times.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::peer::{Peer, WORKERS, join_all};
use crate::stopwatch::Stopwatch;

const SPAWNS: usize = 10_000;
const SPAWNS_SINGLE: usize = 1_000;
const STALL: Duration = Duration::from_micros(10);
const YIELDING_TASKS: usize = 200;
const YIELDS: usize = 1_000;
const PINGS: usize = 1_000;
const CHAIN: usize = 1_000;

fn stall() {
    let began = Instant::now();
    while began.elapsed() < STALL {
        hint::spin_loop();
    }
}

/// Tasks spawned inside of `block_on`; the last one to run says so.
pub(super) fn spawn_many_local<P: Peer>(watch: &Stopwatch) -> f64 {
    let runtime = P::start();
    let left = Arc::new(AtomicUsize::new(0));
    let (done, is_done) = sync_channel(1);
    watch.per_operation(SPAWNS, || {
        left.store(SPAWNS, Ordering::Relaxed);
        runtime.block_on(async {
            for _ in 0..SPAWNS {
                let (left, done) = (left.clone(), done.clone());
                P::detach(P::spawn(async move {
                    if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                        done.send(()).expect("the benchmark waits");
                    }
                }));
            }
        });
        is_done.recv().expect("the last task has run");
    })
}

fn spawn_remote_and_join<P: Peer>(runtime: &P, count: usize, watch: &Stopwatch) -> f64 {
    let mut handles = Vec::with_capacity(count);
    watch.per_operation(count, || {
        handles.extend((0..count).map(|_| runtime.spawn_remote(async {})));
        runtime.block_on(join_all(handles.drain(..)));
    })
}

/// Tasks spawned from outside while the runtime has nothing else to do.
pub(super) fn spawn_many_remote_idle<P: Peer>(watch: &Stopwatch) -> f64 {
    spawn_remote_and_join(&P::start(), SPAWNS, watch)
}

/// The same while two tasks per worker yield and compute 10 µs in turn.
pub(super) fn spawn_many_remote_busy1<P: Peer>(watch: &Stopwatch) -> f64 {
    let runtime = P::start();
    let goes_on = Arc::new(AtomicBool::new(true));
    for _ in 0..2 * WORKERS {
        let goes_on = goes_on.clone();
        P::detach(runtime.spawn_remote(async move {
            while goes_on.load(Ordering::Relaxed) {
                P::yield_now().await;
                stall();
            }
        }));
    }
    let time = spawn_remote_and_join(&runtime, SPAWNS, watch);
    goes_on.store(false, Ordering::Relaxed);
    time
}

/// A thousand while two tasks per worker compute 10 µs and spawn their successor.
pub(super) fn spawn_many_remote_busy2<P: Peer>(watch: &Stopwatch) -> f64 {
    fn succeed<P: Peer>(goes_on: Arc<AtomicBool>) {
        if goes_on.load(Ordering::Relaxed) {
            P::detach(P::spawn(async move {
                stall();
                succeed::<P>(goes_on);
            }));
        }
    }
    let runtime = P::start();
    let goes_on = Arc::new(AtomicBool::new(true));
    for _ in 0..2 * WORKERS {
        let goes_on = goes_on.clone();
        P::detach(runtime.spawn_remote(async move { succeed::<P>(goes_on) }));
    }
    let time = spawn_remote_and_join(&runtime, SPAWNS / 10, watch);
    goes_on.store(false, Ordering::Relaxed);
    time
}

/// 200 tasks that yield a thousand times each.
pub(super) fn yield_many<P: Peer>(watch: &Stopwatch) -> f64 {
    yield_in_tasks::<P>(YIELDING_TASKS, YIELDS, watch)
}

/// A thousand tasks, ten million yields.
pub(super) fn yield_now<P: Peer>(watch: &Stopwatch) -> f64 {
    yield_in_tasks::<P>(1_000, if watch.is_quick() { 1_000 } else { 10_000 }, watch)
}

fn yield_in_tasks<P: Peer>(tasks: usize, yields: usize, watch: &Stopwatch) -> f64 {
    let runtime = P::start();
    let (done, is_done) = sync_channel(tasks);
    watch.per_operation(tasks * yields, || {
        runtime.block_on(async {
            for _ in 0..tasks {
                let done = done.clone();
                P::detach(P::spawn(async move {
                    for _ in 0..yields {
                        P::yield_now().await;
                    }
                    done.send(()).expect("the benchmark waits");
                }));
            }
        });
        (0..tasks).for_each(|_| is_done.recv().expect("each task ends"));
    })
}

/// A thousand pairs of tasks that send each other one message.
pub(super) fn ping_pong<P: Peer>(watch: &Stopwatch) -> f64 {
    async fn pair<P: Peer>(left: Arc<AtomicUsize>, done: SyncSender<()>) {
        let (ping, pinged) = oneshot::channel();
        let (pong, ponged) = oneshot::channel();
        P::detach(P::spawn(async move {
            pinged.await.expect("a ping comes");
            pong.send(()).expect("somebody waits for the pong");
        }));
        ping.send(()).expect("somebody waits for the ping");
        ponged.await.expect("a pong comes");
        if left.fetch_sub(1, Ordering::Relaxed) == 1 {
            done.send(()).expect("the benchmark waits");
        }
    }
    let runtime = P::start();
    let left = Arc::new(AtomicUsize::new(0));
    let (done, is_done) = sync_channel(1);
    watch.per_operation(PINGS, || {
        left.store(PINGS, Ordering::Relaxed);
        let (left, done) = (left.clone(), done.clone());
        runtime.block_on(async {
            P::detach(P::spawn(async move {
                for _ in 0..PINGS {
                    P::detach(P::spawn(pair::<P>(left.clone(), done.clone())));
                }
            }));
        });
        is_done.recv().expect("the last pair is done");
    })
}

/// Each task spawns the next.
pub(super) fn chained_spawn<P: Peer>(watch: &Stopwatch) -> f64 {
    fn spawn_next<P: Peer>(left: usize, done: SyncSender<()>) {
        if left == 0 {
            done.send(()).expect("the benchmark waits");
        } else {
            P::detach(P::spawn(async move { spawn_next::<P>(left - 1, done) }));
        }
    }
    let runtime = P::start();
    let (done, is_done) = sync_channel(1);
    watch.per_operation(CHAIN, || {
        let done = done.clone();
        runtime.block_on(async { spawn_next::<P>(CHAIN, done) });
        is_done.recv().expect("the chain ends");
    })
}

/// A million tasks from one task, all awaited.
pub(super) fn spawn_and_await<P: Peer>(watch: &Stopwatch) -> f64 {
    let count = if watch.is_quick() { 100_000 } else { 1_000_000 };
    let runtime = P::start();
    watch.per_operation(count, || {
        let task = runtime.spawn_remote(async move {
            let handles: Vec<_> = (0..count).map(|_| P::spawn(async {})).collect();
            join_all(handles).await;
        });
        runtime.block_on(join_all([task]));
    })
}

/// On one thread: a thousand tasks spawned inside of `block_on`, all awaited.
pub(super) fn single_spawn_many_local<P: Peer>(watch: &Stopwatch) -> f64 {
    let runtime = P::start();
    let mut handles = Vec::with_capacity(SPAWNS_SINGLE);
    watch.per_operation(SPAWNS_SINGLE, || {
        runtime.block_on(async {
            handles.extend((0..SPAWNS_SINGLE).map(|_| P::spawn(async {})));
            join_all(handles.drain(..)).await;
        });
    })
}

/// On one thread: a thousand tasks spawned before `block_on`.
pub(super) fn single_spawn_many_remote_idle<P: Peer>(watch: &Stopwatch) -> f64 {
    spawn_remote_and_join(&P::start(), SPAWNS_SINGLE, watch)
}

/// The same while another task yields all the time.
pub(super) fn single_spawn_many_remote_busy<P: Peer>(watch: &Stopwatch) -> f64 {
    let runtime = P::start();
    P::detach(runtime.spawn_remote(async {
        loop {
            P::yield_now().await;
        }
    }));
    spawn_remote_and_join(&runtime, SPAWNS_SINGLE, watch)
}
