//! A channel for one value: from a [`Sender`] to a [`Receiver`], once.
//!
//! Sending never waits. The receiver is a future; it can also block, or look.
//!
//! # Examples
//! ```
//! use cortado_sync::oneshot;
//!
//! let (tx, rx) = oneshot::channel();
//! std::thread::spawn(move || tx.send(6 * 7).expect("the receiver waits"));
//! assert_eq!(rx.blocking_recv(), Ok(42));
//! ```

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use atomic_waker::AtomicWaker;
use cortado_probe::{Wait, turn};

use crate::Blocking;
use crate::report::{Identity, waits};
use crate::slot::{Found, Giver, Other, Taker, passage};

/// Who waits at either end.
struct Waiters {
    receiver: AtomicWaker,
    sender: AtomicWaker,
    identity: Identity,
}

/// Makes a channel for one value.
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (receiver, sender) = (AtomicWaker::new(), AtomicWaker::new());
    let (giver, taker) = passage(Waiters { receiver, sender, identity: Identity::new() });
    (Sender { giver }, Receiver { taker, location: Location::caller() })
}

/// The sending end.
pub struct Sender<T> {
    giver: Giver<T, Waiters>,
}

/// The receiving end: a future of the value.
///
/// **Cancel safety**: `&mut receiver` can be awaited and dropped as often as one likes; the value
/// is lost only with the receiver itself.
#[must_use = "dropping the receiver closes the channel"]
pub struct Receiver<T> {
    taker: Taker<T, Waiters>,
    location: &'static Location<'static>,
}

/// The sender was dropped without sending.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecvError(());

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no value comes: the sender was dropped without sending, or this end is closed")
    }
}

impl std::error::Error for RecvError {}

/// Why there is no value at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TryRecvError {
    /// It may still come.
    Empty,
    /// It does not come: the sender was dropped, this end is closed, or it was received before.
    Closed,
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryRecvError::Empty => f.write_str("the value is not there yet: await the receiver"),
            TryRecvError::Closed => RecvError(()).fmt(f),
        }
    }
}

impl std::error::Error for TryRecvError {}

impl<T> Sender<T> {
    /// Sends the value. It never waits.
    ///
    /// # Errors
    /// Gives the value back where the receiver is closed or gone.
    pub fn send(mut self, value: T) -> Result<(), T> {
        let other = self.giver.put(value)?;
        self.wake(other);
        Ok(())
    }

    /// The receiver is closed or gone.
    pub fn is_closed(&self) -> bool {
        self.giver.is_closed()
    }

    /// Waits until the receiver is closed or gone.
    ///
    /// **Cancel safety**: nothing is lost.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Blocking, oneshot};
    /// # async fn task() {
    /// let (mut tx, rx) = oneshot::channel::<i32>();
    /// drop(rx);
    /// tx.closed().await;
    /// # }
    /// # task().wait();
    /// ```
    #[track_caller]
    pub fn closed(&mut self) -> Closed<'_, T> {
        Closed { sender: self, location: Location::caller() }
    }

    /// As the future of [`closed`](Sender::closed); the last task that polls is woken.
    pub fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.giver.is_closed() {
            return Poll::Ready(());
        }
        self.giver.beside().sender.register(context.waker());
        // From now on the receiver wakes; before, it may have gone without doing so.
        if self.giver.waits() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn wake(&self, other: Other) {
        if other == Other::Waits {
            self.giver.beside().receiver.wake();
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let other = self.giver.leave();
        self.wake(other);
    }
}

impl<T> Receiver<T> {
    /// Waits for the value; the same as awaiting `&mut receiver`, with the caller's location in
    /// reports.
    ///
    /// **Cancel safety**: nothing is lost.
    ///
    /// # Errors
    /// The future's: where the sender was dropped without sending.
    #[track_caller]
    pub fn recv(&mut self) -> &mut Receiver<T> {
        self.location = Location::caller();
        self
    }

    /// Blocks the thread until the value is there. For plain threads; see [`Blocking`].
    ///
    /// # Errors
    /// Where the sender was dropped without sending.
    #[track_caller]
    pub fn blocking_recv(mut self) -> Result<T, RecvError> {
        self.recv().wait()
    }

    /// Takes the value if it is there.
    ///
    /// # Errors
    /// Where it is not, and whether it may still come.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        if let Some(value) = self.taker.take() {
            return Ok(value);
        }
        match self.taker.look() {
            Found::Nothing => Err(TryRecvError::Empty),
            // It came between the two looks.
            Found::Value => self.taker.take().ok_or(TryRecvError::Closed),
            Found::Nobody | Found::Taken => Err(TryRecvError::Closed),
        }
    }

    /// From now on nothing can be sent. A value that was sent before can still be received.
    pub fn close(&mut self) {
        if self.taker.close() == Other::Waits {
            self.taker.beside().sender.wake();
        }
    }

    /// No value is there and none will come.
    pub fn is_terminated(&self) -> bool {
        matches!(self.taker.look(), Found::Nobody | Found::Taken)
    }

    /// No value is there now.
    pub fn is_empty(&self) -> bool {
        self.taker.look() != Found::Value
    }

    fn poll_value(&mut self, context: &Context<'_>) -> Poll<Result<T, RecvError>> {
        let mut found = self.taker.look();
        if found == Found::Nothing {
            self.taker.beside().receiver.register(context.waker());
            // From now on the sender wakes; before, it may have sent without doing so.
            found = self.taker.waits();
        }
        match found {
            Found::Nothing => Poll::Pending,
            Found::Value => Poll::Ready(self.taker.take().ok_or(RecvError(()))),
            Found::Nobody => Poll::Ready(Err(RecvError(()))),
            Found::Taken => {
                panic!("the receiver made at {} has its value already", self.location)
            }
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let progress = ready!(turn::proceed(context, self.location));
        let received = self.poll_value(context);
        match received.is_pending() {
            true => waits(Wait::OneshotReceive, &self.taker.beside().identity, self.location),
            false => progress.made(),
        }
        received
    }
}

impl<T> Unpin for Receiver<T> {}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.close();
        // A value that came is dropped here, not where the sender happens to be.
        drop(self.taker.take());
    }
}

/// The future of [`Sender::closed`].
#[must_use = "futures do nothing unless they are awaited, or `wait` is called"]
pub struct Closed<'a, T> {
    sender: &'a mut Sender<T>,
    location: &'static Location<'static>,
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let progress = ready!(turn::proceed(context, self.location));
        let closed = self.sender.poll_closed(context);
        match closed.is_pending() {
            true => {
                let identity = &self.sender.giver.beside().identity;
                waits(Wait::OneshotClosed, identity, self.location);
            }
            false => progress.made(),
        }
        closed
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("is_closed", &self.is_closed()).finish()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("is_empty", &self.is_empty()).finish_non_exhaustive()
    }
}
