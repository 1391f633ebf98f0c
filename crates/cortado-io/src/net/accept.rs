//! Accepting connections, for every kind of listener: what is retried, and what is waited out.
//!
//! Linux hands errors of a connection that is already gone to `accept` (accept(2), "Error
//! handling"); those are that connection's and not the listener's, so the next one is accepted.
//! Where the process or the machine has no room for one more descriptor, the connection stays in
//! the listener's queue, which therefore stays ready: whoever tried again at once would spin. So
//! an acceptor waits for a while, longer each time, and then tries again.

use std::fmt;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use cortado_core::io::{Readiness, ReadyEvent};
use cortado_probe::Wait;
use futures_core::Stream;
use rustix::io::Errno;

use crate::net::pause::Pause;

/// How long an acceptor waits for room, at first and at most. Go's HTTP server uses the same
/// bounds (net/http, `Server.Serve`).
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What accepts connections: `TcpListener` and `UnixListener`. It cannot be implemented elsewhere.
pub trait Listener: fmt::Debug + sealed::Sealed {
    /// A connection.
    type Stream;
    /// Whose it is.
    type Address;

    #[doc(hidden)]
    fn readiness(&self, location: &'static Location<'static>) -> Readiness<'_>;
    #[doc(hidden)]
    fn accept_once(&self) -> io::Result<(Self::Stream, Self::Address)>;
    #[doc(hidden)]
    fn clear(&self, event: ReadyEvent);
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// What `accept` of a listener returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Accept<'a, L: Listener> {
    listener: &'a L,
    readiness: Readiness<'a>,
    pause: Pause,
    location: &'static Location<'static>,
}

/// What is to be done about an error of accept(2).
enum Trouble {
    /// Wait for the next connection.
    NoneThere,
    /// Try again: the error was that of one connection.
    OfOne,
    /// Wait for room, then try again.
    NoRoom,
    /// Tell the caller.
    Other,
}

fn trouble(error: &io::Error) -> Trouble {
    match Errno::from_io_error(error) {
        Some(Errno::AGAIN) => Trouble::NoneThere,
        Some(
            Errno::INTR
            | Errno::CONNABORTED
            | Errno::NETDOWN
            | Errno::PROTO
            | Errno::NOPROTOOPT
            | Errno::HOSTDOWN
            | Errno::NONET
            | Errno::HOSTUNREACH
            | Errno::NETUNREACH,
        ) => Trouble::OfOne,
        Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => Trouble::NoRoom,
        _ => Trouble::Other,
    }
}

/// Accepts without a pause: an error for want of room is the caller's.
pub(crate) fn accept_directly<L: Listener>(listener: &L) -> io::Result<(L::Stream, L::Address)> {
    loop {
        match listener.accept_once() {
            Err(error) if matches!(trouble(&error), Trouble::OfOne) => {}
            accepted => return accepted,
        }
    }
}

impl<'a, L: Listener> Accept<'a, L> {
    pub(crate) fn new(listener: &'a L, location: &'static Location<'static>) -> Accept<'a, L> {
        let readiness = listener.readiness(location);
        Accept { listener, readiness, pause: Pause::new(FIRST_PAUSE, LONGEST_PAUSE), location }
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(L::Stream, L::Address)>> {
        loop {
            ready!(self.pause.poll(cx, Wait::AcceptRoom, self.location));
            let event = ready!(Pin::new(&mut self.readiness).poll(cx));
            match accept_directly(self.listener) {
                Ok(accepted) => {
                    self.pause.forget();
                    return Poll::Ready(Ok(accepted));
                }
                Err(error) => match trouble(&error) {
                    Trouble::NoneThere => self.listener.clear(event),
                    Trouble::OfOne => {}
                    Trouble::NoRoom => self.pause.begin(),
                    Trouble::Other => return Poll::Ready(Err(error)),
                },
            }
        }
    }
}

impl<L: Listener> Future for Accept<'_, L> {
    type Output = io::Result<(L::Stream, L::Address)>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().poll_accept(cx)
    }
}

/// What `incoming` of a listener returns: connections, without end.
#[derive(Debug)]
#[must_use = "streams do nothing unless they are polled"]
pub struct Incoming<'a, L: Listener>(Accept<'a, L>);

impl<'a, L: Listener> Incoming<'a, L> {
    pub(crate) fn new(listener: &'a L, location: &'static Location<'static>) -> Incoming<'a, L> {
        Incoming(Accept::new(listener, location))
    }
}

impl<L: Listener> Stream for Incoming<'_, L> {
    type Item = io::Result<L::Stream>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().0.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
    }
}
