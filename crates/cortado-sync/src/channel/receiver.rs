//! The receiving end.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_core::Stream;

use super::end::End;
use super::error::{RecvError, RecvTimeoutError, TryRecvError};
use super::iter::{Iter, TryIter};
use super::patience::try_patiently;
use super::recv::{self, RecvFuture};
use super::sender::describe;
use super::shared::{Receiving, Shared};
use super::state::Taken;
use crate::park::{TimedOut, block_on};

/// The receiving end of a channel. There may be many: clone it, and each message goes to one of
/// them. When the last one is dropped, the channel is closed and what it holds is dropped.
///
/// It is a [`Stream`] of the messages, which ends when the channel is closed and empty.
pub struct Receiver<T> {
    shared: End<T, Receiving>,
    /// Where the stream waits, as its key plus one; 0 where it does not. It may hold a message, so
    /// every other way to receive gives it up first.
    stream: AtomicUsize,
}

impl<T> Receiver<T> {
    pub(super) fn new(shared: End<T, Receiving>) -> Self {
        Receiver { shared, stream: AtomicUsize::new(0) }
    }

    /// The channel, for a receive that is not the stream's.
    #[inline]
    pub(crate) fn shared(&self) -> &Shared<T> {
        if self.stream.load(Ordering::Relaxed) != 0 {
            self.leave_stream();
        }
        &self.shared
    }

    #[cold]
    fn leave_stream(&self) {
        if let Some(key) = self.stream.swap(0, Ordering::Relaxed).checked_sub(1) {
            recv::leave(&self.shared, key);
        }
    }

    /// Receives the oldest message, and waits for one first.
    ///
    /// **Cancel safety:** a future that is dropped before it returned has taken no message. One that
    /// was meant for it goes to the next receiver, or stays where it was.
    ///
    /// # Errors
    /// Where the channel is closed and no message is left, also none that is on its way to another
    /// receiver.
    ///
    /// ```
    /// # pollster::block_on(async {
    /// let (sender, receiver) = cortado_sync::channel::unbounded();
    /// sender.try_send('a').unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.recv().await, Ok('a'));
    /// assert!(receiver.recv().await.is_err());
    /// # });
    /// ```
    #[track_caller]
    #[inline]
    pub fn recv(&self) -> RecvFuture<'_, T> {
        RecvFuture::new(self.shared(), Location::caller())
    }

    /// As [`recv`](Self::recv), for a thread that may block. Not inside of an async task: the
    /// worker could run nothing else meanwhile.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    /// let (sender, receiver) = cortado_sync::channel::bounded(0);
    /// let thread = std::thread::spawn(move || sender.send_blocking("tea"));
    /// assert_eq!(receiver.recv_blocking(), Ok("tea"));
    /// assert!(thread.join().unwrap().is_ok());
    /// ```
    #[track_caller]
    pub fn recv_blocking(&self) -> Result<T, RecvError> {
        if let Some(result) = self.recv_patiently() {
            return result;
        }
        let mut receive = self.recv();
        let received = block_on(Pin::new(&mut receive), None);
        received.unwrap_or_else(|_| receive.cancel().ok_or(RecvError))
    }

    /// As [`recv_blocking`](Self::recv_blocking), but waits until `deadline` at most.
    ///
    /// # Errors
    /// Where the time is up, or as there.
    ///
    /// ```
    /// use std::time::Instant;
    /// use cortado_sync::channel::{self, RecvTimeoutError};
    ///
    /// let (_sender, receiver) = channel::bounded::<u8>(0);
    /// assert_eq!(receiver.recv_deadline(Instant::now()), Err(RecvTimeoutError::Timeout));
    /// ```
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_until(Some(deadline))
    }

    /// As [`recv_deadline`](Self::recv_deadline), for `timeout` from now.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (sender, receiver) = cortado_sync::channel::bounded::<u8>(1);
    /// assert!(receiver.recv_timeout(Duration::from_millis(1)).unwrap_err().is_timeout());
    /// drop(sender);
    /// assert!(receiver.recv_timeout(Duration::MAX).unwrap_err().is_closed());
    /// ```
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        // A deadline that the clock's type cannot hold is as good as none.
        self.recv_until(Instant::now().checked_add(timeout))
    }

    #[track_caller]
    fn recv_until(&self, deadline: Option<Instant>) -> Result<T, RecvTimeoutError> {
        if let Some(result) = self.recv_patiently() {
            return result.map_err(RecvTimeoutError::from);
        }
        let mut receive = self.recv();
        match block_on(Pin::new(&mut receive), deadline) {
            Ok(result) => result.map_err(RecvTimeoutError::from),
            Err(TimedOut) => receive.cancel().ok_or(RecvTimeoutError::Timeout),
        }
    }

    fn recv_patiently(&self) -> Option<Result<T, RecvError>> {
        try_patiently(self.capacity(), || match self.try_recv() {
            Ok(message) => Some(Ok(message)),
            Err(TryRecvError::Closed) => Some(Err(RecvError)),
            Err(TryRecvError::Empty) => None,
        })
    }

    /// Receives the oldest message if there is one, or a sender waits with one.
    ///
    /// # Errors
    /// Where there is none; the error says whether one can still come.
    ///
    /// ```
    /// use cortado_sync::channel::{self, TryRecvError};
    ///
    /// let (sender, receiver) = channel::bounded(1);
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// sender.try_send(1).unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    /// ```
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match self.shared().with(|state, effects| state.take(None, effects)) {
            Taken::Message(message) => Ok(message),
            Taken::Empty => Err(TryRecvError::Empty),
            Taken::Closed => Err(TryRecvError::Closed),
        }
    }

    /// The messages, for a thread that may block; ends when the channel is closed and empty.
    ///
    /// ```
    /// let (sender, receiver) = cortado_sync::channel::bounded(1);
    /// let thread = std::thread::spawn(move || (0..9).try_for_each(|n| sender.send_blocking(n)));
    /// assert_eq!(receiver.iter().sum::<i32>(), 36);
    /// assert!(thread.join().unwrap().is_ok());
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self)
    }

    /// The messages that are there; ends at the first moment at which there is none.
    ///
    /// ```
    /// let (sender, receiver) = cortado_sync::channel::bounded(2);
    /// sender.try_send(1).unwrap();
    /// sender.try_send(2).unwrap();
    /// assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2]);
    /// assert!(!receiver.is_closed());
    /// ```
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(self)
    }

    /// Closes the channel: nothing can be sent any more, and who waits to send gets the message
    /// back. What was sent before can still be received. True where it was open until now.
    ///
    /// ```
    /// let (sender, receiver) = cortado_sync::channel::bounded(1);
    /// sender.try_send(1).unwrap();
    /// assert!(receiver.close());
    /// assert!(sender.try_send(2).is_err());
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// ```
    pub fn close(&self) -> bool {
        self.shared.close()
    }

    /// True where the channel is closed; it may still hold messages.
    pub fn is_closed(&self) -> bool {
        self.shared.with(|state, _| state.is_closed())
    }

    /// How many messages the channel holds that no receiver has been promised.
    pub fn len(&self) -> usize {
        self.shared.with(|state, _| state.len())
    }

    /// True where [`len`](Self::len) is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True where there is no room; always, with capacity 0.
    pub fn is_full(&self) -> bool {
        self.shared.with(|state, _| state.is_full())
    }

    /// How many messages it holds before a sender has to wait; none where there is no bound.
    pub fn capacity(&self) -> Option<usize> {
        self.shared.capacity()
    }

    /// How many senders there are.
    pub fn sender_count(&self) -> usize {
        self.shared.sender_count()
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.shared.receiver_count()
    }

    /// True where both receive from the same channel.
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        ptr::eq(&*self.shared, &*other.shared)
    }
}

impl<T> Stream for Receiver<T> {
    type Item = T;

    #[track_caller]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut key = self.stream.get_mut().checked_sub(1);
        let polled = recv::poll_place(&self.shared, &mut key, context, Location::caller());
        *self.stream.get_mut() = key.map_or(0, |key| key + 1);
        polled.map(Result::ok)
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Receiver::new(self.shared.clone())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if *self.stream.get_mut() != 0 {
            self.leave_stream();
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("Receiver", &self.shared, f)
    }
}
