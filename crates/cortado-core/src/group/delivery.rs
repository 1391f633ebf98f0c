//! How the tasks of a group tell its owner that they have ended: each end is one push to a
//! lock-free list, so that tasks of both lanes can belong to one group, and one wake-up for all
//! that end before the owner looks.
//!
//! A task owes its group one message, which is its `Duty`. It pays with its output, after its
//! future was dropped; a future that is dropped without an output pays with nothing, and the
//! owner asks the task's join handle for the reason.
//!
//! Invariant D1: a task whose join handle says that it returned has delivered its output before.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use atomic_waker::AtomicWaker;
use pin_project_lite::pin_project;

use crate::inbox::{Inbox, Parcel};
use crate::task::shielded;

/// The end of a task, as its group hears of it.
pub(super) struct Ended<T> {
    /// Where the group keeps the task.
    pub(super) key: usize,
    /// What the task returned; nothing where it was cancelled or has panicked.
    pub(super) output: Option<T>,
}

/// What a group shares with its tasks.
pub(super) struct Deliveries<T> {
    inbox: Inbox<Parcel<Ended<T>>>,
    owner: AtomicWaker,
}

impl<T> Deliveries<T> {
    pub(super) fn new() -> Arc<Deliveries<T>> {
        Arc::new(Deliveries { inbox: Inbox::new(), owner: AtomicWaker::new() })
    }

    /// Makes `waker` the one to wake. It comes before `take_all`.
    pub(super) fn listen(&self, waker: &Waker) {
        self.owner.register(waker);
    }

    /// The ends that were not taken yet, oldest first.
    pub(super) fn take_all(&self) -> impl Iterator<Item = Ended<T>> {
        self.inbox.take_all().map(|parcel| parcel.unpack())
    }

    fn push(&self, ended: Ended<T>) {
        // Who finds others in the inbox came after one that wakes the owner for all of them.
        if self.inbox.push(Parcel::pack(ended)) {
            shielded(|| self.owner.wake());
        }
    }
}

/// The message that a task owes its group.
pub(super) struct Duty<T> {
    group: Option<Arc<Deliveries<T>>>,
    key: usize,
}

impl<T> Duty<T> {
    pub(super) fn new(group: &Arc<Deliveries<T>>, key: usize) -> Duty<T> {
        Duty { group: Some(group.clone()), key }
    }

    pub(super) fn deliver(&mut self, output: T) {
        self.pay(Some(output));
    }

    fn pay(&mut self, output: Option<T>) {
        if let Some(group) = self.group.take() {
            group.push(Ended { key: self.key, output });
        }
    }
}

impl<T> Drop for Duty<T> {
    fn drop(&mut self) {
        self.pay(None);
    }
}

pin_project! {
    /// The future of a task that belongs to a group. The future comes before the duty, so that it
    /// is dropped first.
    pub(super) struct Member<F: Future> {
        #[pin]
        future: Option<F>,
        duty: Duty<F::Output>,
    }
}

impl<F: Future> Member<F> {
    pub(super) fn new(future: F, duty: Duty<F::Output>) -> Member<F> {
        Member { future: Some(future), duty }
    }
}

impl<F: Future> Future for Member<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if let Some(future) = this.future.as_mut().as_pin_mut() {
            let output = ready!(future.poll(cx));
            this.future.set(None);
            this.duty.deliver(output);
        }
        Poll::Ready(())
    }
}
