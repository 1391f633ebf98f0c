//! Futures that are dropped, at every point at which they can be, and users' code that panics
//! inside of a channel's calls: no message is lost, none is seen twice, and nobody sleeps on.
//!
//! - W1: the functions of `NO_CLONES` use no data, so any pointer will do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};

use cortado_sync::Blocking;
use cortado_sync::channel::{TryRecvError, bounded, unbounded};
use futures_util::future::{Either, select};

use crate::cancel_driver::Steps;
use crate::channel::{Counted, KINDS, make};
use crate::dropping::{at_every_drop, dropping};

#[test]
fn a_receive_dropped_at_any_poll_loses_nothing() {
    for kind in KINDS {
        at_every_drop(|moment| {
            let (sender, receiver) = make(kind);
            let mut steps = Steps::new(dropping(moment, receiver.recv()));
            let mut next = Steps::new(receiver.recv());
            let mut ended = None;
            if steps.poll().is_pending() {
                next.waits();
                sender.try_send(1).unwrap();
                ended = Some(steps.ready());
            } else {
                next.waits();
                sender.try_send(1).unwrap();
            }
            match ended.flatten() {
                Some(got) => {
                    assert_eq!(got, Ok(1));
                    next.waits();
                    Some(())
                }
                None => {
                    assert!(next.is_woken(), "{kind:?} {moment:?}");
                    assert_eq!(next.ready(), Ok(1));
                    None
                }
            }
        });
    }
}

#[test]
fn a_send_dropped_at_any_poll_delivers_once_or_not_at_all() {
    for capacity in [0, 1, 2] {
        at_every_drop(|moment| {
            let drops = Arc::new(AtomicUsize::new(0));
            let (sender, receiver) = bounded(capacity);
            for _ in 0..capacity {
                sender.try_send(Counted(drops.clone())).unwrap();
            }
            let send = sender.send(Counted(drops.clone()));
            let mut steps = Steps::new(dropping(moment, send));
            let mut received = 0;
            let mut ended = None;
            if steps.poll().is_pending() {
                // With it the sender is served, and woken.
                received += usize::from(receiver.try_recv().is_ok());
                ended = Some(steps.ready());
            }
            drop(steps);
            received += receiver.try_iter().count();
            assert_eq!(drops.load(Ordering::Relaxed), capacity + 1, "{capacity} {moment:?}");
            assert!(received == capacity || received == capacity + 1);
            ended.flatten().map(|sent| {
                assert!(sent.is_ok());
                assert_eq!(received, capacity + 1);
            })
        });
    }
}

/// Two receivers were granted a message each, and both are dropped, in either order: the messages
/// come out in the order in which they were sent.
#[test]
fn dropped_receives_change_no_order() {
    for kind in KINDS {
        for first_dropped in [0, 1] {
            let (sender, receiver) = make(kind);
            let mut waiting = [Steps::new(receiver.recv()), Steps::new(receiver.recv())];
            waiting.iter_mut().for_each(Steps::waits);
            sender.try_send(1).unwrap();
            sender.try_send(2).unwrap();
            let _ = sender.try_send(3);
            let [one, two] = waiting;
            let (first, second) = if first_dropped == 0 { (one, two) } else { (two, one) };
            drop(first);
            drop(second);
            let left: Vec<_> = receiver.try_iter().collect();
            assert_eq!(left, if kind == Some(0) { vec![1, 2] } else { vec![1, 2, 3] });
        }
    }
}

/// The message of a rendezvous whose receiver was dropped stays, above the capacity, and is next.
#[test]
fn a_rendezvous_keeps_what_its_receiver_did_not_take() {
    let (sender, receiver) = bounded(0);
    let mut receive = Steps::new(receiver.recv());
    receive.waits();
    assert_eq!(Steps::new(sender.send(1)).ready(), Ok(()));
    drop(receive);
    assert_eq!(receiver.len(), 1);
    let mut second = Steps::new(sender.send(2));
    second.waits();
    assert_eq!(receiver.try_recv(), Ok(1));
    assert!(!second.is_woken());
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(second.ready(), Ok(()));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn a_cancelled_send_gives_its_message_back() {
    let (sender, receiver) = bounded(0);
    assert_eq!(sender.send(1).cancel(), Some(1));
    let mut send = sender.send(2);
    let polled = Pin::new(&mut send).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(polled, Poll::Pending);
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(send.cancel(), None);
}

/// The race of two receives in one task, as `select!` of any library makes it: 0 is lost.
#[test]
fn a_select_of_futures_loses_nothing() {
    for capacity in [0, 1] {
        let ((one, first), (two, second)) = (bounded(capacity), bounded(capacity));
        let threads = [one, two].map(|sender| {
            std::thread::spawn(move || (0..2_000).for_each(|n| sender.send_blocking(n).unwrap()))
        });
        let mut next = [0, 0];
        while next.iter().sum::<u32>() < 4_000 {
            let race = async {
                match select(first.recv(), second.recv()).await {
                    Either::Left((got, _)) => (0, got),
                    Either::Right((got, _)) => (1, got),
                }
            };
            let (index, got) = race.wait();
            match got {
                Ok(got) => {
                    assert_eq!(got, next[index], "lost or out of order");
                    next[index] += 1;
                }
                // One side has ended: what is left is the other's.
                Err(_) => {
                    let rest = [&first, &second][1 - index];
                    while let Ok(got) = rest.recv_blocking() {
                        assert_eq!(got, next[1 - index]);
                        next[1 - index] += 1;
                    }
                }
            }
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

struct PanicsWhenWoken;

impl Wake for PanicsWhenWoken {
    fn wake(self: Arc<Self>) {
        panic!("in a waker");
    }
}

#[test]
fn a_waker_that_panics_harms_nobody_else() {
    let (sender, receiver) = unbounded();
    let waker = Waker::from(Arc::new(PanicsWhenWoken));
    let mut bad = receiver.recv();
    assert!(Pin::new(&mut bad).poll(&mut Context::from_waker(&waker)).is_pending());
    let mut good = Steps::new(receiver.recv());
    good.waits();
    sender.try_send(1).unwrap();
    sender.close();
    assert!(good.is_woken() || good.poll().is_pending());
    drop(bad);
    assert_eq!(good.ready(), Ok(1));
}

fn panics(_: *const ()) -> RawWaker {
    panic!("in the clone of a waker")
}

static NO_CLONES: RawWakerVTable = RawWakerVTable::new(panics, |_| (), |_| (), |_| ());

#[test]
fn a_waker_whose_clone_panics_leaves_the_channel_as_it_was() {
    let (sender, receiver) = bounded(0);
    // SAFETY: W1 (the pointer is never read).
    let waker = unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &NO_CLONES)) };
    let mut receive = receiver.recv();
    let mut context = Context::from_waker(&waker);
    let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut receive).poll(&mut context)));
    assert!(polled.is_err());
    assert!(sender.try_send(1).is_err(), "nobody waits");
    let mut send = sender.send(1);
    let mut context = Context::from_waker(&waker);
    let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut send).poll(&mut context)));
    assert!(polled.is_err());
    assert_eq!(send.cancel(), Some(1));
    assert!(receiver.try_recv().is_err());
    // Both futures go on with a waker that can be cloned.
    let mut context = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut receive).poll(&mut context).is_pending());
    sender.try_send(3).unwrap();
    assert_eq!(Pin::new(&mut receive).poll(&mut context), Poll::Ready(Ok(3)));
}

struct PanicsInDrop(Arc<AtomicUsize>);

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("in the drop of a message");
    }
}

#[test]
fn a_message_whose_drop_panics_leaves_the_others_usable() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = bounded(1);
    sender.try_send(PanicsInDrop(drops.clone())).unwrap();
    let mut waiting = Steps::new(sender.send(PanicsInDrop(drops.clone())));
    waiting.waits();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(waiting))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
    assert_eq!(drops.load(Ordering::Relaxed), 2);
    assert!(sender.is_closed());
}

/// A message that owns an end of its own channel may use it in its drop.
#[test]
fn a_message_may_own_its_channel() {
    struct Owner(Option<cortado_sync::channel::Sender<Owner>>);
    impl Drop for Owner {
        fn drop(&mut self) {
            if let Some(sender) = &self.0 {
                assert!(sender.is_closed());
                assert!(sender.try_send(Owner(None)).is_err());
            }
        }
    }
    let (sender, receiver) = unbounded();
    sender.try_send(Owner(Some(sender.clone()))).ok().unwrap();
    drop(receiver);
    assert_eq!(sender.sender_count(), 1);
}
