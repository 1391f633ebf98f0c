//! Panics wherever users' code runs: in a poll, in the drop of a future or of its output, in a waker.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Context;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use cortado::time::sleep;
use cortado::{JoinError, spawn, yield_now};

use super::Scene;
use crate::soak::census::Guest;
use crate::soak::staged::{Alarm, Bomb, panic_now, was_staged};

/// The joiner must get the staged panic.
fn expect_staged<T>(joined: Result<T, JoinError>) -> Result<()> {
    match joined {
        Ok(_) => bail!("a task whose panic was staged returned"),
        Err(error) if error.is_cancelled() => bail!("a panic came out as a cancellation"),
        Err(error) => {
            ensure!(was_staged(error), "a task panicked otherwise than staged");
            Ok(())
        }
    }
}

/// In the first poll, or after waits.
pub(super) async fn in_poll(mut scene: Scene) -> Result<()> {
    for _ in 0..scene.rng.u32(1..10) {
        let (guest, mut own) = (Guest::new(), scene.fork());
        let task = spawn(async move {
            let _guest = guest;
            own.pause().await;
            if own.rng.u8(..) < 255 {
                panic_now();
            }
            // Once in a while it is another one's panic that goes through this task.
            pass_panic_on().await;
        });
        if scene.rng.bool() {
            expect_staged(task.await)?;
        }
    }
    Ok(())
}

async fn pass_panic_on() -> ! {
    let inner = spawn(async { panic_now() });
    let Err(error) = inner.await;
    std::panic::resume_unwind(error.into_panic())
}

/// The future's drop panics: at its end, or where it is aborted.
pub(super) async fn in_drop(mut scene: Scene) -> Result<()> {
    for _ in 0..scene.rng.u32(1..10) {
        let (bomb, ends) = (Bomb::new(), scene.rng.bool());
        let task = spawn(async move {
            let _bomb = bomb;
            yield_now().await;
            if !ends {
                pending::<()>().await;
            }
        });
        if !ends {
            scene.pause().await;
            task.abort();
        }
        if scene.rng.bool() {
            expect_staged(task.await)?;
        }
    }
    Ok(())
}

/// The output's drop panics, wherever it is dropped.
pub(super) async fn in_output(mut scene: Scene) -> Result<()> {
    for _ in 0..scene.rng.u32(1..10) {
        let mut own = scene.fork();
        let task = spawn(async move {
            own.pause().await;
            Bomb::new()
        });
        scene.pause().await;
        match scene.rng.u8(0..4) {
            0 => drop(task),
            1 => {
                let bomb = task.await?;
                let dropped = catch_unwind(AssertUnwindSafe(|| drop(bomb)));
                ensure!(dropped.is_err(), "a bomb did not go off");
            }
            2 => {
                while !task.is_finished() {
                    yield_now().await;
                }
                drop(task);
            }
            // The output meets the abort, and is dropped with it or is returned.
            _ => {
                task.abort();
                if let Ok(bomb) = task.await {
                    let dropped = catch_unwind(AssertUnwindSafe(|| drop(bomb)));
                    ensure!(dropped.is_err(), "a bomb did not go off");
                }
            }
        }
    }
    Ok(())
}

/// A waker panics: that of a joiner, and that of a timer. Whoever wakes it must not care.
pub(super) async fn in_waker(mut scene: Scene) -> Result<()> {
    let alarm = Alarm::new();
    let waker = alarm.waker();
    let mut own = scene.fork();
    let mut task = spawn(async move {
        yield_now().await;
        own.pause().await;
        3
    });
    let joined = pin!(&mut task).poll(&mut Context::from_waker(&waker));
    let millis = scene.rng.u64(1..5);
    let mut timer = pin!(sleep(Duration::from_millis(millis)));
    let slept = timer.as_mut().poll(&mut Context::from_waker(&waker));
    if scene.rng.bool() {
        // Polled by another task, with an alarm that is dropped before it rings.
        return Ok(());
    }
    while !task.is_finished() || !timer.is_elapsed() {
        sleep(Duration::from_micros(300)).await;
    }
    let expected = u64::from(joined.is_pending()) + u64::from(slept.is_pending());
    while alarm.rang() < expected {
        sleep(Duration::from_micros(300)).await;
    }
    if joined.is_pending() {
        ensure!(task.await? == 3, "a task whose joiner panicked returned something else");
    }
    timer.await;
    Ok(())
}
