//! `oneshot`, `broadcast` and `watch`: what is received, what is told, what is given back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cortado_sync::broadcast::{self, RecvError, TryRecvError};
use cortado_sync::{Blocking, oneshot, watch};

use crate::cancel_driver::Steps;
use crate::dropping::{at_every_drop, dropping};

#[test]
fn oneshot_gives_the_value_back_where_nobody_takes_it() {
    let (tx, rx) = oneshot::channel();
    drop(rx);
    assert!(tx.is_closed());
    assert_eq!(tx.send(1), Err(1));
    let (tx, mut rx) = oneshot::channel();
    rx.close();
    assert_eq!(tx.send(1), Err(1));
    assert_eq!(rx.try_recv(), Err(oneshot::TryRecvError::Closed));
    assert!(rx.blocking_recv().is_err());
}

#[test]
fn oneshot_a_value_that_was_sent_survives_a_close() {
    let (tx, mut rx) = oneshot::channel();
    assert_eq!(rx.try_recv(), Err(oneshot::TryRecvError::Empty));
    tx.send(1).unwrap();
    rx.close();
    assert!(!rx.is_terminated());
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(oneshot::TryRecvError::Closed));
    assert!(catch_unwind(AssertUnwindSafe(|| rx.recv().wait())).is_err());
}

#[test]
fn oneshot_wakes_both_ends() {
    let (mut tx, rx) = oneshot::channel::<i32>();
    let mut closed = Steps::new(tx.closed());
    closed.waits();
    drop(rx);
    assert!(closed.is_woken());
    closed.ready();
    drop(closed);
    let (tx, mut rx) = oneshot::channel::<i32>();
    let mut received = Steps::new(rx.recv());
    received.waits();
    drop(tx);
    assert!(received.is_woken());
    assert!(received.ready().is_err());
}

#[test]
fn oneshot_a_receive_that_is_dropped_loses_nothing() {
    at_every_drop(|moment| {
        let (tx, mut rx) = oneshot::channel();
        let mut receiving = Steps::new(dropping(moment, rx.recv()));
        let early = receiving.poll();
        tx.send(Box::new(5)).unwrap();
        let received = match early {
            std::task::Poll::Ready(received) => received,
            std::task::Poll::Pending => receiving.ready(),
        };
        drop(receiving);
        if received.is_none() {
            assert_eq!(rx.try_recv(), Ok(Box::new(5)));
        }
        received
    });
}

#[test]
fn broadcast_reaches_all_and_tells_who_is_late() {
    let (tx, mut one) = broadcast::channel(2);
    let mut two = tx.subscribe();
    assert_eq!(tx.receiver_count(), 2);
    for message in 0..3 {
        assert_eq!(tx.send(message), Ok(2));
        assert_eq!(one.try_recv(), Ok(message));
    }
    assert_eq!((two.len(), tx.len()), (3, 2));
    assert_eq!(two.try_recv(), Err(TryRecvError::Lagged(1)));
    assert_eq!((two.try_recv(), two.try_recv()), (Ok(1), Ok(2)));
    assert_eq!(two.try_recv(), Err(TryRecvError::Empty));
    assert!(tx.is_empty() && one.is_empty());
}

#[test]
fn broadcast_a_new_receiver_hears_what_comes_and_not_what_was() {
    let (tx, first) = broadcast::channel(4);
    tx.send(1).unwrap();
    let (mut second, mut third) = (tx.subscribe(), first.resubscribe());
    tx.send(2).unwrap();
    assert_eq!((second.try_recv(), third.try_recv()), (Ok(2), Ok(2)));
    assert_eq!(first.len(), 2);
}

#[test]
fn broadcast_ends_when_the_last_sender_goes() {
    let (tx, mut rx) = broadcast::channel(4);
    let weak = tx.downgrade();
    let other = weak.upgrade().unwrap();
    assert_eq!((tx.strong_count(), tx.weak_count()), (2, 1));
    tx.send(1).unwrap();
    drop((tx, other));
    assert!(weak.upgrade().is_none());
    assert!(rx.is_closed());
    assert_eq!(rx.blocking_recv(), Ok(1));
    assert_eq!(rx.blocking_recv(), Err(RecvError::Closed));
    let (tx, mut rx) = broadcast::channel::<i32>(1);
    let mut waiting = Steps::new(rx.recv());
    waiting.waits();
    drop(tx);
    assert!(waiting.is_woken());
    assert_eq!(waiting.ready(), Err(RecvError::Closed));
}

#[test]
fn broadcast_messages_live_as_long_as_they_are_wanted() {
    let (tx, mut one) = broadcast::channel(4);
    let two = tx.subscribe();
    let message = Arc::new(());
    tx.send(message.clone()).unwrap();
    tx.send(message.clone()).unwrap();
    drop(one.try_recv());
    assert_eq!(Arc::strong_count(&message), 3, "the second receiver wants both");
    drop(two);
    assert_eq!(Arc::strong_count(&message), 2, "the first receiver wants one");
    drop(one);
    assert_eq!(Arc::strong_count(&message), 1);
    assert!(tx.send(message).is_err(), "nobody receives");
}

#[test]
fn broadcast_a_receive_that_is_dropped_loses_nothing() {
    at_every_drop(|moment| {
        let (tx, mut rx) = broadcast::channel(4);
        let mut receiving = Steps::new(dropping(moment, rx.recv()));
        let early = receiving.poll();
        tx.send(5).unwrap();
        let received = match early {
            std::task::Poll::Ready(received) => received,
            std::task::Poll::Pending => receiving.ready(),
        };
        drop(receiving);
        if received.is_none() {
            assert_eq!(rx.try_recv(), Ok(5));
        }
        assert!(rx.is_empty());
        received
    });
}

#[test]
fn broadcast_a_clone_that_panics_or_sends_does_no_harm() {
    struct Odd(Option<broadcast::Sender<Odd>>);
    impl Clone for Odd {
        fn clone(&self) -> Odd {
            match &self.0 {
                Some(tx) => assert!(tx.send(Odd(None)).is_ok()),
                None => panic!("in clone"),
            }
            Odd(None)
        }
    }
    let (tx, mut one) = broadcast::channel(4);
    let mut two = tx.subscribe();
    tx.send(Odd(Some(tx.clone()))).map_err(drop).unwrap();
    assert!(one.try_recv().is_ok());
    assert!(two.try_recv().is_ok());
    assert!(catch_unwind(AssertUnwindSafe(|| one.try_recv().map(drop))).is_err());
    assert!(two.try_recv().is_ok());
    assert!(matches!(one.try_recv(), Err(TryRecvError::Empty)));
}

#[test]
fn broadcast_tells_when_nobody_listens() {
    let (tx, rx) = broadcast::channel::<i32>(1);
    let other = rx.resubscribe();
    let mut closed = Steps::new(tx.closed());
    closed.waits();
    drop(rx);
    closed.waits();
    drop(other);
    assert!(closed.is_woken());
    closed.ready();
}

#[test]
fn watch_shows_the_newest_value_and_tells_once() {
    let (tx, mut rx) = watch::channel(0);
    Steps::new(rx.changed()).waits();
    tx.send(1).unwrap();
    tx.send(2).unwrap();
    assert_eq!(rx.has_changed(), Ok(true));
    Steps::new(rx.changed()).ready().unwrap();
    Steps::new(rx.changed()).waits();
    assert_eq!(*rx.borrow_and_update(), 2);
    rx.mark_changed();
    assert!(rx.borrow().has_changed());
    rx.mark_unchanged();
    assert_eq!(rx.has_changed(), Ok(false));
    let mut late = tx.subscribe();
    Steps::new(late.changed()).waits();
}

#[test]
fn watch_a_dropped_wait_sees_the_change_again() {
    at_every_drop(|moment| {
        let (tx, mut rx) = watch::channel(0);
        let mut changing = Steps::new(dropping(moment, rx.changed()));
        let early = changing.poll();
        tx.send_replace(1);
        let changed = match early {
            std::task::Poll::Ready(changed) => changed,
            std::task::Poll::Pending => changing.ready(),
        };
        drop(changing);
        assert_eq!(rx.has_changed(), Ok(changed.is_none()));
        changed
    });
}

#[test]
fn watch_changes_in_place_and_survives_a_panic() {
    let (tx, mut rx) = watch::channel(vec![1]);
    tx.send_modify(|list| list.push(2));
    assert!(!tx.send_if_modified(|_| false));
    assert_eq!(*rx.borrow_and_update(), [1, 2]);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        tx.send_modify(|list| {
            list.clear();
            panic!("in send_modify");
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(rx.has_changed(), Ok(false), "nobody is told of a change that panicked");
    assert_eq!(tx.send_replace(vec![3]), Vec::<i32>::new());
    assert_eq!(*rx.borrow(), [3]);
    let panicked =
        catch_unwind(AssertUnwindSafe(|| rx.wait_for(|_| panic!("in wait_for")).wait().map(drop)));
    assert!(panicked.is_err());
    assert!(tx.send(vec![4]).is_ok());
}

#[test]
fn watch_waits_for_a_condition() {
    let (tx, mut rx) = watch::channel(0);
    let mut waiting = Steps::new(rx.wait_for(|value| *value == 2));
    waiting.waits();
    tx.send(1).unwrap();
    waiting.waits();
    tx.send(2).unwrap();
    assert_eq!(*waiting.ready().unwrap(), 2);
    drop(waiting);
    assert_eq!(rx.has_changed(), Ok(false));
    let mut waiting = Steps::new(rx.wait_for(|value| *value == 3));
    waiting.waits();
    drop(tx);
    assert!(waiting.is_woken());
    assert!(waiting.ready().is_err());
}

#[test]
fn watch_ends_tell_each_other_that_they_go() {
    let (tx, mut rx) = watch::channel(0);
    let other = tx.clone();
    tx.send(1).unwrap();
    drop((tx, other));
    assert!(rx.has_changed().is_err());
    assert!(rx.blocking_changed().is_ok(), "the last value is seen");
    assert!(rx.blocking_changed().is_err());
    assert_eq!(*rx.borrow(), 1);

    let (tx, rx) = watch::channel(0);
    let mut closed = Steps::new(tx.closed());
    closed.waits();
    drop(rx);
    assert!(closed.is_woken());
    closed.ready();
    assert_eq!(tx.send(1).map_err(|error| error.0), Err(1));
    assert_eq!(*tx.borrow(), 0);
}
