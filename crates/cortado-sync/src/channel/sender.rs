//! The sending end, and the handle that does not keep the channel open.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::end::End;
use super::error::{SendError, SendTimeoutError, TrySendError};
use super::patience::try_patiently;
use super::receiver::Receiver;
use super::send::SendFuture;
use super::shared::{Sending, Shared};
use super::state::{Sent, State};
use crate::park::block_on;

/// The sending end of a channel. There may be many: clone it. When the last one is dropped, the
/// channel is closed; receivers still get what was sent before.
pub struct Sender<T> {
    shared: End<T, Sending>,
}

impl<T> Sender<T> {
    pub(super) fn new(shared: End<T, Sending>) -> Self {
        Sender { shared }
    }

    pub(crate) fn shared(&self) -> &Shared<T> {
        &self.shared
    }

    /// Sends `message`, and waits for room first; with capacity 0, for a receiver.
    ///
    /// **Cancel safety:** a future that is dropped before it returned has either sent the message
    /// or dropped it, never both; [`SendFuture::cancel`] says which, and gives it back. A place in
    /// the queue of those who wait is lost.
    ///
    /// # Errors
    /// Where the channel is closed, also while it waits; the message is given back.
    ///
    /// ```
    /// # pollster::block_on(async {
    /// let (sender, receiver) = cortado_sync::channel::bounded(1);
    /// sender.send(7).await?;
    /// assert_eq!(receiver.recv().await, Ok(7));
    /// # Ok::<(), cortado_sync::channel::SendError<i32>>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    #[inline]
    pub fn send(&self, message: T) -> SendFuture<'_, T> {
        SendFuture::new(&self.shared, message, Location::caller())
    }

    /// As [`send`](Self::send), for a thread that may block. Not inside of an async task: the
    /// worker could run nothing else meanwhile.
    ///
    /// # Errors
    /// Where the channel is closed; the message is given back.
    ///
    /// ```
    /// let (sender, receiver) = cortado_sync::channel::bounded(0);
    /// let thread = std::thread::spawn(move || receiver.recv_blocking());
    /// sender.send_blocking("tea")?;
    /// assert_eq!(thread.join().unwrap(), Ok("tea"));
    /// # Ok::<(), cortado_sync::channel::SendError<&str>>(())
    /// ```
    #[track_caller]
    pub fn send_blocking(&self, message: T) -> Result<(), SendError<T>> {
        let message = match self.send_patiently(message) {
            Ok(()) => return Ok(()),
            Err(message) => message,
        };
        let mut send = self.send(message);
        let sent = block_on(Pin::new(&mut send), None);
        sent.unwrap_or_else(|_| send.cancel().map_or(Ok(()), |message| Err(SendError(message))))
    }

    /// As [`send_blocking`](Self::send_blocking), but waits until `deadline` at most.
    ///
    /// # Errors
    /// Where the time is up or the channel is closed; the message is given back.
    ///
    /// ```
    /// use std::time::Instant;
    /// use cortado_sync::channel::{self, SendTimeoutError};
    ///
    /// let (sender, _receiver) = channel::bounded(0);
    /// let sent = sender.send_deadline(1, Instant::now());
    /// assert_eq!(sent, Err(SendTimeoutError::Timeout(1)));
    /// ```
    #[track_caller]
    pub fn send_deadline(&self, message: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.send_until(message, Some(deadline))
    }

    /// As [`send_deadline`](Self::send_deadline), for `timeout` from now.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (sender, receiver) = cortado_sync::channel::bounded(1);
    /// assert!(sender.send_timeout(1, Duration::from_millis(1)).is_ok());
    /// assert!(sender.send_timeout(2, Duration::from_millis(1)).is_err());
    /// assert_eq!(receiver.len(), 1);
    /// ```
    #[track_caller]
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        // A deadline that the clock's type cannot hold is as good as none.
        self.send_until(message, Instant::now().checked_add(timeout))
    }

    #[track_caller]
    fn send_until(&self, message: T, deadline: Option<Instant>) -> Result<(), SendTimeoutError<T>> {
        let message = match self.send_patiently(message) {
            Ok(()) => return Ok(()),
            Err(message) => message,
        };
        let mut send = self.send(message);
        if let Ok(result) = block_on(Pin::new(&mut send), deadline) {
            return result.map_err(SendTimeoutError::from);
        }
        send.cancel().map_or(Ok(()), |message| Err(SendTimeoutError::Timeout(message)))
    }

    /// The message, where that could not be sent yet; also where it never can be.
    fn send_patiently(&self, message: T) -> Result<(), T> {
        let mut held = Some(message);
        let sent = try_patiently(self.capacity(), || match self.try_send(held.take()?) {
            Ok(()) => Some(Ok(())),
            Err(TrySendError::Closed(message)) => Some(Err(message)),
            Err(TrySendError::Full(message)) => {
                held = Some(message);
                None
            }
        });
        match (sent, held) {
            (Some(sent), _) => sent,
            (None, Some(message)) => Err(message),
            (None, None) => Ok(()),
        }
    }

    /// Sends `message` if that needs no waiting: there is room, or a receiver waits.
    ///
    /// # Errors
    /// Where it would have to wait, or the channel is closed; the message is given back.
    ///
    /// ```
    /// use cortado_sync::channel::{self, TrySendError};
    ///
    /// let (sender, receiver) = channel::bounded(1);
    /// assert_eq!(sender.try_send(1), Ok(()));
    /// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    /// drop(receiver);
    /// assert_eq!(sender.try_send(3), Err(TrySendError::Closed(3)));
    /// ```
    #[inline]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        match self.shared.with(|state, effects| state.send(message, None, effects)) {
            Sent::Done => Ok(()),
            Sent::Full(message) => Err(TrySendError::Full(message)),
            Sent::Closed(message) => Err(TrySendError::Closed(message)),
        }
    }

    /// Closes the channel: nothing can be sent any more, and who waits to send gets the message
    /// back. What was sent before can still be received. True where it was open until now.
    ///
    /// ```
    /// let (sender, receiver) = cortado_sync::channel::unbounded();
    /// sender.try_send(1).unwrap();
    /// assert!(sender.close() && !sender.close());
    /// assert!(sender.try_send(2).is_err());
    /// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1]);
    /// ```
    pub fn close(&self) -> bool {
        self.shared.close()
    }

    /// True where the channel is closed.
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

    /// True where both send into the same channel.
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        ptr::eq(self.shared(), other.shared())
    }

    /// True where `receiver` gets what this sender sends.
    pub fn is_connected_to(&self, receiver: &Receiver<T>) -> bool {
        ptr::eq(self.shared(), receiver.shared())
    }

    /// A handle that does not keep the channel open.
    ///
    /// ```
    /// let (sender, receiver) = cortado_sync::channel::unbounded();
    /// let weak = sender.downgrade();
    /// weak.upgrade().unwrap().try_send(1).unwrap();
    /// drop(sender);
    /// assert!(weak.upgrade().is_none());
    /// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1]);
    /// ```
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { shared: self.shared.reference() }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender::new(self.shared.clone())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("Sender", &self.shared, f)
    }
}

/// A handle to the sending end that does not keep the channel open; see [`Sender::downgrade`].
pub struct WeakSender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> WeakSender<T> {
    /// A sender, unless the last one has been dropped.
    pub fn upgrade(&self) -> Option<Sender<T>> {
        End::upgrade(&self.shared).map(Sender::new)
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        WeakSender { shared: self.shared.clone() }
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe("WeakSender", &self.shared, f)
    }
}

pub(super) fn describe<T>(
    name: &str,
    shared: &Shared<T>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let facts = |state: &mut State<T>| (state.len(), state.is_closed());
    let (len, closed) = shared.with(|state, _| facts(state));
    f.debug_struct(name)
        .field("len", &len)
        .field("capacity", &shared.capacity())
        .field("closed", &closed)
        .finish_non_exhaustive()
}
