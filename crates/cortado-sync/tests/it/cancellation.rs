//! `CancellationToken`: the tree, its ends, and its size.

use std::future::{pending, ready};
use std::task::Poll;

use cortado_sync::CancellationToken;

use crate::cancel_driver::Steps;

#[test]
fn a_cancellation_goes_down_and_not_up() {
    let root = CancellationToken::new();
    let child = root.child_token();
    let grandchild = child.child_token();
    let sibling = root.child_token();
    child.cancel();
    let cancelled = [&root, &child, &grandchild, &sibling].map(CancellationToken::is_cancelled);
    assert_eq!(cancelled, [false, true, true, false]);
    root.cancel();
    assert!(sibling.is_cancelled());
    assert!(root.child_token().is_cancelled());
}

#[test]
fn it_reaches_grandchildren_whose_parent_token_is_gone() {
    let root = CancellationToken::new();
    let grandchild = root.child_token().child_token();
    let mut waiting = Steps::new(grandchild.cancelled());
    waiting.waits();
    root.cancel();
    assert!(waiting.is_woken());
    waiting.ready();
}

#[test]
fn all_that_wait_are_woken_and_the_dropped_ones_are_not_missed() {
    let token = CancellationToken::new();
    let mut one = Steps::new(token.cancelled());
    let mut two = Steps::new(token.clone().cancelled_owned());
    let mut three = Steps::new(token.cancelled());
    one.waits();
    two.waits();
    three.waits();
    drop(one);
    token.cancel();
    two.ready();
    three.ready();
    Steps::new(token.cancelled()).ready();
}

#[test]
fn a_hundred_thousand_children_wide_and_deep_need_no_stack() {
    let small_stack = std::thread::Builder::new().stack_size(64 * 1024);
    let thread = small_stack.spawn(|| {
        const COUNT: usize = 100_000;
        let root = CancellationToken::new();
        let wide: Vec<_> = (0..COUNT).map(|_| root.child_token()).collect();
        let mut deep = root.child_token();
        for _ in 0..COUNT {
            deep = deep.child_token();
        }
        root.cancel();
        assert!(wide.iter().all(CancellationToken::is_cancelled));
        assert!(deep.is_cancelled());
        drop(deep);

        let mut deep = CancellationToken::new();
        for _ in 0..COUNT {
            deep = deep.child_token();
        }
        assert!(!deep.is_cancelled());
    });
    thread.unwrap().join().expect("neither cancelling nor dropping overflows the stack");
}

#[test]
fn running_until_cancelled() {
    let token = CancellationToken::new();
    assert_eq!(Steps::new(token.run_until_cancelled(ready(1))).ready(), Some(1));
    let mut running = Steps::new(token.run_until_cancelled(pending::<()>()));
    running.waits();
    token.cancel();
    assert!(running.is_woken());
    assert_eq!(running.ready(), None);
    drop(running);
    assert_eq!(Steps::new(token.run_until_cancelled_owned(ready(2))).ready(), Some(2));
}

#[test]
fn guards_cancel_unless_they_are_disarmed() {
    let token = CancellationToken::new();
    drop(token.clone().drop_guard().disarm());
    let _ = token.drop_guard_ref().disarm();
    assert!(!token.is_cancelled());
    drop(token.drop_guard_ref());
    assert!(token.is_cancelled());
}

#[test]
fn children_that_are_made_during_a_cancellation_are_cancelled() {
    for _ in 0..200 {
        let root = CancellationToken::new();
        let other = root.clone();
        let thread = std::thread::spawn(move || {
            (0..20).map(|_| other.child_token().child_token()).collect::<Vec<_>>()
        });
        root.cancel();
        let children = thread.join().unwrap();
        for child in children {
            assert!(matches!(Steps::new(child.cancelled()).poll(), Poll::Ready(())));
        }
    }
}
