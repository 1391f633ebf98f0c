//! What only an event loop has: tasks that stay on their thread and are not `Send`.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Result, ensure};
use cortado::{spawn, spawn_local, yield_now};

use super::{Scene, up_to};
use crate::soak::census::{self, Guest};
use crate::soak::staged::{Bomb, panic_now, was_staged};

/// One act after the other, until time is up.
pub(crate) async fn play_on(mut scene: Scene, until: Instant) {
    while Instant::now() < until {
        if let Err(error) = play(&mut scene).await {
            census::finding(format!("local: {error:#}"));
        }
        census::act_ended();
    }
}

async fn play(scene: &mut Scene) -> Result<()> {
    match scene.rng.u8(0..4) {
        0 => shared(scene).await,
        1 => aborted(scene).await,
        2 => panicked(scene).await,
        _ => dropped(scene).await,
    }
}

/// Tasks count together without a lock.
async fn shared(scene: &mut Scene) -> Result<()> {
    let count = Rc::new(Cell::new(0));
    let tasks: Vec<_> = (0..scene.rng.u32(1..20))
        .map(|_| {
            let (count, mut own, guest) = (count.clone(), scene.fork(), Guest::new());
            spawn_local(async move {
                own.pause().await;
                count.set(count.get() + 1);
                let sent = spawn(async move { drop(guest) });
                sent.await
            })
        })
        .collect();
    let all = tasks.len();
    for task in tasks {
        task.await??;
    }
    ensure!(count.get() == all, "{} of {all} local tasks have counted", count.get());
    ensure!(Rc::strong_count(&count) == 1, "a local task that has ended holds on to its future");
    Ok(())
}

async fn aborted(scene: &mut Scene) -> Result<()> {
    let held = Rc::new(Guest::new());
    let own = held.clone();
    let task = spawn_local(async move {
        let _own = own;
        pending::<()>().await;
    });
    scene.pause().await;
    task.abort();
    ensure!(task.await.is_err_and(|error| error.is_cancelled()), "an aborted local task went on");
    ensure!(Rc::strong_count(&held) == 1, "an aborted local task keeps its future");
    Ok(())
}

async fn panicked(scene: &mut Scene) -> Result<()> {
    let (bomb, in_drop) = (Bomb::new(), scene.rng.bool());
    let task = spawn_local(async move {
        let _bomb = Rc::new(bomb);
        yield_now().await;
        if !in_drop {
            panic_now();
        }
    });
    ensure!(
        task.await.is_err_and(was_staged),
        "a local task whose panic was staged ended otherwise"
    );
    Ok(())
}

async fn dropped(scene: &mut Scene) -> Result<()> {
    let (guest, mut own) = (Rc::new(Guest::new()), scene.fork());
    let mut task = spawn_local(async move {
        own.pause().await;
        drop(guest);
    });
    let _ = up_to(scene.rng.u32(0..4), &mut task).await;
    Ok(())
}
