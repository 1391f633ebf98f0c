//! Tasks that meet: the round trip over two rendezvous channels, and skynet (A. Temerev,
//! github.com/atemerev/skynet): a task has ten children, each of them ten, down to a million, and
//! each passes up the sum of what its children say.
//!
//! Ours meet over cortado's own channel, Rust's other runtimes over kanal's, which is the fastest
//! on them that is known, and Go over its own.

use std::future::Future;
use std::hint::black_box;

use cortado::sync::channel as ours;

use super::peer::{Peer, join_all};
use super::stopwatch::Stopwatch;

const ROUND_TRIPS: usize = 200_000;
const CHILDREN: u64 = 10;

/// Both ends of a rendezvous channel.
pub(super) trait Meeting: Clone + Send + Sync + 'static {
    fn new() -> Self;

    fn send(&self, number: u64) -> impl Future<Output = ()> + Send;

    fn receive(&self) -> impl Future<Output = u64> + Send;
}

/// See the module.
#[derive(Clone)]
pub(super) struct Ours(ours::Sender<u64>, ours::Receiver<u64>);

impl Meeting for Ours {
    fn new() -> Self {
        let (sender, receiver) = ours::bounded(0);
        Ours(sender, receiver)
    }

    async fn send(&self, number: u64) {
        self.0.send(number).await.expect("the receiver is kept");
    }

    async fn receive(&self) -> u64 {
        self.1.recv().await.expect("the sender is kept")
    }
}

/// See the module.
#[derive(Clone)]
pub(super) struct Kanal(kanal::AsyncSender<u64>, kanal::AsyncReceiver<u64>);

impl Meeting for Kanal {
    fn new() -> Self {
        let (sender, receiver) = kanal::bounded_async(0);
        Kanal(sender, receiver)
    }

    async fn send(&self, number: u64) {
        self.0.send(number).await.expect("the receiver is kept");
    }

    async fn receive(&self) -> u64 {
        self.1.recv().await.expect("the sender is kept")
    }
}

/// Two tasks and two channels: ns for a message there and one back.
pub(super) fn rendezvous<P: Peer>(watch: &Stopwatch) -> f64 {
    let runtime = P::start();
    watch.per_operation(ROUND_TRIPS, || {
        let (there, back) = (P::Meeting::new(), P::Meeting::new());
        let (heard, said) = (there.clone(), back.clone());
        let echo = runtime.spawn_remote(async move {
            for _ in 0..ROUND_TRIPS {
                said.send(heard.receive().await).await;
            }
        });
        let caller = runtime.spawn_remote(async move {
            for number in 0..ROUND_TRIPS as u64 {
                there.send(number).await;
                black_box(back.receive().await);
            }
        });
        runtime.block_on(join_all([echo, caller]));
    })
}

/// A million leaves: ms until the sum of their numbers is there.
pub(super) fn skynet<P: Peer>(watch: &Stopwatch) -> f64 {
    let leaves = if watch.is_quick() { 100_000 } else { 1_000_000 };
    let runtime = P::start();
    let ns = watch.per_operation(1, || {
        let top = runtime.spawn_remote(async move {
            let answer = P::Meeting::new();
            descend::<P>(answer.clone(), 0, leaves);
            assert_eq!(answer.receive().await, leaves * (leaves - 1) / 2);
        });
        runtime.block_on(join_all([top]));
    });
    ns / 1e6
}

/// A task for the leaves from `first` on.
fn descend<P: Peer>(parent: P::Meeting, first: u64, leaves: u64) {
    P::detach(P::spawn(async move {
        if leaves == 1 {
            return parent.send(first).await;
        }
        let answers = P::Meeting::new();
        let each = leaves / CHILDREN;
        (0..CHILDREN).for_each(|child| descend::<P>(answers.clone(), first + child * each, each));
        let mut sum = 0;
        for _ in 0..CHILDREN {
            sum += answers.receive().await;
        }
        parent.send(sum).await;
    }));
}
