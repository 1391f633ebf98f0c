//! The future of a send.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_probe::{Wait, turn};

use super::error::SendError;
use super::shared::Shared;
use super::state::{Passed, Sent};
use super::wake::wake;

/// The future of [`Sender::send`](super::Sender::send).
#[must_use = "futures do nothing unless they are awaited"]
pub struct SendFuture<'a, T> {
    shared: &'a Shared<T>,
    /// The message, until the channel has it.
    message: Option<T>,
    /// Its place among those that wait.
    key: Option<usize>,
    location: &'static Location<'static>,
}

/// No part of it is pinned: the message is moved out.
impl<T> Unpin for SendFuture<'_, T> {}

impl<'a, T> SendFuture<'a, T> {
    pub(super) fn new(
        shared: &'a Shared<T>,
        message: T,
        location: &'static Location<'static>,
    ) -> Self {
        SendFuture { shared, message: Some(message), key: None, location }
    }

    /// Gives up. The message, unless the channel has it: then the send has succeeded.
    ///
    /// ```
    /// use std::pin::pin;
    /// use std::task::{Context, Waker};
    /// use cortado_sync::channel;
    ///
    /// let (sender, receiver) = channel::bounded(0);
    /// let mut send = sender.send("tea");
    /// assert!(pin!(&mut send).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// assert_eq!(send.cancel(), Some("tea"));
    /// assert!(receiver.try_recv().is_err());
    /// # use std::future::Future;
    /// ```
    pub fn cancel(mut self) -> Option<T> {
        self.withdraw()
    }

    fn withdraw(&mut self) -> Option<T> {
        let Some(key) = self.key.take() else { return self.message.take() };
        let (message, _waker) = self.shared.with(|state| state.leave_senders(key));
        message
    }

    fn begin(&mut self, message: T, context: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        let shared = self.shared;
        let woken = shared.with(|state| match state.send(message, None) {
            Sent::Done(waker) => Ok(waker),
            Sent::Closed(message) => Err(Some(SendError(message))),
            Sent::Full(message) => {
                // The clone may panic: the message is not to be dropped under the lock then.
                self.message = Some(message);
                let waker = context.waker().clone();
                self.key =
                    self.message.take().map(|message| state.join_senders(message, waker, None));
                Err(None)
            }
        });
        match woken {
            Ok(waker) => {
                wake(waker);
                Poll::Ready(Ok(()))
            }
            Err(Some(error)) => Poll::Ready(Err(error)),
            Err(None) => self.pending(),
        }
    }

    fn go_on(&mut self, key: usize, context: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        let result = match self.shared.with(|state| state.poll_sender(key, context.waker())) {
            Passed::Waiting(replaced) => {
                drop(replaced);
                return self.pending();
            }
            Passed::Closed(message) => Err(SendError(message)),
            Passed::Done => Ok(()),
        };
        self.key = None;
        Poll::Ready(result)
    }

    fn pending<O>(&self) -> Poll<O> {
        self.shared.waits(Wait::ChannelSend, self.location);
        Poll::Pending
    }
}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let progress = ready!(turn::proceed(context, self.location));
        let polled = match (self.message.take(), self.key) {
            (Some(message), _) => self.begin(message, context),
            (None, Some(key)) => self.go_on(key, context),
            (None, None) => panic!("a send was polled again after it had finished"),
        };
        if polled.is_ready() {
            progress.made();
        }
        polled
    }
}

impl<T> Drop for SendFuture<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.key.is_some() {
            self.withdraw();
        }
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendFuture").field("location", &self.location).finish_non_exhaustive()
    }
}
