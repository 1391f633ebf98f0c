//! What only an event loop has: tasks that stay on their thread and are not `Send`.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Result, ensure};
use cortado::{spawn, spawn_local, yield_now};
use cortado_sync::channel::bounded;
use cortado_sync::select::Select;

use super::{Scene, up_to};
use crate::soak::census::{self, Guest};
use crate::soak::staged::{Bomb, panic_now, was_staged};

/// One act after the other, until time is up.
pub(crate) async fn play_on(mut scene: Scene, until: Instant, ending: Arc<AtomicBool>) {
    while Instant::now() < until {
        if let Err(error) = play(&mut scene).await
            && !ending.load(Ordering::SeqCst)
        {
            census::finding(format!("local: {error:#}"));
        }
        census::act_ended();
    }
}

async fn play(scene: &mut Scene) -> Result<()> {
    match scene.rng.u8(0..5) {
        0 => shared(scene).await,
        1 => aborted(scene).await,
        2 => panicked(scene).await,
        3 => chosen(scene).await,
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

/// Senders select between two ways to send, a receiver between two channels, and both give up again
/// and again: what was sent is received once.
async fn chosen(scene: &mut Scene) -> Result<()> {
    let (one, first) = bounded(scene.rng.usize(0..3));
    let (two, second) = bounded(scene.rng.usize(0..3));
    let senders: Vec<_> = (0..scene.rng.u32(1..4))
        .map(|sender| {
            let (one, two, mut own) = (one.clone(), two.clone(), scene.fork());
            spawn_local(async move {
                let mut sent = Vec::new();
                for number in sender * 1000..sender * 1000 + own.rng.u32(1..30) {
                    let mut odd = Some((number * 2 + 1, Guest::new()));
                    let mut even = Some((number * 2, Guest::new()));
                    let select = Select::new().send_from(&one, &mut odd, |_| ()).send_from(
                        &two,
                        &mut even,
                        |_| (),
                    );
                    let _ = up_to(own.rng.u32(1..8), select.into_future()).await;
                    sent.extend(odd.is_none().then_some(number * 2 + 1));
                    sent.extend(even.is_none().then_some(number * 2));
                }
                sent
            })
        })
        .collect();
    drop((one, two));
    let (mut received, mut open) = (Vec::new(), [true, true]);
    while open != [false, false] {
        let mut select = Select::new();
        for (index, receiver) in [&first, &second].into_iter().enumerate() {
            if open[index] {
                select = select.recv(receiver, move |message| (index, message));
            }
        }
        match up_to(scene.rng.u32(1..6), select.into_future()).await {
            Some((_, Ok((number, _guest)))) => received.push(number),
            Some((index, Err(_))) => open[index] = false,
            None => scene.pause().await,
        }
    }
    let mut sent = Vec::new();
    for sender in senders {
        sent.extend(sender.await?);
    }
    received.sort_unstable();
    sent.sort_unstable();
    ensure!(sent == received, "selects have sent {sent:?} and received {received:?}");
    Ok(())
}
