//! The sending end of a broadcast channel.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};

use cortado_probe::Wait;

use super::{Receiver, SendError, Shared};
use crate::NotifyNotified;
use crate::shim::atomic::Ordering;
use crate::wait_list::Wakes;

/// The sending end. The channel is closed when the last one is gone.
pub struct Sender<T> {
    pub(super) shared: Arc<Shared<T>>,
}

/// A sender that does not keep the channel open.
pub struct WeakSender<T> {
    shared: Weak<Shared<T>>,
}

impl<T> Sender<T> {
    /// A channel that keeps up to `capacity` messages, without a receiver yet.
    ///
    /// # Panics
    /// Where `capacity` is 0.
    pub fn new(capacity: usize) -> Sender<T> {
        Sender { shared: Shared::new(capacity) }
    }

    /// Sends to all receivers; returns how many there are. It never waits.
    ///
    /// # Errors
    /// Gives the message back where there is no receiver. A later one may come by `subscribe`.
    pub fn send(&self, message: T) -> Result<usize, SendError<T>> {
        let mut wakes = Wakes::default();
        let message = Arc::new(message);
        let mut line = self.shared.queue.lock();
        let receivers = line.state().receivers();
        if receivers == 0 {
            drop(line);
            let message = Arc::into_inner(message);
            return Err(SendError(message.expect("nobody else has seen the message")));
        }
        let oldest = line.state().push(message);
        line.grant_all((), &mut wakes);
        drop(line);
        wakes.wake();
        drop(oldest);
        Ok(receivers)
    }

    /// A receiver of everything that is sent from now on.
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver::new(self.shared.clone())
    }

    /// How many messages are kept because somebody has not received them.
    pub fn len(&self) -> usize {
        self.shared.queue.lock().state().len()
    }

    /// Everything is received.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.shared.queue.lock().state().receivers()
    }

    /// Both send to the same channel.
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Waits until there is no receiver.
    ///
    /// **Cancel safety**: nothing is lost.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Blocking, broadcast};
    /// # async fn task() {
    /// let (tx, rx) = broadcast::channel::<i32>(1);
    /// drop(rx);
    /// tx.closed().await;
    /// # }
    /// # task().wait();
    /// ```
    #[track_caller]
    pub fn closed(&self) -> Closed<'_, T> {
        let notified = self.shared.no_receivers.notified();
        Closed { sender: self, notified, location: Location::caller() }
    }

    /// A sender that does not keep the channel open.
    pub fn downgrade(&self) -> WeakSender<T> {
        self.shared.weak_senders.fetch_add(1, Ordering::Relaxed);
        WeakSender { shared: Arc::downgrade(&self.shared) }
    }

    /// How many senders keep the channel open.
    pub fn strong_count(&self) -> usize {
        self.shared.senders.load(Ordering::Relaxed)
    }

    /// How many senders do not.
    pub fn weak_count(&self) -> usize {
        self.shared.weak_senders.load(Ordering::Relaxed)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.senders.fetch_add(1, Ordering::Relaxed);
        Sender { shared: self.shared.clone() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let mut wakes = Wakes::default();
        // Who looks for senders under the lock either sees none or is in line here.
        let mut line = self.shared.queue.lock();
        line.grant_all((), &mut wakes);
        drop(line);
        wakes.wake();
    }
}

impl<T> WeakSender<T> {
    /// A sender, unless the channel is closed.
    pub fn upgrade(&self) -> Option<Sender<T>> {
        let shared = self.shared.upgrade()?;
        let mut senders = shared.senders.load(Ordering::Relaxed);
        while senders > 0 {
            let (acquire, relaxed) = (Ordering::Acquire, Ordering::Relaxed);
            match shared.senders.compare_exchange_weak(senders, senders + 1, acquire, relaxed) {
                Ok(_) => return Some(Sender { shared }),
                Err(found) => senders = found,
            }
        }
        None
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        if let Some(shared) = self.shared.upgrade() {
            shared.weak_senders.fetch_add(1, Ordering::Relaxed);
        }
        WeakSender { shared: self.shared.clone() }
    }
}

impl<T> Drop for WeakSender<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.weak_senders.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("receivers", &self.receiver_count()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    /// The future of [`Sender::closed`].
    #[must_use = "futures do nothing unless they are awaited, or `wait` is called"]
    pub struct Closed<'a, T> {
        sender: &'a Sender<T>,
        // Made before the receivers are counted, so that their end is not missed.
        #[pin]
        notified: NotifyNotified<'a>,
        location: &'static Location<'static>,
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        while this.sender.receiver_count() > 0 {
            let shared = &this.sender.shared;
            let why = Wait::BroadcastClosed;
            let notified = this.notified.as_mut();
            ready!(notified.poll_for(context, why, &shared.identity, this.location));
            this.notified.set(shared.no_receivers.notified());
        }
        Poll::Ready(())
    }
}
