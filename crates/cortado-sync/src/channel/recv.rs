//! The future of a receive, and the place of a waiting receiver, which the stream has as well.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use cortado_probe::{Wait, turn};

use super::error::RecvError;
use super::shared::Shared;
use super::state::{Granted, Taken};
use super::wake::wake_all;

/// The future of [`Receiver::recv`](super::Receiver::recv).
#[must_use = "futures do nothing unless they are awaited"]
pub struct RecvFuture<'a, T> {
    shared: &'a Shared<T>,
    stage: Stage,
    location: &'static Location<'static>,
}

/// How far a receive has come.
#[derive(Clone, Copy)]
enum Stage {
    New,
    /// It waits, with this key.
    Waiting(usize),
    Finished,
}

impl<'a, T> RecvFuture<'a, T> {
    pub(super) fn new(shared: &'a Shared<T>, location: &'static Location<'static>) -> Self {
        RecvFuture { shared, stage: Stage::New, location }
    }

    /// Gives up, and takes the message if one has been granted meanwhile.
    pub(super) fn cancel(mut self) -> Option<T> {
        let Stage::Waiting(key) = self.stage else { return None };
        self.stage = Stage::Finished;
        match go_on(self.shared, key, &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.ok(),
            Poll::Pending => {
                leave(self.shared, key);
                None
            }
        }
    }
}

impl<T> Future for RecvFuture<'_, T> {
    type Output = Result<T, RecvError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut key = match self.stage {
            Stage::New => None,
            Stage::Waiting(key) => Some(key),
            Stage::Finished => panic!("a receive was polled again after it had finished"),
        };
        let polled = poll_place(self.shared, &mut key, context, self.location);
        self.stage = match (key, polled.is_ready()) {
            (_, true) => Stage::Finished,
            (Some(key), false) => Stage::Waiting(key),
            (None, false) => Stage::New,
        };
        polled
    }
}

impl<T> Drop for RecvFuture<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Stage::Waiting(key) = self.stage {
            leave(self.shared, key);
        }
    }
}

impl<T> fmt::Debug for RecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvFuture").field("location", &self.location).finish_non_exhaustive()
    }
}

/// Takes a message, or waits for one at the place `key`, which is given up with the message.
#[inline]
pub(super) fn poll_place<T>(
    shared: &Shared<T>,
    key: &mut Option<usize>,
    context: &mut Context<'_>,
    location: &'static Location<'static>,
) -> Poll<Result<T, RecvError>> {
    let progress = ready!(turn::proceed(context, location));
    let polled = match *key {
        Some(place) => go_on(shared, place, context),
        None => begin(shared, key, context),
    };
    if polled.is_ready() {
        *key = None;
        progress.made();
    } else {
        shared.waits(Wait::ChannelReceive, location);
    }
    polled
}

#[inline]
fn begin<T>(
    shared: &Shared<T>,
    key: &mut Option<usize>,
    context: &mut Context<'_>,
) -> Poll<Result<T, RecvError>> {
    let taken = shared.with(|state, effects| {
        let taken = state.take(None, effects);
        if matches!(taken, Taken::Empty) {
            *key = Some(state.join_receivers(context.waker().clone(), None));
        }
        taken
    });
    match taken {
        Taken::Message(message) => Poll::Ready(Ok(message)),
        Taken::Empty => Poll::Pending,
        Taken::Closed => Poll::Ready(Err(RecvError)),
    }
}

fn go_on<T>(
    shared: &Shared<T>,
    key: usize,
    context: &mut Context<'_>,
) -> Poll<Result<T, RecvError>> {
    match shared.with(|state, _| state.poll_receiver(key, context.waker())) {
        Granted::Waiting(replaced) => {
            drop(replaced);
            Poll::Pending
        }
        Granted::Message(message) => Poll::Ready(Ok(message)),
        Granted::Last(message, wakers) => {
            wake_all(wakers);
            Poll::Ready(Ok(message))
        }
        Granted::Closed => Poll::Ready(Err(RecvError)),
    }
}

/// Gives up a place; a message that was granted to it passes to the next.
pub(crate) fn leave<T>(shared: &Shared<T>, key: usize) {
    drop(shared.with(|state, effects| state.leave_receivers(key, effects)));
}
