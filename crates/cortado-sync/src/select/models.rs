//! Loom models of the select: one branch takes place, no peer is missed, and what a dropped select
//! was granted goes on. Loom reports a lost wake-up as a deadlock.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use loom::future::block_on;
use loom::thread;

use super::Select;
use crate::channel::{Receiver, bounded};

fn of<'a>(first: &'a Receiver<u8>, second: &'a Receiver<u8>) -> Select<'a, Option<u8>> {
    Select::new().biased().recv(first, Result::ok).recv(second, Result::ok)
}

#[test]
fn loom_two_senders_race_for_one_select() {
    loom::model(|| {
        let ((one, first), (two, second)) = (bounded(1), bounded(1));
        let threads =
            [(one, 1), (two, 2)].map(|(to, n)| thread::spawn(move || to.try_send(n).is_ok()));
        let got = block_on(of(&first, &second).into_future()).unwrap();
        assert!(threads.map(|thread| thread.join().unwrap()).iter().all(|sent| *sent));
        let left: Vec<_> = first.try_iter().chain(second.try_iter()).collect();
        assert_eq!(left, [3 - got]);
    });
}

/// Both register at the same time, in two channels and in opposite order: they find each other.
#[test]
fn loom_two_selects_meet() {
    loom::model(|| {
        let ((one, first), (two, second)) = (bounded(0), bounded(0));
        let thread = thread::spawn(move || {
            let select = Select::new().biased().send(&two, 2, |_| ()).send(&one, 1, |_| ());
            block_on(select.into_future());
        });
        let got = block_on(of(&first, &second).into_future());
        assert!(matches!(got, Some(1 | 2)), "{got:?}");
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_dropped_select_gives_its_grant_back() {
    loom::model(|| {
        let ((one, first), (_two, second)) = (bounded(0), bounded(0));
        let thread = thread::spawn(move || block_on(one.send(1)));
        let mut select = of(&first, &second).into_future();
        let polled = Pin::new(&mut select).poll(&mut Context::from_waker(Waker::noop()));
        drop(select);
        let got = match polled {
            Poll::Ready(got) => got,
            Poll::Pending => block_on(first.recv()).ok(),
        };
        assert_eq!(got, Some(1));
        assert_eq!(thread.join().unwrap(), Ok(()));
    });
}

#[test]
fn loom_closing_ends_a_select_that_registers() {
    loom::model(|| {
        let ((one, first), (_two, second)) = (bounded(0), bounded(0));
        let thread = thread::spawn(move || drop(one));
        assert_eq!(block_on(of(&first, &second).into_future()), None);
        thread.join().unwrap();
    });
}
