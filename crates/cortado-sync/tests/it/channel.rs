//! What a channel promises, one future and one call at a time: order, room, closing, errors that
//! give the message back, counts, iterators, streams and weak senders.
//!
//! Many of these promises are those of std's `mpsc` and of crossbeam-channel, whose tests name them
//! (`library/std/tests/sync/mpsc.rs`, `crossbeam-channel/tests/{array,list,zero}.rs`).

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use cortado_sync::Blocking;
use cortado_sync::channel::{
    Receiver, RecvError, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError,
    TrySendError, bounded, unbounded,
};
use futures_core::Stream;

use crate::cancel_driver::Steps;

/// Every kind of channel, by its capacity.
pub(crate) const KINDS: [Option<usize>; 4] = [Some(0), Some(1), Some(3), None];

pub(crate) fn make<T>(capacity: Option<usize>) -> (Sender<T>, Receiver<T>) {
    capacity.map_or_else(unbounded, bounded)
}

/// Counts its drops.
#[derive(Clone)]
pub(crate) struct Counted(pub(crate) Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_bounded_channel_has_room_for_its_capacity() {
    for capacity in [0, 1, 3] {
        let (sender, receiver) = bounded(capacity);
        for message in 0..capacity {
            assert!(!sender.is_full() && !receiver.is_full());
            assert_eq!(sender.try_send(message), Ok(()));
        }
        assert!(sender.is_full() && receiver.is_full());
        assert_eq!(sender.try_send(9), Err(TrySendError::Full(9)));
        assert_eq!((sender.len(), receiver.len()), (capacity, capacity));
        assert_eq!((sender.capacity(), receiver.capacity()), (Some(capacity), Some(capacity)));
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), (0..capacity).collect::<Vec<_>>());
        assert!(sender.is_empty() && receiver.is_empty());
    }
}

#[test]
fn an_unbounded_channel_is_never_full() {
    let (sender, receiver) = unbounded();
    for message in 0..10_000 {
        assert_eq!(sender.try_send(message), Ok(()));
        assert!(Steps::new(sender.send(message)).ready().is_ok());
    }
    assert!(!sender.is_full());
    assert_eq!(sender.capacity(), None);
    assert_eq!(receiver.len(), 20_000);
    assert!(receiver.try_iter().step_by(2).eq(0..10_000));
}

#[test]
fn a_send_that_waits_goes_on_when_there_is_room() {
    for capacity in [0, 1, 2] {
        let (sender, receiver) = bounded(capacity);
        (0..capacity).for_each(|message| sender.try_send(message).unwrap());
        let mut first = Steps::new(sender.send(10));
        let mut second = Steps::new(sender.send(11));
        first.waits();
        second.waits();
        assert_eq!(receiver.try_recv(), Ok(if capacity == 0 { 10 } else { 0 }));
        assert!(first.is_woken() && !second.is_woken());
        assert_eq!(first.ready(), Ok(()));
        second.waits();
        drop(first);
        drop(second);
        let left: Vec<_> = receiver.try_iter().collect();
        assert_eq!(left, (1..capacity).chain((capacity > 0).then_some(10)).collect::<Vec<_>>());
    }
}

#[test]
fn receivers_that_wait_are_served_in_their_order() {
    for kind in KINDS {
        let (sender, receiver) = make(kind);
        let mut waiting: Vec<_> = (0..3).map(|_| Steps::new(receiver.recv())).collect();
        waiting.iter_mut().for_each(Steps::waits);
        for (message, receive) in waiting.iter().enumerate() {
            assert_eq!(sender.try_send(message), Ok(()));
            assert!(receive.is_woken());
        }
        // What was granted cannot be overtaken.
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        assert!(receiver.is_empty());
        for (message, receive) in waiting.iter_mut().enumerate() {
            assert_eq!(receive.ready(), Ok(message));
        }
    }
}

#[test]
fn senders_that_wait_are_served_in_their_order() {
    for capacity in [0, 1] {
        let (sender, receiver) = bounded(capacity);
        (0..capacity).for_each(|_| sender.try_send(99).unwrap());
        let mut waiting: Vec<_> = (0..3).map(|message| Steps::new(sender.send(message))).collect();
        waiting.iter_mut().for_each(Steps::waits);
        let mut received: Vec<_> = receiver.try_iter().collect();
        received.retain(|message| *message != 99);
        assert_eq!(received, [0, 1, 2]);
        assert!(waiting.iter_mut().all(|send| send.ready().is_ok()));
    }
}

#[test]
fn each_sender_that_waits_is_told_of_its_own_message_only() {
    let (sender, receiver) = bounded(0);
    let mut waiting: VecDeque<_> = (0..3).map(|message| Steps::new(sender.send(message))).collect();
    waiting.iter_mut().for_each(Steps::waits);
    // Each that is done makes its place free for another, behind those that came before.
    for message in 0..9 {
        assert_eq!(receiver.try_recv(), Ok(message));
        assert_eq!(waiting.pop_front().map(|mut send| send.ready()), Some(Ok(())));
        let mut next = Steps::new(sender.send(message + 3));
        next.waits();
        waiting.push_back(next);
        assert!(waiting.iter().all(|send| !send.is_woken()));
        waiting.iter_mut().for_each(Steps::waits);
    }
    // One that gives up does so as well, and one that is done need not look.
    drop(waiting.pop_front());
    assert_eq!(receiver.try_recv(), Ok(10));
    drop(waiting.pop_front());
    let mut next = Steps::new(sender.send(12));
    next.waits();
    waiting.push_back(next);
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [11, 12]);
    assert!(waiting.iter_mut().all(|send| send.ready().is_ok()));
}

#[test]
fn closing_from_either_side_ends_sends_and_leaves_the_messages() {
    for by_sender in [false, true] {
        let (sender, receiver) = bounded(1);
        sender.try_send(1).unwrap();
        let mut waiting = Steps::new(sender.send(2));
        waiting.waits();
        assert!(if by_sender { sender.close() } else { receiver.close() });
        assert!(!sender.close() && !receiver.close());
        assert!(sender.is_closed() && receiver.is_closed());
        assert!(waiting.is_woken());
        assert_eq!(waiting.ready(), Err(SendError(2)));
        assert_eq!(sender.try_send(3), Err(TrySendError::Closed(3)));
        assert_eq!(sender.send_blocking(4), Err(SendError(4)));
        assert_eq!(
            sender.send_timeout(5, Duration::from_secs(1)),
            Err(SendTimeoutError::Closed(5))
        );
        assert_eq!(receiver.recv_blocking(), Ok(1));
        assert_eq!(receiver.recv_blocking(), Err(RecvError));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    }
}

#[test]
fn closing_wakes_every_receiver_that_waits() {
    for kind in KINDS {
        let (sender, receiver) = make::<u8>(kind);
        let mut waiting: Vec<_> = (0..3).map(|_| Steps::new(receiver.recv())).collect();
        waiting.iter_mut().for_each(Steps::waits);
        drop(sender);
        for receive in &mut waiting {
            assert!(receive.is_woken());
            assert_eq!(receive.ready(), Err(RecvError));
        }
    }
}

/// "Closed and empty" is final: while another receiver may still give its message back, it is not
/// said.
#[test]
fn the_end_is_told_after_the_last_message_was_taken() {
    for kind in KINDS {
        let (sender, receiver) = make(kind);
        let mut granted = Steps::new(receiver.recv());
        granted.waits();
        sender.try_send(1).unwrap();
        drop(sender);
        let mut other = Steps::new(receiver.recv());
        other.waits();
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(granted.ready(), Ok(1));
        assert!(other.is_woken());
        assert_eq!(other.ready(), Err(RecvError));
    }
    let (sender, receiver) = bounded(0);
    let mut granted = Steps::new(receiver.recv());
    granted.waits();
    sender.try_send(1).unwrap();
    drop(sender);
    let mut other = Steps::new(receiver.recv());
    other.waits();
    drop(granted);
    assert!(other.is_woken());
    assert_eq!(other.ready(), Ok(1));
}

#[test]
fn messages_go_with_the_last_receiver() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = bounded(2);
    let other = receiver.clone();
    sender.try_send(Counted(drops.clone())).unwrap();
    sender.try_send(Counted(drops.clone())).unwrap();
    drop(receiver);
    assert!(!sender.is_closed());
    let mut waiting = Steps::new(sender.send(Counted(drops.clone())));
    waiting.waits();
    drop(other);
    assert_eq!(drops.load(Ordering::Relaxed), 2);
    let SendError(back) = waiting.ready().unwrap_err();
    assert_eq!(drops.load(Ordering::Relaxed), 2);
    drop(back);
    assert_eq!(drops.load(Ordering::Relaxed), 3);
}

#[test]
fn counts_and_weak_senders() {
    let (sender, receiver) = unbounded::<u8>();
    let (other, weak) = (sender.clone(), sender.downgrade());
    assert_eq!((sender.sender_count(), receiver.sender_count()), (2, 2));
    assert!(sender.same_channel(&other) && sender.is_connected_to(&receiver));
    assert!(receiver.same_channel(&receiver.clone()));
    assert_eq!(receiver.receiver_count(), 1);
    drop(sender);
    let third = weak.clone().upgrade().unwrap();
    drop(other);
    assert!(!receiver.is_closed());
    drop(third);
    assert!(receiver.is_closed() && weak.upgrade().is_none());
    assert!(!unbounded::<u8>().0.same_channel(&unbounded::<u8>().0));
}

#[test]
fn a_deadline_gives_the_message_back() {
    let (sender, receiver) = bounded(0);
    let past = Instant::now();
    assert_eq!(sender.send_deadline("a", past), Err(SendTimeoutError::Timeout("a")));
    assert_eq!(receiver.recv_deadline(past), Err(RecvTimeoutError::Timeout));
    let short = Duration::from_millis(1);
    assert_eq!(sender.send_timeout("a", short), Err(SendTimeoutError::Timeout("a")));
    assert_eq!(receiver.recv_timeout(short), Err(RecvTimeoutError::Timeout));
    // Whoever gave up has left nothing behind.
    assert_eq!(sender.try_send("b"), Err(TrySendError::Full("b")));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn blocking_forms_meet_each_other_and_the_async_ones() {
    for kind in KINDS {
        let (sender, receiver) = make(kind);
        let (back, returned) = make(kind);
        let echo = std::thread::spawn(move || {
            for message in &receiver {
                back.send_blocking(message).unwrap();
            }
        });
        for message in 0..100 {
            sender.send(message).wait().unwrap();
            let answer = match message % 3 {
                0 => returned.recv_blocking().ok(),
                1 => returned.recv_timeout(Duration::MAX).ok(),
                _ => returned.recv().wait().ok(),
            };
            assert_eq!(answer, Some(message));
        }
        drop(sender);
        assert_eq!(returned.into_iter().next(), None);
        echo.join().unwrap();
    }
}

fn next<T>(receiver: &mut Receiver<T>) -> Poll<Option<T>> {
    Pin::new(receiver).poll_next(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_receiver_is_a_stream() {
    for kind in KINDS {
        let (sender, mut receiver) = make(kind);
        for message in 0..3 {
            assert_eq!(next(&mut receiver), Poll::Pending);
            sender.try_send(message).unwrap();
            assert_eq!(next(&mut receiver), Poll::Ready(Some(message)));
        }
        drop(sender);
        assert_eq!(next(&mut receiver), Poll::Ready(None));
        assert_eq!(next(&mut receiver), Poll::Ready(None));
    }
}

/// A stream that was polled may have been granted a message, which nobody would get if the
/// receiver were then used in another way.
#[test]
fn a_stream_that_is_left_waiting_holds_no_message_back() {
    for kind in KINDS {
        let (sender, mut receiver) = make(kind);
        assert_eq!(next(&mut receiver), Poll::Pending);
        sender.try_send(1).unwrap();
        assert_eq!(receiver.try_recv(), Ok(1));
        assert_eq!(next(&mut receiver), Poll::Pending);
        sender.try_send(2).unwrap();
        assert_eq!(
            pin!(receiver.recv()).poll(&mut Context::from_waker(Waker::noop())),
            Poll::Ready(Ok(2))
        );
        assert_eq!(next(&mut receiver), Poll::Pending);
        sender.try_send(3).unwrap();
        let other = receiver.clone();
        drop(receiver);
        assert_eq!(other.try_recv(), Ok(3));
    }
}

#[test]
fn errors_say_what_happened() {
    assert_eq!(SendError(1).to_string(), "the channel is closed");
    assert_eq!(TrySendError::Full(1).to_string(), "the channel is full");
    assert_eq!(format!("{:?}", TrySendError::Closed(1)), "Closed(..)");
    assert_eq!(SendTimeoutError::Timeout(1).to_string(), "the message was not sent in time");
    assert_eq!(RecvError.to_string(), "the channel is closed and holds no message");
    assert_eq!(TryRecvError::Empty.to_string(), "the channel is empty");
    assert_eq!(RecvTimeoutError::Timeout.to_string(), "no message came in time");
    assert_eq!(TrySendError::Full(7).into_inner() + SendTimeoutError::Closed(1).into_inner(), 8);
    let (sender, receiver) = bounded::<u8>(2);
    let text = "Sender { len: 0, capacity: Some(2), closed: false, .. }";
    assert_eq!(format!("{sender:?}"), text);
    assert_eq!(format!("{receiver:?}"), text.replace("Sender", "Receiver"));
    assert_eq!(TrySendError::from(SendError(1)), TrySendError::Closed(1));
}
