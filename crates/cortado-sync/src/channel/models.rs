//! Loom models of the channel: nothing is lost or seen twice, nobody sleeps for ever, whatever
//! meets whatever. Loom reports a lost wake-up as a deadlock.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;

use super::lock::Lock;
use super::{RecvError, SendError, SendFuture, bounded, unbounded};

fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn loom_the_lock_lets_one_in_at_a_time() {
    loom::model(|| {
        let lock = Arc::new(Lock::new(0));
        let other = lock.clone();
        let thread = thread::spawn(move || other.with(|n| *n += 1));
        lock.with(|n| *n += 1);
        thread.join().unwrap();
        assert_eq!(lock.with(|n| *n), 2);
    });
}

#[test]
fn loom_a_message_arrives_with_and_without_room() {
    for capacity in [0, 1] {
        loom::model(move || {
            let (sender, receiver) = bounded(capacity);
            let thread = thread::spawn(move || {
                block_on(sender.send(1)).unwrap();
                block_on(sender.send(2)).unwrap();
            });
            assert_eq!(block_on(receiver.recv()), Ok(1));
            assert_eq!(block_on(receiver.recv()), Ok(2));
            assert_eq!(block_on(receiver.recv()), Err(RecvError));
            thread.join().unwrap();
        });
    }
}

#[test]
fn loom_two_receivers_share_what_is_sent() {
    loom::model(|| {
        let (sender, receiver) = unbounded();
        let other = receiver.clone();
        let thread = thread::spawn(move || block_on(other.recv()));
        let mut receive = receiver.recv();
        assert!(poll_once(&mut receive).is_pending());
        sender.try_send(1).unwrap();
        sender.try_send(2).unwrap();
        let mut got = [block_on(receive).unwrap(), thread.join().unwrap().unwrap()];
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
    });
}

/// The receive is dropped while the message may be on its way: the message goes to the next.
#[test]
fn loom_a_dropped_receive_loses_nothing() {
    for capacity in [0, 1] {
        loom::model(move || {
            let (sender, receiver) = bounded(capacity);
            let thread = thread::spawn(move || block_on(sender.send(7)));
            let mut receive = receiver.recv();
            let first = poll_once(&mut receive);
            drop(receive);
            let got = match first {
                Poll::Ready(got) => got,
                Poll::Pending => block_on(receiver.recv()),
            };
            assert_eq!(got, Ok(7));
            assert_eq!(thread.join().unwrap(), Ok(()));
        });
    }
}

/// The send is given up while a receiver may take its message: exactly one of the two has it.
#[test]
fn loom_a_cancelled_send_was_delivered_or_comes_back() {
    loom::model(|| {
        let (sender, receiver) = bounded(0);
        let thread = thread::spawn(move || receiver.try_recv().ok());
        let mut send = sender.send(7);
        let back = match poll_once(&mut send) {
            Poll::Ready(sent) => sent.err().map(|error| error.0),
            Poll::Pending => send.cancel(),
        };
        let got = thread.join().unwrap();
        assert_eq!([back, got].into_iter().flatten().count(), 1);
    });
}

/// One send after the other waits at the desk, and looks once more often than it is woken.
#[test]
fn loom_sends_follow_one_another_at_the_desk() {
    loom::model(|| {
        let (sender, receiver) = bounded(0);
        let thread = thread::spawn(move || [block_on(receiver.recv()), block_on(receiver.recv())]);
        for message in [1, 2] {
            let mut send = sender.send(message);
            match poll_once(&mut send) {
                Poll::Ready(sent) => sent.unwrap(),
                Poll::Pending => block_on(send).unwrap(),
            }
        }
        assert_eq!(thread.join().unwrap(), [Ok(1), Ok(2)]);
    });
}

/// The sender at the desk is done or gives up, another takes its place, and a third waits behind:
/// each has its message back or has sent it.
#[test]
fn loom_who_waits_behind_the_desk_is_told_of_its_own_message() {
    loom::model(|| {
        let (sender, receiver) = bounded(0);
        let thread = thread::spawn(move || [receiver.try_recv().ok(), receiver.try_recv().ok()]);
        let (mut first, mut behind) = (sender.send(1), sender.send(2));
        let (first_begun, behind_begun) = (poll_once(&mut first), poll_once(&mut behind));
        let first_back = give_up(first, first_begun);
        let mut next = sender.send(3);
        let next_begun = poll_once(&mut next);
        let backs = [first_back, give_up(next, next_begun), give_up(behind, behind_begun)];
        let mut all: Vec<_> = backs.into_iter().flatten().collect();
        all.extend(thread.join().unwrap().into_iter().flatten());
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3]);
    });
}

/// Looks once more at a send that has only begun, and then gives up. Its message, if that comes back.
fn give_up(mut send: SendFuture<'_, u8>, begun: Poll<Result<(), SendError<u8>>>) -> Option<u8> {
    let looked = if begun.is_pending() { poll_once(&mut send) } else { begun };
    match looked {
        Poll::Pending => send.cancel(),
        Poll::Ready(sent) => sent.err().map(|error| error.0),
    }
}

/// The end is told only where no message is left, whoever is dropped meanwhile.
#[test]
fn loom_closing_races_with_a_waiting_receiver() {
    loom::model(|| {
        let (sender, receiver) = unbounded();
        let other = receiver.clone();
        let thread = thread::spawn(move || block_on(other.recv()));
        sender.try_send(1).unwrap();
        drop(sender);
        let mut got = [block_on(receiver.recv()), thread.join().unwrap()];
        got.sort_unstable_by_key(Result::is_err);
        assert_eq!(got, [Ok(1), Err(RecvError)]);
    });
}

#[test]
fn loom_a_weak_sender_is_upgraded_or_the_channel_is_closed() {
    loom::model(|| {
        let (sender, receiver) = unbounded();
        let weak = sender.downgrade();
        let thread = thread::spawn(move || weak.upgrade().is_some_and(|s| s.try_send(1).is_ok()));
        drop(sender);
        let got = block_on(receiver.recv());
        assert_eq!(thread.join().unwrap(), got.is_ok());
    });
}
