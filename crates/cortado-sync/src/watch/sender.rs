//! The end that changes a watched value.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cortado_probe::Wait;

use super::{Receiver, Ref, SendError, Shared, Version};
use crate::NotifyNotified;
use crate::shim::atomic::Ordering;

/// The end that changes the value.
pub struct Sender<T> {
    pub(super) shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// A value that nobody watches yet.
    pub fn new(value: T) -> Sender<T> {
        super::channel(value).0
    }

    /// Replaces the value and tells all receivers.
    ///
    /// # Errors
    /// Gives the value back where there is no receiver. Use
    /// [`send_replace`](Sender::send_replace) where that does not matter.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.receiver_count() == 0 {
            return Err(SendError(value));
        }
        drop(self.send_replace(value));
        Ok(())
    }

    /// Replaces the value and tells all receivers, if there are any; returns the old value.
    pub fn send_replace(&self, mut value: T) -> T {
        self.send_modify(|old| std::mem::swap(old, &mut value));
        value
    }

    /// Changes the value in place and tells all receivers, if there are any.
    pub fn send_modify(&self, change: impl FnOnce(&mut T)) {
        self.send_if_modified(|value| {
            change(value);
            true
        });
    }

    /// Changes the value in place, and tells the receivers where `change` says that it did. Returns
    /// what it says.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::watch;
    /// let (tx, rx) = watch::channel(1);
    /// let grown = tx.send_if_modified(|value| {
    ///     let grows = *value < 1;
    ///     *value = 1;
    ///     grows
    /// });
    /// assert!(!grown && !rx.has_changed().unwrap());
    /// ```
    pub fn send_if_modified(&self, change: impl FnOnce(&mut T) -> bool) -> bool {
        let mut value = self.shared.value.write();
        let is_modified = change(&mut value);
        if is_modified {
            self.shared.count_change();
        }
        drop(value);
        if is_modified {
            self.shared.changes.notify_waiters();
        }
        is_modified
    }

    /// The value.
    pub fn borrow(&self) -> Ref<'_, T> {
        self.shared.borrow(self.shared.version().number())
    }

    /// A receiver that has seen the present value.
    pub fn subscribe(&self) -> Receiver<T> {
        self.shared.receivers.fetch_add(1, Ordering::Relaxed);
        Receiver { shared: self.shared.clone(), seen: self.shared.version().number() }
    }

    /// There is no receiver.
    pub fn is_closed(&self) -> bool {
        self.receiver_count() == 0
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers.load(Ordering::Acquire)
    }

    /// How many senders there are.
    pub fn sender_count(&self) -> usize {
        self.shared.senders.load(Ordering::Relaxed)
    }

    /// Both change the same value.
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Waits until there is no receiver.
    ///
    /// **Cancel safety**: nothing is lost.
    #[track_caller]
    pub fn closed(&self) -> Closed<'_, T> {
        let notified = self.shared.no_receivers.notified();
        Closed { sender: self, notified, location: Location::caller() }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.senders.fetch_add(1, Ordering::Relaxed);
        Sender { shared: self.shared.clone() }
    }
}

impl<T: Default> Default for Sender<T> {
    fn default() -> Self {
        Sender::new(T::default())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.version.fetch_or(Version::CLOSED, Ordering::AcqRel);
            self.shared.changes.notify_waiters();
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("receivers", &self.receiver_count()).finish_non_exhaustive()
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
        while !this.sender.is_closed() {
            let shared = &this.sender.shared;
            let notified = this.notified.as_mut();
            ready!(notified.poll_for(context, Wait::WatchClosed, &shared.identity, this.location));
            this.notified.set(shared.no_receivers.notified());
        }
        Poll::Ready(())
    }
}
