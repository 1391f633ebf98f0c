//! The future of a send.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_probe::{Wait, turn};

use super::error::SendError;
use super::shared::Shared;
use super::state::{Effects, Passed, Sent, State};
use super::waiters::DESK;

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
        let (message, _waker) =
            self.shared.with(|state, effects| state.leave_senders(key, effects));
        message
    }

    fn begin(&mut self, message: T, context: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        let shared = self.shared;
        let sent = shared.with(|state, effects| match state.send(message, None, effects) {
            Sent::Done => Poll::Ready(Ok(())),
            Sent::Closed(message) => Poll::Ready(Err(SendError(message))),
            Sent::Full(message) => {
                // The clone may panic: the message is not to be dropped under the lock then.
                self.message = Some(message);
                let waker = context.waker().clone();
                let message = self.message.take();
                self.key = message.map(|message| state.join_senders(message, waker, None, effects));
                Poll::Pending
            }
        });
        if sent.is_pending() {
            self.waits();
        }
        sent
    }

    fn go_on(&mut self, key: usize, context: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        let result = if key == DESK && self.shared.leave_desk_if_served() {
            Ok(())
        } else {
            ready!(self.look(key, context))
        };
        self.key = None;
        Poll::Ready(result)
    }

    fn look(&self, key: usize, context: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        let poll = |state: &mut State<T>, effects: &mut Effects<'_>| {
            state.poll_sender(key, context.waker(), effects)
        };
        match self.shared.with(poll) {
            Passed::Waiting(replaced) => {
                drop(replaced);
                self.waits();
                Poll::Pending
            }
            Passed::Closed(message) => Poll::Ready(Err(SendError(message))),
            Passed::Done => Poll::Ready(Ok(())),
        }
    }

    fn waits(&self) {
        self.shared.waits(Wait::ChannelSend, self.location);
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
