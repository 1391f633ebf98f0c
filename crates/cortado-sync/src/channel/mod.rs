//! Channels: many senders, many receivers, with room for none, `n` or any number of messages.
//!
//! [`bounded`] and [`unbounded`] make one. Each operation has four forms: a future (`send`,
//! `recv`), a blocking one for plain threads (`send_blocking`), one with a deadline
//! (`send_deadline`, `send_timeout`), and one that never waits (`try_send`). All of them may be
//! mixed on one channel. To wait for the first of several, use [`Select`](crate::select::Select).
//!
//! # Essay: channels
//!
//! **Nouns.** The *buffer* holds the messages that were sent and not received, oldest first. Who
//! has to wait stands in one of two queues: a *waiting sender* with its message, a *waiting
//! receiver* with nothing. A *grant* is the right to take one message out of the buffer; a sender
//! gives it to the first waiting receiver. Messages that are not granted are *free*. The *capacity*
//! bounds the free ones. One place in the queue of senders is the *desk* (`desk.rs`): who waits there
//! learns without the lock that its message was taken.
//!
//! **States.** A waiter is `Waiting`, then `Served` or `Closed`, and then it leaves, by the future
//! that made it and by nobody else. A channel is open, then closed: by `close` from either side,
//! by the last sender's drop, or by the last receiver's drop, which also drops the messages.
//!
//! **Invariants.** All of them hold whenever the lock is free.
//! - C1: a message is in one place: with its sender, in the buffer, or with its receiver. It leaves
//!   the buffer only in a poll, or another call, that returns it. So whatever is dropped between
//!   two polls, no message is lost and none is seen twice.
//! - C2: there are as many grants as receivers that are `Served`, and at least as many messages.
//! - C3: where a message is free, no receiver waits; where there is room, no sender waits. (A select
//!   that is still visiting its channels does not count as waiting.)
//! - C4: messages leave the buffer in the order in which they entered it, and waiting senders enter
//!   it in the order in which they came. So a receiver that gives its grant back changes no order.
//! - C5: "closed and empty" is said only where no message is left, also none that is granted. Who
//!   gets that error can rely on never missing a message.
//! - C6: under the lock runs no code of users but `Waker::clone`, and that before anything changes.
//!   Wakers are called and dropped, and messages are dropped, after it is released.
//! - C7: the place of a waiter is its own until it leaves, and it leaves once.
//!
//! **What a rendezvous can promise.** With capacity 0 one would like "`send` returns if and only if
//! a receiver has the message". With futures that may be dropped at any time no channel can promise
//! that: of two tasks that meet, one is polled first and told that it happened; until the other is
//! polled too, it can be dropped, and then what the first was told is wrong. What this channel
//! promises instead:
//! - A send returns once a receiver took the message, or was waiting for it and has the grant.
//! - If that receiver is dropped before its next poll, the grant passes to the next waiting receiver;
//!   without one, the message stays at the head of the buffer, above the capacity, and is the next
//!   to be received. Sends wait until it is. It is dropped only with the last receiver.
//! - A send that is dropped before it returned either has delivered its message or still has it, in
//!   which case it is dropped with the future; `SendFuture::cancel` gives it back and says which.
//! - Threads that block cannot be dropped: between them a rendezvous is exact, except at a deadline.
//!
//! The same holds for the branches of a select, which is dropped like any other future.
//!
//! A future that is leaked (`mem::forget`) while it has a grant keeps one message for ever.
//!
//! **Speed.** One lock, held for tens of nanoseconds; wake-ups after it is released. Both lanes may
//! use one channel: a lowered thread that is preempted inside of the lock delays the others, who nap
//! meanwhile and leave it the core. Millions of messages a second between tasks on two workers, by
//! capacity 0, 1, 100 and unbounded, medians of three runs of `bench channels` on a machine with 2 cores
//! (in one of them others used it beside the cases with two pairs):
//!
//! | | one pair | two pairs |
//! |---|---|---|
//! | this channel | 17.1, 22.3, 54.3, 54.1 | 15.8, 20.8, 54.1, 55.3 |
//! | kanal 0.1.1 | 17.3, 22.8, 67.5, 64.9 | 10.6, 18.6, 58.5, 67.8 |
//! | crossfire 3 | –, 0.32, 55.2, 63.6 | –, 0.42, 45.9, 36.9 |
//!
//! Most of that is the atomic steps that a message takes: 5 ns each here, and more behind stores. Sending
//! and receiving take the lock once each. Who has to wait wakes a second time; a receiver takes the lock
//! then, since its message is in the buffer; so does a sender, but for the one at the desk. The desk, and
//! wakers that are no longer handed on from result to result, made a round trip over two rendezvous
//! (`bench channels ping-pong`, interleaved) 111 ns in place of 136. In the three runs it took 107, over
//! kanal's channel 113.
//!
//! What decides between cores is that a contender stays away for a while: the one thread with the hot
//! cache moves more messages alone than two that pass the line back and forth (`lock.rs`). The price is
//! that a contender may come late by a nap, of 50 µs or a few more.
//!
//! Between threads that block, in the same unit and from the same runs. With 0 and 1 the runs differ by
//! up to a factor of four: it matters whether the kernel puts two threads that wait for each other on one
//! core.
//!
//! | | one pair | two pairs |
//! |---|---|---|
//! | this channel | 4.5, 5.4, 31.2, 68.2 | 2.0, 4.4, 28.4, 58.7 |
//! | crossbeam-channel 0.5 | 0.05, 3.2, 24.0, 52.6 | 0.12, 1.7, 15.5, 51.7 |
//! | crossfire 3 | –, 7.9, 52.5, 72.5 | –, 1.9, 59.9, 48.9 |
//! | kanal 0.1.1 | 3.5, 5.4, 13.3, 77.5 | 1.4, 1.9, 19.3, 80.0 |
//!
//! **Rejected.** The message in the waiter's own place: a dropped receiver would have to put it back
//! between others, by a number on every message. Waking a receiver without a grant: others overtake
//! it. Waiters that lie in the futures: they need pinning and unsafe code, and save a lock in the
//! second poll only. A desk for receivers, with the message there: closing would have to know whether it
//! is still there (C5), so its receiver would need an atomic step as dear as the lock. A short way in
//! line for a send that meets nobody: no faster.

mod desk;
mod end;
mod error;
mod iter;
mod lock;
#[cfg(all(test, loom))]
mod models;
mod patience;
mod receiver;
mod recv;
mod send;
mod sender;
mod shared;
mod state;
mod waiters;
mod wake;

use std::sync::Arc;

use end::End;

pub use error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use iter::{IntoIter, Iter, TryIter};
pub use receiver::Receiver;
pub use recv::RecvFuture;
pub use send::SendFuture;
pub use sender::{Sender, WeakSender};

pub(crate) use recv::leave as leave_receivers;
pub(crate) use shared::Shared;
pub(crate) use state::{Effects, Granted, Passed, Sent, State, Taken};
pub(crate) use waiters::Branch;
pub(crate) use wake::wake_all;

/// A channel with room for `capacity` messages. With 0 it is a rendezvous: a send waits for a
/// receiver.
///
/// ```
/// let (sender, receiver) = cortado_sync::channel::bounded(1);
/// sender.send_blocking("tea").unwrap();
/// assert!(sender.try_send("milk").is_err());
/// assert_eq!(receiver.recv_blocking(), Ok("tea"));
/// ```
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    ends(Shared::new(capacity))
}

/// A channel without a bound: a send never waits. Its memory grows with what is not received.
///
/// ```
/// let (sender, receiver) = cortado_sync::channel::unbounded();
/// (0..1000).for_each(|n| sender.try_send(n).unwrap());
/// assert_eq!(receiver.len(), 1000);
/// assert_eq!(receiver.capacity(), None);
/// ```
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    ends(Shared::new(usize::MAX))
}

fn ends<T>(shared: Shared<T>) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(shared);
    (Sender::new(End::first(shared.clone())), Receiver::new(End::first(shared)))
}
