//! The end that watches a value.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cortado_probe::{Wait, turn};

use super::{RecvError, Ref, Shared, Version};
use crate::shim::atomic::Ordering;
use crate::{Blocking, NotifyNotified};

/// The end that watches the value. A clone has seen what this one has.
pub struct Receiver<T> {
    pub(super) shared: Arc<Shared<T>>,
    pub(super) seen: Version,
}

impl<T> Receiver<T> {
    /// The value. It does not count as seen.
    pub fn borrow(&self) -> Ref<'_, T> {
        self.shared.borrow(self.seen)
    }

    /// The value, which counts as seen: `changed` waits for another one.
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let value = self.shared.borrow(self.seen);
        self.seen = value.version;
        value
    }

    /// There is a value that was not seen.
    ///
    /// # Errors
    /// Where all senders are gone.
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        let version = self.shared.version();
        if version.is_closed() { Err(RecvError(())) } else { Ok(version != self.seen) }
    }

    /// The present value counts as not seen.
    pub fn mark_changed(&mut self) {
        self.seen = Version(self.shared.version().number().0.wrapping_sub(Version::CHANGE));
    }

    /// The present value counts as seen.
    pub fn mark_unchanged(&mut self) {
        self.seen = self.shared.version().number();
    }

    /// Waits until there is a value that was not seen; it counts as seen then.
    ///
    /// **Cancel safety**: a value counts as seen only when the future is ready.
    ///
    /// # Errors
    /// The future's: where all senders are gone and the last value was seen.
    #[track_caller]
    pub fn changed(&mut self) -> Changed<'_, T> {
        let Receiver { shared, seen } = self;
        let notified = shared.changes.notified();
        Changed { shared, seen, notified, location: Location::caller() }
    }

    /// Waits until `condition` holds for the value, beginning with the present one, which counts as
    /// seen then.
    ///
    /// **Cancel safety**: nothing is lost.
    ///
    /// # Errors
    /// The future's: where all senders are gone and the condition does not hold.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Blocking, watch};
    /// # async fn task() {
    /// let (tx, mut rx) = watch::channel(1);
    /// tx.send_modify(|value| *value += 1);
    /// assert_eq!(*rx.wait_for(|value| *value > 1).await.unwrap(), 2);
    /// # }
    /// # task().wait();
    /// ```
    #[track_caller]
    pub fn wait_for<F: FnMut(&T) -> bool>(&mut self, condition: F) -> WaitFor<'_, T, F> {
        let Receiver { shared, seen } = self;
        let notified = shared.changes.notified();
        let is_fresh = true;
        WaitFor { shared, seen, notified, condition, is_fresh, location: Location::caller() }
    }

    /// As [`changed`](Receiver::changed), blocking the thread. For plain threads; see [`Blocking`].
    ///
    /// # Errors
    /// As the future of `changed`.
    #[track_caller]
    pub fn blocking_changed(&mut self) -> Result<(), RecvError> {
        self.changed().wait()
    }

    /// Both watch the same value.
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.shared.receivers.fetch_add(1, Ordering::Relaxed);
        Receiver { shared: self.shared.clone(), seen: self.seen }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if self.shared.receivers.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.no_receivers.notify_waiters();
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("seen", &self.seen).finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    /// The future of [`Receiver::changed`].
    #[must_use = "futures do nothing unless they are awaited, or `wait` is called"]
    pub struct Changed<'a, T> {
        shared: &'a Shared<T>,
        seen: &'a mut Version,
        // Made before the version is looked at, so that no change is missed.
        #[pin]
        notified: NotifyNotified<'a>,
        location: &'static Location<'static>,
    }
}

impl<T> Future for Changed<'_, T> {
    type Output = Result<(), RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), RecvError>> {
        let mut this = self.project();
        let progress = ready!(turn::proceed(context, this.location));
        loop {
            let version = this.shared.version();
            if version.number() != **this.seen {
                **this.seen = version.number();
                progress.made();
                return Poll::Ready(Ok(()));
            }
            if version.is_closed() {
                return Poll::Ready(Err(RecvError(())));
            }
            let (why, identity) = (Wait::WatchChanged, &this.shared.identity);
            ready!(this.notified.as_mut().poll_for(context, why, identity, this.location));
            this.notified.set(this.shared.changes.notified());
        }
    }
}

pin_project_lite::pin_project! {
    /// The future of [`Receiver::wait_for`].
    #[must_use = "futures do nothing unless they are awaited, or `wait` is called"]
    pub struct WaitFor<'a, T, F> {
        shared: &'a Shared<T>,
        seen: &'a mut Version,
        #[pin]
        notified: NotifyNotified<'a>,
        condition: F,
        // The condition was not asked yet.
        is_fresh: bool,
        location: &'static Location<'static>,
    }
}

impl<'a, T, F: FnMut(&T) -> bool> Future for WaitFor<'a, T, F> {
    type Output = Result<Ref<'a, T>, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let shared: &'a Shared<T> = this.shared;
        let progress = ready!(turn::proceed(context, this.location));
        loop {
            let is_closed = shared.version().is_closed();
            let value = shared.borrow(**this.seen);
            if value.has_changed || *this.is_fresh {
                *this.is_fresh = false;
                **this.seen = value.version;
                if (this.condition)(&value) {
                    progress.made();
                    return Poll::Ready(Ok(value));
                }
            }
            drop(value);
            if is_closed {
                return Poll::Ready(Err(RecvError(())));
            }
            let (why, identity) = (Wait::WatchChanged, &shared.identity);
            ready!(this.notified.as_mut().poll_for(context, why, identity, this.location));
            this.notified.set(shared.changes.notified());
        }
    }
}
