//! Timers: none is early; they are moved, cancelled, and run out around other waits.

use std::future::pending;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use cortado::spawn;
use cortado::time::{Sleep, sleep, sleep_until, timeout, timeout_at};

use super::{Scene, up_to};
use crate::soak::census::Guest;

fn soon(scene: &mut Scene) -> Duration {
    Duration::from_micros(scene.rng.u64(0..8000))
}

/// Many deadlines at once; none comes before its time.
pub(super) async fn early(mut scene: Scene) -> Result<()> {
    let sleepers: Vec<_> = (0..scene.rng.u32(1..40))
        .map(|_| {
            let (deadline, guest) = (Instant::now() + soon(&mut scene), Guest::new());
            spawn(async move {
                sleep_until(deadline).await;
                drop(guest);
                Instant::now() >= deadline
            })
        })
        .collect();
    for sleeper in sleepers {
        ensure!(sleeper.await?, "a timer was early");
    }
    Ok(())
}

/// A deadline is moved to and fro while somebody waits for it.
pub(super) async fn moved(mut scene: Scene) -> Result<()> {
    let mut timer = sleep(soon(&mut scene));
    for _ in 0..scene.rng.u32(1..20) {
        let elapsed = up_to(scene.rng.u32(0..4), &mut timer).await.is_some();
        ensure!(!elapsed || timer.is_elapsed(), "a timer that has ended does not say so");
        let far = if scene.rng.u8(..) < 64 { Duration::from_secs(3600) } else { soon(&mut scene) };
        timer.reset(Instant::now() + far);
        if scene.rng.bool() {
            scene.pause().await;
        }
    }
    let deadline = Instant::now() + soon(&mut scene);
    timer.reset(deadline);
    timer.await;
    ensure!(Instant::now() >= deadline, "a timer that was moved was early");
    Ok(())
}

/// Timers that nobody waits for in the end.
pub(super) async fn cancelled(mut scene: Scene) -> Result<()> {
    let mut timers: Vec<Sleep> = Vec::new();
    for _ in 0..scene.rng.u32(1..200) {
        let far = Duration::from_secs(scene.rng.u64(1..1_000_000));
        let near = soon(&mut scene);
        let mut timer = sleep(if scene.rng.bool() { far } else { near });
        if up_to(1, &mut timer).await.is_none() {
            timers.push(timer);
        }
    }
    scene.rng.shuffle(&mut timers);
    let kept = scene.rng.usize(..=timers.len());
    timers.truncate(kept);
    scene.pause().await;
    drop(timers);
    Ok(())
}

/// A wait is given up at its deadline and not before, and what ends in time is not given up.
pub(super) async fn given_up(mut scene: Scene) -> Result<()> {
    for _ in 0..scene.rng.u32(1..5) {
        let deadline = Instant::now() + soon(&mut scene);
        let guest = Guest::new();
        let waits = async move {
            let _guest = guest;
            pending::<()>().await;
        };
        ensure!(timeout_at(deadline, waits).await.is_err(), "what never ends has ended");
        ensure!(Instant::now() >= deadline, "a wait was given up early");
        let mut own = scene.fork();
        let pause = async move { own.pause().await };
        let task = spawn(timeout(Duration::from_secs(3600), pause));
        ensure!(task.await?.is_ok(), "a wait was given up an hour early");
    }
    Ok(())
}
