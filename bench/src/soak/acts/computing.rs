//! Tasks that compute: the monitor frees their seats and moves them to the other lane and back.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use cortado::{spawn, time::sleep, yield_now};

use super::Scene;
use crate::soak::census::Guest;

/// Computes for so long, by the clock.
fn burn(micros: u64) -> u64 {
    let (until, mut value) = (Instant::now() + Duration::from_micros(micros), 1);
    while Instant::now() < until {
        for _ in 0..100 {
            value = black_box(value) * 48_271 % 2_147_483_647;
        }
    }
    value
}

/// Long polls, some with waits in between.
pub(super) async fn hogs(mut scene: Scene) -> Result<()> {
    let hogs: Vec<_> = (0..scene.rng.u32(1..4))
        .map(|_| {
            let (mut own, guest) = (scene.fork(), Guest::new());
            spawn(async move {
                let _guest = guest;
                for _ in 0..own.rng.u32(1..5) {
                    black_box(burn(own.rng.u64(50..4000)));
                    match own.rng.u8(0..3) {
                        0 => yield_now().await,
                        1 => sleep(Duration::from_micros(200)).await,
                        _ => drop(spawn(yield_now())),
                    }
                }
                1
            })
        })
        .collect();
    for hog in hogs {
        ensure!(hog.await? == 1, "a computing task returned something else");
    }
    Ok(())
}

/// Short-lived tasks that compute, all spawned here, so that later ones may start in the work lane;
/// some are aborted while they compute.
pub(super) async fn from_one_place(mut scene: Scene) -> Result<()> {
    for _ in 0..scene.rng.u32(1..6) {
        let (micros, guest) = (scene.rng.u64(100..1500), Guest::new());
        let task = spawn(async move {
            black_box(burn(micros));
            yield_now().await;
            drop(guest);
        });
        if scene.rng.u8(..) < 64 {
            task.abort();
            continue;
        }
        task.await?;
    }
    Ok(())
}
