//! Channels: every message that was sent is received once, or came back to its sender, however
//! often sends and receives are given up.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use cortado::time::sleep;
use cortado::{spawn, spawn_blocking};
use cortado_sync::channel::{Receiver, Sender, bounded, unbounded};
use cortado_sync::{oneshot, watch};
use parking_lot::Mutex;

use super::{Scene, up_to};
use crate::soak::census::Guest;

/// What goes through the channels.
struct Message {
    number: u32,
    _guest: Guest,
}

impl Message {
    fn new(number: u32) -> Message {
        Message { number, _guest: Guest::new() }
    }
}

/// Numbers of messages, from several tasks.
type Numbers = Arc<Mutex<Vec<u32>>>;

fn channel(scene: &mut Scene) -> (Sender<Message>, Receiver<Message>) {
    match scene.rng.usize(0..5) {
        4 => unbounded(),
        capacity => bounded(capacity * capacity),
    }
}

/// Sends each number, often giving up, until the channel has it or it came back.
async fn send_all(mut scene: Scene, sender: Sender<Message>, first: u32, sent: Numbers) {
    for number in first..first + scene.rng.u32(1..60) {
        let mut sending = sender.send(Message::new(number));
        let arrived = match up_to(scene.rng.u32(1..12), &mut sending).await {
            Some(outcome) => outcome.is_ok(),
            None => sending.cancel().is_none(),
        };
        if arrived {
            sent.lock().push(number);
        }
        if scene.rng.u8(..) < 32 {
            scene.pause().await;
        }
    }
}

/// Receives, often giving up, until the channel has ended.
async fn receive_all(mut scene: Scene, receiver: Receiver<Message>, received: Numbers) {
    loop {
        match up_to(scene.rng.u32(1..8), receiver.recv()).await {
            Some(Ok(message)) => received.lock().push(message.number),
            Some(Err(_)) => return,
            // Until something comes, in turns that others have too.
            None if scene.rng.u8(..) < 128 => scene.pause().await,
            None => sleep(Duration::from_micros(100)).await,
        }
    }
}

/// The same on a thread that blocks.
fn receive_blocking(receiver: &Receiver<Message>, received: &Numbers) {
    for message in receiver {
        received.lock().push(message.number);
    }
}

/// Several senders and receivers, as tasks and as threads.
pub(super) async fn crowded(mut scene: Scene) -> Result<()> {
    let (sender, receiver) = channel(&mut scene);
    let (sent, received) = (Numbers::default(), Numbers::default());
    let mut tasks = Vec::new();
    for first in 0..scene.rng.u32(1..5) {
        let sending = send_all(scene.fork(), sender.clone(), first * 1000, sent.clone());
        tasks.push(spawn(sending));
    }
    for _ in 0..scene.rng.u32(1..4) {
        tasks.push(spawn(receive_all(scene.fork(), receiver.clone(), received.clone())));
    }
    if scene.rng.u8(..) < 64 {
        let (receiver, received) = (receiver.clone(), received.clone());
        tasks.push(spawn_blocking(move || receive_blocking(&receiver, &received)));
    }
    drop((sender, receiver));
    for task in tasks {
        task.await?;
    }
    compare(&sent, &received)
}

fn compare(sent: &Numbers, received: &Numbers) -> Result<()> {
    let (mut sent, mut received) = (sent.lock().clone(), received.lock().clone());
    sent.sort_unstable();
    received.sort_unstable();
    ensure!(
        sent == received,
        "{} messages were sent and {} received, not the same ones: {sent:?} {received:?}",
        sent.len(),
        received.len()
    );
    Ok(())
}

/// One value, whose receiver may have gone, whose sender may be dropped.
pub(super) async fn once(mut scene: Scene) -> Result<()> {
    for number in 0..scene.rng.u32(1..20) {
        let (sender, mut receiver) = oneshot::channel();
        let (mut own, sends) = (scene.fork(), scene.rng.u8(..) < 200);
        let sending = spawn(async move {
            own.pause().await;
            sends.then(|| sender.send(Message::new(number)).is_ok())
        });
        match up_to(scene.rng.u32(1..6), receiver.recv()).await {
            Some(got) => {
                ensure!(sends == got.is_ok(), "a single value was lost or invented");
                ensure!(sending.await? == sends.then_some(true), "a value arrived unsent");
            }
            None if scene.rng.bool() => drop(receiver),
            None => {
                let got = receiver.recv().await.map(|message| message.number);
                ensure!(sends == got.is_ok(), "a single value was lost or invented");
            }
        }
    }
    Ok(())
}

/// A value that changes: who watches sees the last one.
pub(super) async fn watched(mut scene: Scene) -> Result<()> {
    let (sender, receiver) = watch::channel(0);
    let last = scene.rng.u32(1..50);
    let watchers: Vec<_> = (0..scene.rng.u32(1..6))
        .map(|_| {
            let (mut receiver, mut own) = (receiver.clone(), scene.fork());
            spawn(async move {
                let _guest = Guest::new();
                let mut seen = 0;
                while receiver.changed().await.is_ok() {
                    let now = *receiver.borrow_and_update();
                    if now < seen {
                        return None;
                    }
                    seen = now;
                    own.pause().await;
                }
                Some(*receiver.borrow())
            })
        })
        .collect();
    drop(receiver);
    for value in 1..=last {
        let _ = sender.send(value);
        scene.pause().await;
    }
    drop(sender);
    for watcher in watchers {
        let seen = watcher.await?;
        ensure!(seen == Some(last), "a watcher ended with {seen:?} instead of {last}");
    }
    Ok(())
}
