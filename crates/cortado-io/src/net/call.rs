//! The futures of single calls on a socket: each makes its call, waits where it says `WouldBlock`,
//! and makes it again.

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::AsFd;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_core::io::{Direction, Readiness};

use crate::stream::Stream;

/// One call on a socket, made as soon as it can be. Any number of tasks may wait.
///
/// Cancel safe: dropped, the call has not been made.
#[must_use = "futures do nothing unless they are awaited"]
pub struct Call<'a, T: AsFd, B, R> {
    socket: &'a Stream<T>,
    readiness: Readiness<'a>,
    buffer: B,
    make: fn(&T, &mut B) -> io::Result<R>,
}

impl<'a, T: AsFd, B, R> Call<'a, T, B, R> {
    #[track_caller]
    pub(crate) fn new(
        socket: &'a Stream<T>,
        direction: Direction,
        buffer: B,
        make: fn(&T, &mut B) -> io::Result<R>,
    ) -> Call<'a, T, B, R> {
        let readiness = socket.ready(direction, Location::caller());
        Call { socket, readiness, buffer, make }
    }
}

impl<T: AsFd, B: Unpin, R> Future for Call<'_, T, B, R> {
    type Output = io::Result<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        let Call { socket, readiness, buffer, make } = self.get_mut();
        loop {
            let event = ready!(Pin::new(&mut *readiness).poll(cx));
            if let Some(result) = socket.conclude(event, make(socket.get_ref(), buffer)) {
                return Poll::Ready(result);
            }
        }
    }
}

impl<T: AsFd, B, R> fmt::Debug for Call<'_, T, B, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.readiness).finish()
    }
}

/// What `readable` and `writable` of a socket return. Any number of tasks may wait; all are woken.
///
/// The result is never an error today. Cancel safe: it takes nothing.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Ready<'a>(Readiness<'a>);

impl<'a> Ready<'a> {
    #[track_caller]
    pub(crate) fn new<T: AsFd>(socket: &'a Stream<T>, direction: Direction) -> Ready<'a> {
        Ready(socket.ready(direction, Location::caller()))
    }
}

impl Future for Ready<'_> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll(cx).map(|_event| Ok(()))
    }
}
