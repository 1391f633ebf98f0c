//! The receiving end of a broadcast channel.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cortado_probe::{Wait, turn};

use super::ring::Next;
use super::{RecvError, Shared, TryRecvError};
use crate::Blocking;
use crate::report::waits;
use crate::shim::atomic::Ordering;
use crate::wait_list::{Join, Waiting};

/// The receiving end: it gets everything that is sent from its making on.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    /// The number of the message that it wants next.
    next: u64,
}

impl<T> Receiver<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Receiver<T> {
        let next = shared.queue.lock().state().join();
        Receiver { shared, next }
    }

    /// A receiver of everything that is sent from now on. What this one has not received yet is not
    /// for the new one.
    pub fn resubscribe(&self) -> Receiver<T> {
        Receiver::new(self.shared.clone())
    }

    /// How many messages were sent that this one has not received, missed ones included.
    pub fn len(&self) -> usize {
        self.shared.queue.lock().state().len_from(self.next)
    }

    /// Everything is received.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All senders are gone. There may still be messages.
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }

    /// Both receive from the same channel.
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// How many senders keep the channel open.
    pub fn sender_strong_count(&self) -> usize {
        self.shared.senders.load(Ordering::Relaxed)
    }

    /// How many senders do not.
    pub fn sender_weak_count(&self) -> usize {
        self.shared.weak_senders.load(Ordering::Relaxed)
    }
}

impl<T: Clone> Receiver<T> {
    /// Waits for the next message.
    ///
    /// **Cancel safety**: a message is taken only when the future is ready, so none is lost.
    ///
    /// # Errors
    /// The future's: [`RecvError::Lagged`] where messages were missed, after which the next call
    /// goes on with the oldest that is kept; [`RecvError::Closed`] at the end.
    #[track_caller]
    pub fn recv(&mut self) -> Recv<'_, T> {
        let Receiver { shared, next } = self;
        Recv { waiting: Waiting::new(shared, ()), next, location: Location::caller() }
    }

    /// As [`recv`](Receiver::recv), blocking the thread. For plain threads; see [`Blocking`].
    ///
    /// # Errors
    /// As the future of `recv`.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        self.recv().wait()
    }

    /// Receives the next message if there is one.
    ///
    /// # Errors
    /// Where there is none, or messages were missed.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        take(&self.shared, &mut self.next)
    }
}

/// Takes the message `next`; clones it outside of the lock.
fn take<T: Clone>(shared: &Shared<T>, next: &mut u64) -> Result<T, TryRecvError> {
    let mut line = shared.queue.lock();
    // Before the message: one that was sent before the last sender went is seen.
    let is_closed = shared.is_closed();
    let found = line.state().take(next);
    drop(line);
    match found {
        Next::Message(message) => Ok(Arc::unwrap_or_clone(message)),
        Next::Missed(count) => Err(TryRecvError::Lagged(count)),
        Next::Nothing if is_closed => Err(TryRecvError::Closed),
        Next::Nothing => Err(TryRecvError::Empty),
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut line = self.shared.queue.lock();
        let unwanted = line.state().leave(self.next);
        let is_last = line.state().receivers() == 0;
        drop(line);
        if is_last {
            self.shared.no_receivers.notify_waiters();
        }
        drop(unwanted);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("len", &self.len()).finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    /// The future of [`Receiver::recv`].
    #[must_use = "futures do nothing unless they are awaited, or `wait` is called"]
    pub struct Recv<'a, T> {
        #[pin]
        waiting: Waiting<&'a Shared<T>>,
        next: &'a mut u64,
        location: &'static Location<'static>,
    }
}

impl<T: Clone> Future for Recv<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let mut this = self.project();
        let mut waiting = this.waiting.as_mut();
        let progress = ready!(turn::proceed(context, this.location));
        loop {
            if waiting.as_mut().is_entered() && waiting.as_mut().poll_granted(context).is_pending()
            {
                waits(Wait::BroadcastReceive, &waiting.object().identity, this.location);
                return Poll::Pending;
            }
            let received = match take(waiting.object(), this.next) {
                Ok(message) => Ok(message),
                Err(TryRecvError::Lagged(missed)) => Err(RecvError::Lagged(missed)),
                Err(TryRecvError::Closed) => Err(RecvError::Closed),
                Err(TryRecvError::Empty) => {
                    let next: u64 = **this.next;
                    // Ready or not, the loop looks again.
                    let _ = waiting.as_mut().enter(context, |shared, line, _| {
                        match line.state().end() == next && !shared.is_closed() {
                            true => Join::Back,
                            false => Join::No(()),
                        }
                    });
                    continue;
                }
            };
            progress.made();
            return Poll::Ready(received);
        }
    }
}
