//! Threads that are not the runtime's: they spawn, wake and abort from outside, also while it ends.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;

use anyhow::{Result, ensure};
use cortado::{Handle, spawn, spawn_blocking, yield_now};
use fastrand::Rng;
use parking_lot::Mutex;

use super::Scene;
use crate::soak::census::Guest;

type Slot = Arc<Mutex<Option<Waker>>>;

/// A task that leaves its waker where threads find it, and ends at the n-th wake-up.
fn woken(times: u32, slot: Slot) -> impl Future<Output = ()> + Send {
    let (mut left, guest) = (times, Guest::new());
    async move {
        let _guest = guest;
        poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            *slot.lock() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
        slot.lock().take();
    }
}

/// Two threads knock at the same tasks until all have ended.
pub(super) async fn threads(mut scene: Scene) -> Result<()> {
    let slots: Vec<Slot> = (0..scene.rng.usize(1..6)).map(|_| Slot::default()).collect();
    let tasks: Vec<_> =
        slots.iter().map(|slot| spawn(woken(scene.rng.u32(1..20), slot.clone()))).collect();
    let aborts: Vec<_> = tasks.iter().map(|task| task.abort_handle()).collect();
    let (handle, seeds) = (Handle::current(), [scene.rng.u64(..), scene.rng.u64(..)]);
    let knocking = spawn_blocking(move || {
        let knockers = seeds.map(|seed| {
            let (slots, aborts, handle) = (slots.clone(), aborts.clone(), handle.clone());
            thread::spawn(move || knock(&handle, &slots, &aborts, Rng::with_seed(seed)))
        });
        knockers.into_iter().all(|knocker| knocker.join().is_ok())
    });
    ensure!(knocking.await?, "a thread that woke tasks panicked");
    for task in tasks {
        if let Err(error) = task.await {
            ensure!(error.is_cancelled(), "a woken task ended otherwise: {error}");
        }
    }
    Ok(())
}

fn knock(handle: &Handle, slots: &[Slot], aborts: &[cortado::AbortHandle], mut rng: Rng) {
    while aborts.iter().any(|task| !task.is_finished()) {
        for (slot, task) in slots.iter().zip(aborts) {
            let waker = if rng.bool() { slot.lock().take() } else { slot.lock().clone() };
            if let Some(waker) = waker {
                waker.wake();
            }
            if rng.u8(..) < 3 {
                task.abort();
            }
            // A waker that was taken and not followed by a poll is asked for again by an abort.
            if rng.u8(..) < 8 {
                let guest = Guest::new();
                drop(handle.spawn(async move {
                    yield_now().await;
                    drop(guest);
                }));
            }
        }
        thread::yield_now();
    }
}
