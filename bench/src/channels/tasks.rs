//! Channels between tasks: throughput for each capacity, and the round trip of a rendezvous.

use std::future::Future;
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use cortado::sync::channel as ours;

use super::{Flow, Load, Run, ahead_of, rate};
use crate::goal::{Better, Goal};

const NOTE: &str = "tasks of all channels run on cortado's runtime with two workers; tokio-mpsc and \
                    cortado-on-tokio on Tokio's with two; kanal 0.1.1 loses messages in a select and \
                    can free memory twice (its issues 50 and 63); flume 0.12.0 loses wake-ups where \
                    several tasks receive (its pull request 172): a run that stalls is begun again";

/// A load that takes so long stands still: it takes a fraction of a second.
const STALLED: Duration = Duration::from_secs(20);

/// Cortado's runtime with two workers, made once.
fn on_cortado<F: Future<Output = ()> + Send + 'static>(future: F) {
    static RUNTIME: OnceLock<cortado::Runtime> = OnceLock::new();
    let build = || cortado::Builder::new().worker_threads(2).build().expect("a runtime");
    let runtime = RUNTIME.get_or_init(build);
    runtime.block_on(runtime.spawn(future)).expect("the load runs through");
}

/// As `on_cortado`, for a channel that may stall: gives up then, and leaves the tasks that wait behind.
fn on_cortado_unless_stalled<F: Future<Output = ()> + Send + 'static>(future: F) {
    on_cortado(async { _ = cortado::time::timeout(STALLED, future).await });
}

/// Tokio's with two workers.
fn on_tokio<F: Future<Output = ()> + Send + 'static>(future: F) {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let build = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let runtime = RUNTIME.get_or_init(|| build().expect("a runtime"));
    runtime.block_on(runtime.spawn(future)).expect("the load runs through");
}

/// Moves the load through the channel that `$make` gives for the load's capacity.
macro_rules! flow {
    ($load:ident, $run:ident, $spawn:path, $make:expr) => {{
        let (sender, receiver) = $make;
        let share = $load.messages / $load.pairs;
        let start = Instant::now();
        $run(async move {
            let mut tasks = Vec::new();
            for _ in 0..$load.pairs {
                let (sender, receiver) = (sender.clone(), receiver.clone());
                tasks.push($spawn(async move {
                    for message in 0..share {
                        let _ = sender.send(message).await;
                    }
                }));
                tasks.push($spawn(async move {
                    for _ in 0..share {
                        let _ = black_box(receiver.recv().await);
                    }
                }));
            }
            for task in tasks {
                task.await.expect("no task panics");
            }
        });
        rate(share * $load.pairs, start.elapsed())
    }};
}

fn cortado(load: Load) -> f64 {
    let make = || load.capacity.map_or_else(ours::unbounded, ours::bounded);
    flow!(load, on_cortado, cortado::spawn, make())
}

fn cortado_on_tokio(load: Load) -> f64 {
    let make = || load.capacity.map_or_else(ours::unbounded, ours::bounded);
    flow!(load, on_tokio, tokio::spawn, make())
}

fn kanal(load: Load) -> f64 {
    let make = || load.capacity.map_or_else(kanal::unbounded_async, kanal::bounded_async);
    flow!(load, on_cortado, cortado::spawn, make())
}

/// Gives flume's two forms the names of the others.
struct Flume<E>(E);

impl<E: Clone> Clone for Flume<E> {
    fn clone(&self) -> Self {
        Flume(self.0.clone())
    }
}

impl Flume<flume::Sender<usize>> {
    async fn send(&self, message: usize) -> bool {
        self.0.send_async(message).await.is_ok()
    }
}

impl Flume<flume::Receiver<usize>> {
    async fn recv(&self) -> Option<usize> {
        self.0.recv_async().await.ok()
    }
}

/// A receiver that was woken, and finds that another one was quicker, queues itself again without
/// another look: a sender that comes between the two steps wakes nobody, on any runtime.
fn flume(load: Load) -> f64 {
    loop {
        let (sender, receiver) = load.capacity.map_or_else(flume::unbounded, flume::bounded);
        let ends = (Flume(sender), Flume(receiver));
        let rate = flow!(load, on_cortado_unless_stalled, cortado::spawn, ends);
        if rate > self::rate(load.messages, STALLED) {
            return rate;
        }
    }
}

fn async_channel(load: Load) -> f64 {
    let make =
        || load.capacity.map_or_else(async_channel::unbounded, async_channel::bounded::<usize>);
    flow!(load, on_cortado, cortado::spawn, make())
}

/// The sending end of crossfire's unbounded channel never waits.
#[derive(Clone)]
struct NeverWaits(crossfire::MTx<crossfire::mpmc::List<usize>>);

impl NeverWaits {
    async fn send(&self, message: usize) -> bool {
        self.0.send(message).is_ok()
    }
}

fn crossfire(load: Load) -> f64 {
    match load.capacity {
        Some(capacity) => {
            flow!(load, on_cortado, cortado::spawn, crossfire::mpmc::bounded_async(capacity))
        }
        None => {
            let (sender, receiver) = crossfire::mpmc::unbounded_async();
            flow!(load, on_cortado, cortado::spawn, (NeverWaits(sender), receiver))
        }
    }
}

fn tokio_mpsc(load: Load) -> f64 {
    let start = Instant::now();
    let messages = load.messages;
    match load.capacity {
        Some(capacity) => on_tokio(async move {
            let (sender, mut receiver) = tokio::sync::mpsc::channel(capacity);
            let sending = tokio::spawn(async move {
                for message in 0..messages {
                    let _ = sender.send(message).await;
                }
            });
            while black_box(receiver.recv().await).is_some() {}
            sending.await.expect("no task panics");
        }),
        None => on_tokio(async move {
            let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
            let sending = tokio::spawn(async move {
                (0..messages).for_each(|message| _ = sender.send(message));
            });
            while black_box(receiver.recv().await).is_some() {}
            sending.await.expect("no task panics");
        }),
    }
    rate(messages, start.elapsed())
}

/// The round trip between two tasks over two channels, in ns.
macro_rules! ping_pong {
    ($load:ident, $run:ident, $spawn:path, $make:expr) => {{
        let ((to, there), (back, here)) = ($make, $make);
        let start = Instant::now();
        $run(async move {
            let echo = $spawn(async move {
                for _ in 0..$load.messages {
                    if let Ok(ball) = there.recv().await {
                        let _ = back.send(ball).await;
                    }
                }
            });
            for ball in 0..$load.messages {
                let _ = to.send(ball).await;
                let _ = black_box(here.recv().await);
            }
            echo.await.expect("no task panics");
        });
        start.elapsed().as_nanos() as f64 / $load.messages as f64
    }};
}

fn cortado_round(load: Load) -> f64 {
    ping_pong!(load, on_cortado, cortado::spawn, ours::bounded::<usize>(0))
}

fn cortado_round_on_tokio(load: Load) -> f64 {
    ping_pong!(load, on_tokio, tokio::spawn, ours::bounded::<usize>(0))
}

fn kanal_round(load: Load) -> f64 {
    ping_pong!(load, on_cortado, cortado::spawn, kanal::bounded_async::<usize>(0))
}

fn kanal_round_on_tokio(load: Load) -> f64 {
    ping_pong!(load, on_tokio, tokio::spawn, kanal::bounded_async::<usize>(0))
}

fn ping_pong() -> Flow {
    let contenders: Vec<(&str, Run)> = vec![
        ("cortado", cortado_round),
        ("kanal", kanal_round),
        ("cortado-on-tokio", cortado_round_on_tokio),
        ("kanal-on-tokio", kanal_round_on_tokio),
    ];
    Flow {
        name: "ping-pong",
        about: "two tasks, two rendezvous channels: a round trip",
        unit: "ns",
        better: Better::Lower,
        load: Load { capacity: Some(0), pairs: 1, messages: 500_000 },
        goals: vec![Goal::Below(100.0)],
        contenders,
        note: NOTE,
    }
}

/// All cases. Peers that do not have a capacity or a second receiver are left out of its case:
/// async-channel, crossfire and tokio-mpsc have no capacity 0 (crossfire rounds it up to 1), and
/// tokio-mpsc has one receiver.
pub(super) fn cases() -> Vec<Flow> {
    let cells = [
        ("tasks-1p1c-0", Some(0), 1),
        ("tasks-1p1c-1", Some(1), 1),
        ("tasks-1p1c-100", Some(100), 1),
        ("tasks-1p1c-unbounded", None, 1),
        ("tasks-2p2c-0", Some(0), 2),
        ("tasks-2p2c-1", Some(1), 2),
        ("tasks-2p2c-100", Some(100), 2),
        ("tasks-2p2c-unbounded", None, 2),
    ];
    let mut all: Vec<Flow> =
        cells.into_iter().map(|(name, capacity, pairs)| cell(name, capacity, pairs)).collect();
    all.push(ping_pong());
    all
}

fn cell(name: &'static str, capacity: Option<usize>, pairs: usize) -> Flow {
    let mut contenders: Vec<(&str, Run)> =
        vec![("cortado", cortado), ("cortado-on-tokio", cortado_on_tokio)];
    let mut sound: Vec<(&str, Run)> = vec![("flume", flume)];
    if capacity != Some(0) {
        sound.extend([("async-channel", async_channel as Run), ("crossfire", crossfire as Run)]);
        if pairs == 1 {
            sound.push(("tokio-mpsc", tokio_mpsc));
        }
    }
    let mut goals: Vec<&str> = sound.iter().map(|(name, _)| *name).collect();
    if capacity.is_some_and(|capacity| capacity < 2) {
        goals.push("kanal");
    }
    let goals = ahead_of(&goals);
    contenders.extend(sound);
    contenders.push(("kanal", kanal));
    Flow {
        name,
        about: "messages between tasks, by senders and receivers and capacity",
        unit: "M/s",
        better: Better::Higher,
        load: Load { capacity, pairs, messages: 1_000_000 },
        goals,
        contenders,
        note: NOTE,
    }
}
