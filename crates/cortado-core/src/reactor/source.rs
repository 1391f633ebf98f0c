//! A source: one registered descriptor as the reactor sees it, and why its address may stand in
//! the kernel as the token of its events.
//!
//! Invariants:
//! - I1: a `Source` is alive as long as a wait can bring its token. Its registration keeps a
//!   reference until it hands it to `Reactor::release` or, where it cannot, to
//!   `Reactor::abandon`. A released source was removed from the poller before it was put into
//!   the inbox `released`; that inbox is emptied only by a thread that holds the reactor's
//!   `waiting` flag, before it waits: all earlier batches are through by then, and later ones
//!   cannot contain the token. An abandoned source, which the poller may still know, lives as
//!   long as the reactor.
//! - I2: the descriptor that is removed is the one that was added: the registration and its
//!   descriptor have one owner (`AsyncFd`), which lends the descriptor only shared, so that it
//!   stays open, and which abandons the source where the descriptor shows another number.
//! - I3: a `Source` is in at most one list, since its registration gives it away once.

use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::task::{Poll, Waker};

use crate::inbox::Linked;
use crate::reactor::readiness::{Direction, Interest, Ready, ReadyEvent, ReadyWord};
use crate::reactor::waiters::{Left, Place, Waiters};
use crate::shim::atomic::AtomicPtr;
use crate::sys;

/// See the module.
pub(crate) struct Source {
    link: AtomicPtr<Source>,
    word: ReadyWord,
    readers: Waiters,
    writers: Waiters,
}

// SAFETY: I3.
unsafe impl Linked for Source {
    type Handle = Arc<Source>;

    fn into_ptr(handle: Arc<Source>) -> NonNull<Source> {
        // SAFETY: I3 (an `Arc` never points to null).
        unsafe { NonNull::new_unchecked(Arc::into_raw(handle).cast_mut()) }
    }

    unsafe fn from_ptr(ptr: NonNull<Source>) -> Arc<Source> {
        // SAFETY: I3 (the pointer comes from `into_ptr`, once).
        unsafe { Arc::from_raw(ptr.as_ptr()) }
    }

    fn link(&self) -> &AtomicPtr<Source> {
        &self.link
    }
}

impl Source {
    pub(crate) fn new() -> Arc<Source> {
        Arc::new(Source {
            link: AtomicPtr::new(ptr::null_mut()),
            word: ReadyWord::new(),
            readers: Waiters::new(),
            writers: Waiters::new(),
        })
    }

    /// The address that stands for this source in the poller.
    pub(crate) fn token(self: &Arc<Source>) -> sys::Token {
        Arc::as_ptr(self).cast()
    }

    /// The source behind a token.
    ///
    /// # Safety
    /// The token comes from a wait of the reactor that holds the source, and the `waiting` flag
    /// of that wait is held throughout `'a`.
    pub(crate) unsafe fn at<'a>(token: sys::Token) -> &'a Source {
        // SAFETY: I1, I2.
        unsafe { &*token.cast::<Source>() }
    }

    fn waiters(&self, direction: Direction) -> &Waiters {
        match direction {
            Direction::Read => &self.readers,
            Direction::Write => &self.writers,
        }
    }

    /// The poller has reported `ready`: remembers it, and adds to `wakers` who waited for it.
    pub(crate) fn report(&self, ready: Ready, wakers: &mut Vec<Waker>) {
        self.word.report(ready);
        for direction in [Direction::Read, Direction::Write] {
            if ready.intersects(Ready::of(direction)) {
                self.waiters(direction).take_all(wakers);
            }
        }
    }

    /// Remembers as ready what the poller has not reported. Nobody is woken for it.
    pub(crate) fn expect(&self, interest: Interest) {
        if interest.is_readable() {
            self.word.report(Ready::READABLE);
        }
        if interest.is_writable() {
            self.word.report(Ready::WRITABLE);
        }
    }

    /// What is ready in `direction`, if anything.
    pub(crate) fn peek(&self, direction: Direction) -> Option<ReadyEvent> {
        self.word.peek(direction)
    }

    /// Waits without a future: the last caller is woken.
    pub(crate) fn poll(&self, direction: Direction, waker: &Waker) -> Poll<ReadyEvent> {
        self.poll_with(direction, |waiters| waiters.register_polled(waker))
    }

    /// Waits as a future that has a place of its own.
    pub(crate) fn poll_in(
        &self,
        place: &mut Place,
        direction: Direction,
        waker: &Waker,
    ) -> Poll<ReadyEvent> {
        self.poll_with(direction, |waiters| waiters.register(place, waker))
    }

    fn poll_with(&self, direction: Direction, wait: impl FnOnce(&Waiters)) -> Poll<ReadyEvent> {
        if let Some(event) = self.word.peek(direction) {
            return Poll::Ready(event);
        }
        wait(self.waiters(direction));
        match self.word.confirm(direction) {
            Some(event) => Poll::Ready(event),
            None => Poll::Pending,
        }
    }

    /// A future that waited in `place` is done or dropped.
    pub(crate) fn leave(&self, place: &mut Place, direction: Direction) {
        let left = self.waiters(direction).leave(place);
        if left == Left::AfterSweep && self.word.confirm(direction).is_some() {
            let mut wakers = Vec::new();
            self.waiters(direction).take_all(&mut wakers);
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// Clears `event` unless a newer report came in.
    pub(crate) fn clear(&self, event: ReadyEvent) {
        self.word.clear(event);
    }

    /// Drops what waits here. Dropping a waker may drop a task, so this is done by the thread
    /// that ends the registration and not by the one that waits in the reactor.
    pub(crate) fn drop_wakers(&self) {
        let mut wakers = Vec::new();
        self.readers.take_all(&mut wakers);
        self.writers.take_all(&mut wakers);
    }
}
