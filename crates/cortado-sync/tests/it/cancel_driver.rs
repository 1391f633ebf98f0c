//! Drives futures by hand: `Steps` polls one when the test says so, and knows whether it was woken.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::dropping::{at_every_drop, dropping};

/// Counts wake-ups.
#[derive(Default)]
pub(crate) struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future that is polled by hand.
pub(crate) struct Steps<F> {
    future: Pin<Box<F>>,
    woken: Arc<Woken>,
    seen: usize,
}

impl<F: Future> Steps<F> {
    pub(crate) fn new(future: F) -> Steps<F> {
        Steps { future: Box::pin(future), woken: Arc::default(), seen: 0 }
    }

    /// Polls it once.
    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        self.seen = self.woken.0.load(Ordering::SeqCst);
        let waker = Waker::from(self.woken.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// Polls it once; it must not be ready.
    #[track_caller]
    pub(crate) fn waits(&mut self) {
        assert!(self.poll().is_pending(), "the future is ready, but should wait");
    }

    /// Polls it once; it must be ready, and, if it waited before, woken.
    #[track_caller]
    pub(crate) fn ready(&mut self) -> F::Output {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("the future waits, but should be ready"),
        }
    }

    /// It was woken since the last poll.
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst) > self.seen
    }
}

#[test]
fn the_driver_tries_every_poll() {
    let mut tried = Vec::new();
    at_every_drop(|moment| {
        let mut left = 2;
        let future = std::future::poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        });
        let ended = Steps::new(dropping(moment, future));
        let ended = run(ended);
        tried.push((moment, ended.is_some()));
        ended
    });
    let last = tried.len() - 2;
    assert!(tried[..last].iter().all(|(_, ended)| !ended) && tried[last..].iter().all(|t| t.1));
    assert_eq!(last, 6, "0, 1 and 2 polls, each in two ways: {tried:?}");
}

/// Polls until ready, as long as it is woken.
#[track_caller]
pub(crate) fn run<F: Future>(mut steps: Steps<F>) -> F::Output {
    loop {
        match steps.poll() {
            Poll::Ready(output) => return output,
            Poll::Pending => assert!(steps.is_woken(), "the future waits and nobody woke it"),
        }
    }
}
