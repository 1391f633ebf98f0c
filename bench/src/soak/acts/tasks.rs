//! Tasks that spawn tasks, are aborted in all states, detached, and waited for.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use cortado::time::sleep;
use cortado::{JoinHandle, TaskBuilder, spawn, unconstrained, yield_now};

use super::{Playing, Scene, up_to};
use crate::soak::census::Guest;

/// A tree of tasks, each of which waits for its children: all of them report.
pub(super) async fn tree(mut scene: Scene) -> Result<()> {
    let nodes = Arc::new(AtomicU32::new(0));
    let depth = scene.rng.u32(1..=4);
    grow(scene, depth, nodes.clone(), Guest::new()).await?;
    ensure!(nodes.load(Ordering::SeqCst) >= 1, "no node of the tree was there");
    Ok(())
}

fn grow(mut scene: Scene, depth: u32, nodes: Arc<AtomicU32>, guest: Guest) -> Playing {
    Box::pin(async move {
        let _guest = guest;
        scene.pause().await;
        let count = if depth == 0 { 0 } else { scene.rng.u32(0..=4) };
        let before = nodes.fetch_add(1, Ordering::SeqCst);
        let children: Vec<_> = (0..count)
            .map(|_| {
                let below = grow(scene.fork(), depth - 1, nodes.clone(), Guest::new());
                TaskBuilder::new().name("leaf or branch").spawn(below)
            })
            .collect();
        for child in children {
            child.await??;
        }
        let grown = nodes.load(Ordering::SeqCst) - before;
        ensure!(grown > count, "{grown} nodes are fewer than {count} children and their parent");
        Ok(())
    })
}

/// Sets a flag when it is dropped.
struct Flag(Arc<AtomicU32>, Guest);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A task that waits in one of many ways, and holds `flag`.
fn waiting(scene: &mut Scene, flag: Flag) -> JoinHandle<()> {
    match scene.rng.u8(0..6) {
        0 => spawn(async move {
            let _flag = flag;
            pending::<()>().await;
        }),
        1 => spawn(async move {
            let _flag = flag;
            sleep(Duration::from_secs(3600)).await;
        }),
        2 => spawn(async move {
            let _flag = flag;
            loop {
                yield_now().await;
            }
        }),
        3 => spawn(async move {
            let _flag = flag;
            let inner = spawn(async { sleep(Duration::from_millis(1)).await });
            let _ = inner.await;
            unconstrained(pending::<()>()).await;
        }),
        4 => spawn(async move { drop(flag) }),
        _ => spawn(async move {
            yield_now().await;
            drop(flag);
            yield_now().await;
        }),
    }
}

/// Tasks are aborted wherever they are. When the joiner hears of it, the future is gone.
pub(super) async fn abort(mut scene: Scene) -> Result<()> {
    for _ in 0..scene.rng.u32(1..20) {
        let dropped = Arc::new(AtomicU32::new(0));
        let task = waiting(&mut scene, Flag(dropped.clone(), Guest::new()));
        scene.pause().await;
        let other = task.abort_handle();
        if scene.rng.bool() {
            drop(spawn(async move { other.abort() }));
        }
        task.abort();
        if let Err(error) = task.await
            && !error.is_cancelled()
        {
            bail!("an aborted task ended otherwise: {error}");
        }
        let times = dropped.load(Ordering::SeqCst);
        ensure!(times == 1, "what an aborted task held was dropped {times} times");
    }
    Ok(())
}

/// Handles are dropped at once, or later, or after the end; the tasks run all the same.
pub(super) async fn detach(mut scene: Scene) -> Result<()> {
    let ran = Arc::new(AtomicU32::new(0));
    let count = scene.rng.u32(1..50);
    let mut kept = Vec::new();
    for _ in 0..count {
        let (flag, mut own) = (Flag(ran.clone(), Guest::new()), scene.fork());
        let task = spawn(async move {
            own.pause().await;
            drop(flag);
        });
        if scene.rng.bool() {
            kept.push(task);
        }
        scene.pause().await;
    }
    drop(kept);
    while ran.load(Ordering::SeqCst) < count {
        sleep(Duration::from_micros(500)).await;
    }
    Ok(())
}

/// Waits for a task are given up in the middle, and taken up again.
pub(super) async fn forget(mut scene: Scene) -> Result<()> {
    for _ in 0..scene.rng.u32(1..20) {
        let (guest, mut own) = (Guest::new(), scene.fork());
        let mut task = spawn(async move {
            own.pause().await;
            drop(guest);
            7
        });
        if let Some(output) = up_to(scene.rng.u32(0..4), &mut task).await {
            ensure!(output? == 7, "a task returned something else");
        } else if scene.rng.bool() {
            ensure!(task.await? == 7, "a task that was waited for twice returned something else");
        }
    }
    Ok(())
}
