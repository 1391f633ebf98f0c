//! `AsyncFd`: a descriptor of this process that tasks can wait for. Pipes, sockets, terminals,
//! process descriptors and timers of the kernel are all built on it.
//!
//! The poller reports changes once, so the pattern is always: try; where the attempt says
//! `WouldBlock`, clear the readiness that it began with and wait. `poll_io` and `async_io` do just
//! that and are what most users want. The descriptor must be in non-blocking mode for it.
//!
//! The descriptor and its registration have one owner on purpose. Were they apart, one could
//! close the descriptor first, and the kernel may keep reporting it (through a duplicate) with
//! no way left to stop it. For the same reason there is no mutable access to what is inside.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cortado_probe::Wait;
use cortado_probe::turn::{self, Progress};

use crate::context;
use crate::poller::Poller;
use crate::reactor::readiness::{Direction, Interest, ReadyEvent};
use crate::reactor::source::Source;
use crate::reactor::waiters::Place;

/// What the poller knows of a descriptor. Dropped without `release`, the source is abandoned:
/// kept as long as the reactor, because the kernel may still report it.
struct Registration {
    poller: Arc<Poller>,
    source: Arc<Source>,
    fd: RawFd,
    released: bool,
}

impl Registration {
    fn new(
        poller: Arc<Poller>,
        fd: BorrowedFd<'_>,
        interest: Interest,
    ) -> io::Result<Registration> {
        let source = poller.reactor().register(fd, interest)?;
        Ok(Registration { poller, source, fd: fd.as_raw_fd(), released: false })
    }

    fn release(&mut self, fd: BorrowedFd<'_>) {
        if fd.as_raw_fd() == self.fd && !self.released {
            self.released = true;
            self.poller.reactor().release(fd, self.source.clone());
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if !self.released {
            self.poller.reactor().abandon(self.source.clone());
        }
    }
}

/// A descriptor that tasks can wait for. See the module for the pattern.
///
/// It may be used from any task and thread, also of another runtime, as long as the runtime on
/// which it was made runs.
pub struct AsyncFd<T: AsFd> {
    // Nothing only after `into_inner`, or while it is dropped.
    io: Option<T>,
    registration: Registration,
}

impl<T: AsFd> AsyncFd<T> {
    /// Registers `io` with the current runtime for reading and writing.
    ///
    /// # Errors
    /// Where the poller does not take the descriptor, as with regular files; the error holds
    /// `io`.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn new(io: T) -> Result<AsyncFd<T>, RegisterError<T>> {
        Self::with_interest(io, Interest::READABLE | Interest::WRITABLE)
    }

    /// The same for `interest` only. Waiting for anything else never ends.
    #[track_caller]
    pub fn with_interest(io: T, interest: Interest) -> Result<AsyncFd<T>, RegisterError<T>> {
        Self::on(context::poller(), io, interest)
    }

    /// The same on a poller of one's own.
    pub(super) fn on(
        poller: Arc<Poller>,
        io: T,
        interest: Interest,
    ) -> Result<AsyncFd<T>, RegisterError<T>> {
        match Registration::new(poller, io.as_fd(), interest) {
            Ok(registration) => Ok(AsyncFd { io: Some(io), registration }),
            Err(error) => Err(RegisterError { error, io }),
        }
    }

    /// What is inside.
    pub fn get_ref(&self) -> &T {
        match &self.io {
            Some(io) => io,
            None => unreachable!("an AsyncFd owns its descriptor until it is taken apart"),
        }
    }

    /// Ends the registration and gives back what is inside.
    pub fn into_inner(mut self) -> T {
        match self.io.take() {
            Some(io) => {
                self.registration.release(io.as_fd());
                io
            }
            None => unreachable!("an AsyncFd owns its descriptor until it is taken apart"),
        }
    }

    /// Waits until a read may find something. Like every poll function it wakes the task that
    /// called last; where several tasks wait, use `readable`.
    #[track_caller]
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<ReadyEvent> {
        self.poll_ready(Direction::Read, cx)
    }

    /// Waits until a write may get somewhere; see `poll_readable`.
    #[track_caller]
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<ReadyEvent> {
        self.poll_ready(Direction::Write, cx)
    }

    /// `poll_readable` or `poll_writable`.
    #[track_caller]
    pub fn poll_ready(&self, direction: Direction, cx: &mut Context<'_>) -> Poll<ReadyEvent> {
        self.poll_ready_for(direction, cx, reason(direction), Location::caller())
    }

    /// The same for futures that remember who made them: the wait is reported for `location`,
    /// with the reason `why`, which may say more than that something becomes readable.
    pub fn poll_ready_for(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        why: Wait,
        location: &'static Location<'static>,
    ) -> Poll<ReadyEvent> {
        let progress = ready!(turn::proceed(cx, location));
        let waited = self.registration.source.poll(direction, cx.waker());
        report_wait(&waited, why, location, progress);
        waited
    }

    /// Says that an attempt which began after `event` found nothing: it returned `WouldBlock`.
    /// Does nothing where a newer report came in meanwhile.
    pub fn clear_ready(&self, event: ReadyEvent) {
        self.registration.source.clear(event);
    }

    /// Waits until a read may find something. Any number of tasks may wait; all are woken.
    ///
    /// Cancel safe: it takes nothing, so dropping it loses nothing.
    #[track_caller]
    pub fn readable(&self) -> Readiness<'_> {
        self.ready(Direction::Read)
    }

    /// Waits until a write may get somewhere; otherwise like `readable`.
    #[track_caller]
    pub fn writable(&self) -> Readiness<'_> {
        self.ready(Direction::Write)
    }

    /// `readable` or `writable`.
    #[track_caller]
    pub fn ready(&self, direction: Direction) -> Readiness<'_> {
        self.ready_for(direction, reason(direction), Location::caller())
    }

    /// The same with a reason and a place of one's own; see `poll_ready_for`.
    pub fn ready_for(
        &self,
        direction: Direction,
        why: Wait,
        location: &'static Location<'static>,
    ) -> Readiness<'_> {
        let source = &self.registration.source;
        Readiness { source, direction, place: Place::Nowhere, why, location }
    }

    /// Lets the next attempt be made at once, without a report of the poller: for a descriptor
    /// that is likely to be ready, such as a new connection, which has room to write. At worst
    /// one attempt is made in vain. Who waits already is not woken.
    pub fn expect_ready(&self, interest: Interest) {
        self.registration.source.expect(interest);
    }

    /// Tries `attempt` once where the descriptor is known to be ready, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` where it is not ready; else what the attempt returns.
    pub fn try_io<R>(
        &self,
        direction: Direction,
        attempt: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let Some(event) = self.registration.source.peek(direction) else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let result = attempt(self.get_ref());
        if would_block(&result) {
            self.clear_ready(event);
        }
        result
    }

    /// Tries `attempt` once, also where the descriptor is not known to be ready.
    ///
    /// # Errors
    /// What the attempt returns; `WouldBlock` means that `ready` waits from now on.
    pub fn try_anyway<R>(
        &self,
        direction: Direction,
        attempt: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let event = self.registration.source.peek(direction);
        let result = attempt(self.get_ref());
        if let Some(event) = event.filter(|_| would_block(&result)) {
            self.clear_ready(event);
        }
        result
    }

    /// Tries `attempt`, and waits, until it returns something else than `WouldBlock`. Wakes the
    /// task that called last.
    #[track_caller]
    pub fn poll_io<R>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        attempt: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        let (why, location) = (reason(direction), Location::caller());
        self.attempt_with(attempt, || self.poll_ready_for(direction, cx, why, location))
    }

    /// The same as a future; any number of tasks may wait. Cancel safe where `attempt` is all or
    /// nothing: dropped, it has either not happened or already returned.
    #[track_caller]
    pub fn async_io<R, F>(&self, direction: Direction, attempt: F) -> AsyncIo<'_, T, F>
    where
        F: FnMut(&T) -> io::Result<R> + Unpin,
    {
        AsyncIo { fd: self, readiness: self.ready(direction), attempt }
    }

    fn attempt_with<R>(
        &self,
        mut attempt: impl FnMut(&T) -> io::Result<R>,
        mut wait: impl FnMut() -> Poll<ReadyEvent>,
    ) -> Poll<io::Result<R>> {
        loop {
            let event = ready!(wait());
            let result = attempt(self.get_ref());
            if would_block(&result) {
                self.clear_ready(event);
            } else if !interrupted(&result) {
                return Poll::Ready(result);
            }
        }
    }
}

fn reason(direction: Direction) -> Wait {
    match direction {
        Direction::Read => Wait::Readable,
        Direction::Write => Wait::Writable,
    }
}

fn report_wait(
    waited: &Poll<ReadyEvent>,
    why: Wait,
    location: &'static Location<'static>,
    progress: Progress,
) {
    match waited {
        Poll::Ready(_) => progress.made(),
        Poll::Pending => context::waits(why, location),
    }
}

fn would_block<R>(result: &io::Result<R>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

fn interrupted<R>(result: &io::Result<R>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted)
}

impl<T: AsFd> Drop for AsyncFd<T> {
    fn drop(&mut self) {
        if let Some(io) = &self.io {
            self.registration.release(io.as_fd());
        }
    }
}

impl<T: AsFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: AsFd + fmt::Debug> fmt::Debug for AsyncFd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncFd").field(self.get_ref()).finish()
    }
}

/// What `AsyncFd::readable` and `AsyncFd::writable` return.
#[must_use = "futures do nothing unless they are awaited"]
pub struct Readiness<'a> {
    source: &'a Source,
    direction: Direction,
    place: Place,
    why: Wait,
    location: &'static Location<'static>,
}

impl Readiness<'_> {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<ReadyEvent> {
        let progress = ready!(turn::proceed(cx, self.location));
        let waited = self.source.poll_in(&mut self.place, self.direction, cx.waker());
        report_wait(&waited, self.why, self.location, progress);
        waited
    }
}

impl Future for Readiness<'_> {
    type Output = ReadyEvent;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<ReadyEvent> {
        self.poll_ready(cx)
    }
}

impl Drop for Readiness<'_> {
    fn drop(&mut self) {
        self.source.leave(&mut self.place, self.direction);
    }
}

impl fmt::Debug for Readiness<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness")
            .field("direction", &self.direction)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

/// What `AsyncFd::async_io` returns.
#[must_use = "futures do nothing unless they are awaited"]
pub struct AsyncIo<'a, T: AsFd, F> {
    fd: &'a AsyncFd<T>,
    readiness: Readiness<'a>,
    attempt: F,
}

impl<T, F, R> Future for AsyncIo<'_, T, F>
where
    T: AsFd,
    F: FnMut(&T) -> io::Result<R> + Unpin,
{
    type Output = io::Result<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        let AsyncIo { fd, readiness, attempt } = self.get_mut();
        fd.attempt_with(attempt, || readiness.poll_ready(cx))
    }
}

impl<T: AsFd, F> fmt::Debug for AsyncIo<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncIo").field(&self.readiness).finish()
    }
}

/// The poller did not take a descriptor, which comes back with the reason.
pub struct RegisterError<T> {
    error: io::Error,
    io: T,
}

impl<T> RegisterError<T> {
    /// The descriptor and the reason.
    pub fn into_parts(self) -> (T, io::Error) {
        (self.io, self.error)
    }
}

impl<T> fmt::Debug for RegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RegisterError").field(&self.error).finish()
    }
}

impl<T> fmt::Display for RegisterError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot wait for this descriptor: {}", self.error)
    }
}

impl<T> Error for RegisterError<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

impl<T> From<RegisterError<T>> for io::Error {
    fn from(refused: RegisterError<T>) -> io::Error {
        refused.error
    }
}
