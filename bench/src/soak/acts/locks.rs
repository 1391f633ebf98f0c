//! Locks, permits and tokens: nobody is inside together with others who may not be, and what is
//! given up in the middle of a wait goes to the next in line.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Result, ensure};
use cortado::{spawn, yield_now};
use cortado_sync::{CancellationToken, Mutex, RwLock, Semaphore};

use super::{Scene, up_to};
use crate::soak::census::Guest;
use crate::soak::staged::{panic_now, was_staged};

/// A count that is read, held over a wait, and written, under a lock that some give up waiting for
/// and some panic under.
pub(super) async fn exclusive(mut scene: Scene) -> Result<()> {
    let (lock, entered) = (Arc::new(Mutex::new(0)), Arc::new(AtomicU32::new(0)));
    let tasks: Vec<_> = (0..scene.rng.u32(1..12))
        .map(|_| {
            let (lock, entered, mut own) = (lock.clone(), entered.clone(), scene.fork());
            spawn(async move {
                let _guest = Guest::new();
                for _ in 0..own.rng.u32(1..10) {
                    let patience = own.rng.u32(1..20);
                    let Some(mut count) = up_to(patience, lock.lock()).await else { continue };
                    entered.fetch_add(1, Ordering::SeqCst);
                    let before = *count;
                    yield_now().await;
                    *count = before + 1;
                    if own.rng.u8(..) < 16 {
                        panic_now();
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        if let Err(error) = task.await {
            ensure!(was_staged(error), "a task under a lock ended otherwise than staged");
        }
    }
    let (counted, entered) = (*lock.lock().await, entered.load(Ordering::SeqCst));
    ensure!(counted == entered, "{entered} were inside of a lock, and counted {counted}");
    Ok(())
}

/// Readers see two values that writers always change together.
pub(super) async fn shared(mut scene: Scene) -> Result<()> {
    let lock = Arc::new(RwLock::new((0_u32, 0_u32)));
    let tasks: Vec<_> = (0..scene.rng.u32(2..12))
        .map(|_| {
            let (lock, mut own) = (lock.clone(), scene.fork());
            spawn(async move {
                let _guest = Guest::new();
                for _ in 0..own.rng.u32(1..10) {
                    let patience = own.rng.u32(1..20);
                    if own.rng.u8(..) < 64 {
                        let Some(mut pair) = up_to(patience, lock.write()).await else { continue };
                        pair.0 += 1;
                        yield_now().await;
                        pair.1 += 1;
                    } else if let Some(pair) = up_to(patience, lock.read()).await {
                        let before = *pair;
                        yield_now().await;
                        ensure!(
                            pair.0 == pair.1 && *pair == before,
                            "a reader saw a writer at work"
                        );
                    }
                }
                Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// Never more inside than there are permits, and all of them are back at the end.
pub(super) async fn permits(mut scene: Scene) -> Result<()> {
    let most = scene.rng.u32(1..5);
    let (gate, inside) = (Arc::new(Semaphore::new(most as usize)), Arc::new(AtomicU32::new(0)));
    let tasks: Vec<_> = (0..scene.rng.u32(1..16))
        .map(|_| {
            let (gate, inside, mut own) = (gate.clone(), inside.clone(), scene.fork());
            spawn(async move {
                let _guest = Guest::new();
                for _ in 0..own.rng.u32(1..8) {
                    let wanted = own.rng.u32(1..=most);
                    let patience = own.rng.u32(1..20);
                    let Some(permit) = up_to(patience, gate.acquire_many(wanted)).await else {
                        continue;
                    };
                    let _permit = permit?;
                    let now = inside.fetch_add(wanted, Ordering::SeqCst) + wanted;
                    own.pause().await;
                    inside.fetch_sub(wanted, Ordering::SeqCst);
                    ensure!(now <= most, "{now} were inside with {most} permits");
                }
                Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let back = gate.available_permits();
    ensure!(back == most as usize, "{back} of {most} permits came back");
    Ok(())
}

/// A tree of tokens is cancelled somewhere; who waits below hears of it, and nobody else does.
pub(super) async fn tokens(mut scene: Scene) -> Result<()> {
    let root = CancellationToken::new();
    let mut tokens = vec![root.clone()];
    for _ in 0..scene.rng.u32(1..12) {
        let parent = &tokens[scene.rng.usize(..tokens.len())];
        tokens.push(parent.child_token());
    }
    let waiting: Vec<_> = tokens
        .iter()
        .map(|token| {
            let (token, patience) = (token.clone(), scene.rng.u32(1..6));
            spawn(async move {
                let _guest = Guest::new();
                let _ = up_to(patience, token.cancelled()).await;
                token.cancelled().await;
            })
        })
        .collect();
    scene.pause().await;
    let last = tokens.len() - 1;
    tokens[last].cancel();
    ensure!(last == 0 || !root.is_cancelled(), "a child's end has reached its parent");
    scene.pause().await;
    root.cancel();
    for task in waiting {
        task.await?;
    }
    ensure!(tokens.iter().all(CancellationToken::is_cancelled), "a token missed its parent's end");
    Ok(())
}
