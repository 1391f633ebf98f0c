//! The acts: short scenes that use one part of the runtime, often rudely, and check what it
//! promises. Each gets a random generator of its own and leaves nothing behind, or something that
//! ends by itself.

mod channels;
mod children;
mod clients;
mod computing;
mod foreign;
pub(crate) mod local;
mod locks;
mod panics;
mod pool;
mod rude;
mod sockets;
mod tasks;
mod timers;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use anyhow::{Result, bail};
use cortado::time::sleep;
use cortado::yield_now;
use fastrand::Rng;

pub(crate) use clients::converse;

/// What an act has to play with.
pub(crate) struct Scene {
    pub(crate) rng: Rng,
    /// The round's server.
    pub(crate) server: SocketAddr,
    /// The runtime will end in the middle: whoever blocks a thread must not wait for a task or a
    /// timer, since neither comes then.
    pub(crate) abrupt: bool,
}

impl Scene {
    /// The same for another task, with other luck.
    pub(crate) fn fork(&mut self) -> Scene {
        Scene { rng: self.rng.fork(), server: self.server, abrupt: self.abrupt }
    }

    /// Lets others go on for a while: a few turns, or up to 3 ms.
    pub(crate) async fn pause(&mut self) {
        match self.rng.u8(0..4) {
            0 => sleep(Duration::from_micros(self.rng.u64(0..3000))).await,
            _ => {
                for _ in 0..self.rng.u8(0..4) {
                    yield_now().await;
                }
            }
        }
    }
}

type Playing = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// One kind of act.
pub(crate) struct Act {
    pub(crate) name: &'static str,
    /// How often it is chosen, compared with the others.
    pub(crate) weight: u32,
    pub(crate) begin: fn(Scene) -> Playing,
}

macro_rules! acts {
    ($($weight:literal $module:ident::$act:ident;)*) => {
        &[$(Act {
            name: concat!(stringify!($module), "::", stringify!($act)),
            weight: $weight,
            begin: |scene| Box::pin($module::$act(scene)),
        }),*]
    };
}

const ACTS: &[Act] = acts! {
    10 tasks::tree;
    10 tasks::abort;
    10 tasks::detach;
    10 tasks::forget;
    10 panics::in_poll;
    10 panics::in_drop;
    10 panics::in_output;
    10 panics::in_waker;
    10 timers::early;
    10 timers::moved;
    10 timers::cancelled;
    10 timers::given_up;
    8 pool::returned;
    8 pool::panicked;
    8 pool::abandoned;
    4 pool::blocked_on;
    2 computing::hogs;
    2 computing::from_one_place;
    4 foreign::threads;
    10 clients::polite;
    10 clients::halves;
    10 clients::half_closed;
    6 clients::slow;
    3 clients::crowd;
    6 rude::resets;
    6 rude::is_reset;
    6 rude::leaves_while_writing;
    6 rude::never_reads;
    6 rude::garbage;
    6 rude::says_nothing;
    6 rude::too_slow;
    6 sockets::accepts_cancelled;
    6 sockets::connects_cancelled;
    6 sockets::reads_cancelled;
    10 channels::crowded;
    6 channels::once;
    6 channels::watched;
    8 locks::exclusive;
    8 locks::shared;
    8 locks::permits;
    8 locks::tokens;
    1 children::ended;
    1 children::killed;
    1 children::conversed;
    1 children::dropped;
};

/// The acts whose names begin with one of `words`; all, where there are none.
pub(crate) fn chosen(words: &[String]) -> Result<Vec<&'static Act>> {
    let is_wanted = |act: &&Act| words.iter().any(|word| act.name.starts_with(word.as_str()));
    let chosen: Vec<_> = ACTS.iter().filter(|act| words.is_empty() || is_wanted(act)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = ACTS.iter().map(|act| act.name).collect();
        bail!("no act begins with {}; there are {}", words.join(" or "), names.join(", "));
    }
    Ok(chosen)
}

/// Polls `future` until it has finished or was polled so many times; then it is dropped where it
/// stands. The turns in between are others'.
pub(crate) async fn up_to<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}
