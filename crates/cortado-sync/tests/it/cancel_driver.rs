//! Drives futures by hand, and drops them at every point at which they can be dropped.
//!
//! `Steps` polls one future when the test says so, and knows whether it was woken. `at_every_drop`
//! runs a scene again and again and drops its future at the first, second, … k-th poll, both right
//! after the poll and after the wake-up that follows it, until the scene finishes by itself.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

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

/// When `dropping` drops its future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Right after the k-th poll returned `Pending`; 0 is without any poll.
    AfterPoll(usize),
    /// When it is woken after the k-th poll, instead of polling it again.
    AfterWake(usize),
}

/// Polls `future` until the moment, then drops it: `None`. `Some` where it was ready before.
pub(crate) fn dropping<F: Future>(moment: Moment, future: F) -> Dropping<F> {
    Dropping { moment, polls: 0, future: Some(Box::pin(future)) }
}

/// The future of `dropping`.
pub(crate) struct Dropping<F> {
    moment: Moment,
    polls: usize,
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Dropping<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let due = match self.moment {
            Moment::AfterPoll(polls) | Moment::AfterWake(polls) => polls,
        };
        if self.polls < due {
            self.polls += 1;
            let future = self.future.as_mut().expect("polled before the moment");
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                self.future = None;
                return Poll::Ready(Some(output));
            }
            if self.polls < due || matches!(self.moment, Moment::AfterWake(_)) {
                return Poll::Pending;
            }
        }
        self.future = None;
        Poll::Ready(None)
    }
}

/// Runs `scene` with every moment at which its future can be dropped. The scene returns what
/// `dropping` gave; once that is `Some` for both kinds of moment, all have been tried.
pub(crate) fn at_every_drop<T>(mut scene: impl FnMut(Moment) -> Option<T>) {
    for polls in 0..10_000 {
        let after_poll = scene(Moment::AfterPoll(polls));
        let after_wake = scene(Moment::AfterWake(polls));
        if after_poll.is_some() && after_wake.is_some() {
            assert!(polls > 0, "a future that was never polled cannot be ready");
            return;
        }
    }
    panic!("the future is not ready after 10,000 polls");
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
