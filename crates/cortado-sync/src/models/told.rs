//! Loom models of what tells everybody: barriers, groups, cells, cancellations, and the channels that
//! show each message to all. Whoever comes while it is told is told as well.

use std::sync::Arc;

use loom::future::block_on;
use loom::thread;

use super::{join_all, model, poll_and_drop};
use crate::{Barrier, CancellationToken, OnceCell, SetOnce, WaitGroup, broadcast, watch};

#[test]
fn loom_each_round_of_a_barrier_has_one_leader() {
    model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = barrier.clone();
        let thread = thread::spawn(move || block_on(other.wait()).is_leader());
        let leads = block_on(barrier.wait()).is_leader();
        assert_ne!(leads, thread.join().unwrap());
    });
}

/// Whatever became of the two that left, the next two are a round of their own.
#[test]
fn loom_who_leaves_a_barrier_does_not_count() {
    model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = barrier.clone();
        let leaves = thread::spawn(move || poll_and_drop(other.wait()));
        poll_and_drop(barrier.wait());
        leaves.join().unwrap();
        let other = barrier.clone();
        let waits = thread::spawn(move || block_on(other.wait()).is_leader());
        let leads = block_on(barrier.wait()).is_leader();
        assert_ne!(leads, waits.join().unwrap());
    });
}

/// The first guard may be gone before the second one is made: its end is not that of the wait.
#[test]
fn loom_the_last_guard_of_a_group_ends_the_wait() {
    model(|| {
        let group = WaitGroup::new();
        let threads = (0..2)
            .map(|_| {
                let guard = group.guard();
                thread::spawn(move || drop(guard))
            })
            .collect();
        block_on(group.wait());
        assert_eq!(group.count(), 0);
        join_all(threads);
    });
}

#[test]
fn loom_a_cell_is_made_by_one() {
    model(|| {
        let cell = Arc::new(OnceCell::new());
        let (other, leaves) = (cell.clone(), cell.clone());
        let thread = thread::spawn(move || *block_on(other.get_or_init(|| async { 1 })));
        let left = thread::spawn(move || poll_and_drop(leaves.get_or_init(|| async { 2 })));
        let value = *block_on(cell.get_or_init(|| async { 3 }));
        assert_eq!(value, thread.join().unwrap());
        left.join().unwrap();
        assert_eq!(cell.get(), Some(&value));
    });
}

#[test]
fn loom_a_cell_is_set_once_and_everybody_sees_it() {
    model(|| {
        let cell = Arc::new(SetOnce::new());
        let (setter, waiter) = (cell.clone(), cell.clone());
        let sets = thread::spawn(move || setter.set(1).is_ok());
        let waits = thread::spawn(move || *block_on(waiter.wait()));
        let set = cell.set(2).is_ok();
        assert_ne!(set, sets.join().unwrap());
        assert_eq!(waits.join().unwrap(), if set { 2 } else { 1 });
    });
}

#[test]
fn loom_a_child_that_is_made_during_a_cancellation_is_cancelled() {
    model(|| {
        let token = CancellationToken::new();
        let (parent, waiter) = (token.clone(), token.clone());
        let threads = vec![
            thread::spawn(move || block_on(parent.child_token().cancelled())),
            thread::spawn(move || block_on(waiter.cancelled())),
        ];
        token.cancel();
        join_all(threads);
    });
}

#[test]
fn loom_a_watched_value_is_seen_in_the_end() {
    model(|| {
        let (sender, mut receiver) = watch::channel(0);
        let thread = thread::spawn(move || sender.send(1).is_ok());
        while block_on(receiver.changed()).is_ok() {
            receiver.borrow_and_update();
        }
        assert_eq!(*receiver.borrow(), 1);
        assert!(thread.join().unwrap());
    });
}

#[test]
fn loom_each_receiver_of_a_broadcast_hears_each_message() {
    model(|| {
        let (sender, mut first) = broadcast::channel(2);
        let mut second = sender.subscribe();
        let hears = thread::spawn(move || block_on(second.recv()));
        let sends = thread::spawn(move || sender.send(7).is_ok());
        assert_eq!(block_on(first.recv()), Ok(7));
        assert!(block_on(first.recv()).is_err());
        assert_eq!(hears.join().unwrap(), Ok(7));
        assert!(sends.join().unwrap());
    });
}
