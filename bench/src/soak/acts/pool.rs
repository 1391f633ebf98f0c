//! Closures on the blocking pool: they return, panic, spawn, block, and nobody may wait for them.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use cortado::time::sleep;
use cortado::{Handle, spawn, spawn_blocking, yield_now};

use super::{Scene, up_to};
use crate::soak::census::Guest;
use crate::soak::staged::{Bomb, panic_now, was_staged};

/// Closures return what they computed.
pub(super) async fn returned(mut scene: Scene) -> Result<()> {
    let closures: Vec<_> = (0..scene.rng.u64(1..12))
        .map(|n| {
            let (guest, nap) = (Guest::new(), Duration::from_micros(scene.rng.u64(0..500)));
            let closure = spawn_blocking(move || {
                thread::sleep(nap);
                drop(guest);
                n * n
            });
            (n, closure)
        })
        .collect();
    for (n, closure) in closures {
        ensure!(closure.await? == n * n, "a closure returned something else");
    }
    Ok(())
}

/// Closures panic, and so does the drop of what they hold or return.
pub(super) async fn panicked(mut scene: Scene) -> Result<()> {
    for _ in 0..scene.rng.u32(1..6) {
        let guest = Guest::new();
        let closure = match scene.rng.u8(0..3) {
            0 => spawn_blocking(move || {
                let _guest = guest;
                panic_now();
            }),
            1 => {
                let bomb = Bomb::new();
                spawn_blocking(move || drop((bomb, guest)))
            }
            _ => {
                drop(spawn_blocking(move || (Bomb::new(), guest)));
                continue;
            }
        };
        let staged = closure.await.is_err_and(was_staged);
        ensure!(staged, "a closure whose panic was staged ended otherwise");
    }
    Ok(())
}

/// Closures that are aborted, mostly before they begin, and waits for them that are given up.
pub(super) async fn abandoned(mut scene: Scene) -> Result<()> {
    for _ in 0..scene.rng.u32(1..10) {
        let (guest, bomb) = (Guest::new(), scene.rng.u8(..) < 16);
        let bomb = bomb.then(Bomb::new);
        let mut closure = spawn_blocking(move || {
            thread::sleep(Duration::from_micros(100));
            drop((guest, bomb));
        });
        match scene.rng.u8(0..3) {
            0 => drop(closure),
            1 => {
                closure.abort();
                // Either it was cancelled, or it had begun and came to its own end.
                let _ = closure.await;
            }
            _ => {
                let _ = up_to(scene.rng.u32(0..3), &mut closure).await;
            }
        }
    }
    Ok(())
}

/// A closure blocks on the runtime's own tasks and timers. In a round that ends abruptly it only
/// spawns: a task that never comes would be waited for at the end.
pub(super) async fn blocked_on(mut scene: Scene) -> Result<()> {
    let guest = Guest::new();
    let (abrupt, micros) = (scene.abrupt, scene.rng.u64(0..1000));
    let closure = spawn_blocking(move || {
        let handle = Handle::current();
        let task = handle.spawn(async move {
            yield_now().await;
            drop(guest);
            5
        });
        if abrupt {
            return 5;
        }
        handle.block_on(async {
            sleep(Duration::from_micros(micros)).await;
            let inner = spawn(yield_now());
            inner.await.and(task.await).unwrap_or(0)
        })
    });
    ensure!(closure.await? == 5, "what a closure blocked on returned something else");
    Ok(())
}
