//! `OnceCell` and `SetOnce`: made once, whatever happens to those who try.

use std::cell::Cell;
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use cortado_sync::{Blocking, OnceCell, SetError, SetOnce, SetOnceError};

use crate::cancel_driver::Steps;
use crate::dropping::{at_every_drop, dropping};

/// Ready at its third poll.
async fn slowly<T>(value: T) -> T {
    for _ in 0..2 {
        let mut polled = false;
        std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
    value
}

#[test]
fn a_cell_is_made_once_and_others_wait() {
    let cell = OnceCell::new();
    let mut maker = Steps::new(cell.get_or_init(|| slowly(1)));
    let mut other = Steps::new(cell.get_or_init(|| slowly(2)));
    maker.waits();
    other.waits();
    assert!(matches!(cell.set(3), Err(SetError::Initializing(3))));
    maker.waits();
    assert_eq!(cell.get(), None);
    assert_eq!(maker.ready(), &1);
    assert!(other.is_woken());
    assert_eq!(other.ready(), &1);
    assert!(matches!(cell.set(3), Err(SetError::AlreadyInitialized(3))));
    drop((maker, other));
    assert_eq!(cell.into_inner(), Some(1));
}

#[test]
fn whoever_is_cancelled_lets_the_next_one_try() {
    at_every_drop(|moment| {
        let cell = OnceCell::new();
        let mut dropped = Steps::new(dropping(moment, cell.get_or_init(|| slowly("first"))));
        let mut ended = dropped.poll();
        let mut next = Steps::new(cell.get_or_init(|| slowly("next")));
        let _ = next.poll();
        while ended.is_pending() {
            ended = dropped.poll();
        }
        let made = ended.map(|made| made.copied());
        drop(dropped);
        let found = loop {
            if let Poll::Ready(found) = next.poll() {
                break *found;
            }
            assert!(next.is_woken(), "{moment:?}: nobody woke the next one");
        };
        let expected = if made == Poll::Ready(Some("first")) { "first" } else { "next" };
        assert_eq!(found, expected);
        (found == "first").then_some(())
    });
}

#[test]
fn a_panic_or_an_error_lets_the_next_one_try() {
    let cell = OnceCell::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        cell.get_or_init(|| -> std::future::Ready<i32> { panic!("before there is a future") })
            .wait()
    }));
    assert!(panicked.is_err());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        cell.get_or_init(|| async { panic!("in the future") }).wait()
    }));
    assert!(panicked.is_err());
    assert_eq!(cell.get_or_try_init(|| ready(Err::<i32, _>("failed"))).wait(), Err("failed"));
    assert_eq!(cell.get_or_try_init(|| ready(Ok::<_, ()>(4))).wait(), Ok(&4));
    assert_eq!(cell.blocking_get_or_init(|| unreachable!("there is a value")), &4);
}

#[test]
fn a_cell_can_be_emptied_by_its_owner() {
    let mut cell = OnceCell::from(1);
    *cell.get_mut().unwrap() += 1;
    assert_eq!(cell.take(), Some(2));
    assert!(!cell.initialized());
    assert_eq!(cell.blocking_get_or_init(|| 3), &3);
}

#[test]
fn the_value_of_a_cell_is_dropped_once() {
    struct Counted<'a>(&'a Cell<u32>);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let drops = Cell::new(0);
    let cell = OnceCell::new();
    assert!(cell.set(Counted(&drops)).is_ok());
    assert!(cell.set(Counted(&drops)).is_err());
    assert_eq!(drops.get(), 1);
    drop(cell);
    assert_eq!(drops.get(), 2);
    drop(OnceCell::<Counted<'_>>::new());
    assert_eq!(drops.get(), 2);
}

#[test]
fn dropping_a_pending_maker_before_its_cell_is_fine() {
    let cell = OnceCell::<i32>::new();
    let mut maker = Steps::new(cell.get_or_init(pending));
    maker.waits();
    drop(maker);
    assert!(cell.set(1).is_ok());
}

#[test]
fn set_once_wakes_all_and_refuses_a_second_value() {
    let cell = SetOnce::new();
    let (mut one, mut two) = (Steps::new(cell.wait()), Steps::new(cell.wait()));
    one.waits();
    two.waits();
    drop(one);
    assert_eq!(cell.set(5), Ok(()));
    assert!(two.is_woken());
    assert_eq!(two.ready(), &5);
    assert_eq!(cell.set(6), Err(SetOnceError(6)));
    assert_eq!(cell.blocking_wait(), &5);
    drop(two);
    assert_eq!(cell.into_inner(), Some(5));
}
