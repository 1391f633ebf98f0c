//! Drops a future at every point at which it can be dropped. The tests of the crates that make
//! futures share this file.
//!
//! `at_every_drop` runs a scene again and again and drops its future at the first, second, … k-th
//! poll, both right after the poll and after the wake-up that follows it, until the scene finishes
//! by itself.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

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
