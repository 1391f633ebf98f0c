//! A descriptor in non-blocking mode from which bytes are read or to which they are written: what
//! pipes, standard streams and sockets have in common.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::Location;
use std::task::{Context, Poll, ready};

use cortado_core::io::{AsyncFd, Direction, Interest, Readiness, ReadyEvent};
use cortado_probe::Wait;

use crate::caller;

/// What it means that a read brought less than was asked for, or a write took less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Short {
    /// That nothing is left for now, so the attempt that would say so can be saved. True for
    /// pipes, and for TCP except at an urgent mark, where a read stops: what is reported as a
    /// priority event is read up to `WouldBlock`.
    Drained,
    /// The same for writes only: a read from a Unix socket also stops between messages of
    /// different senders and behind passed descriptors.
    DrainedByWrites,
    /// Nothing: a terminal hands out one line at a time.
    Nothing,
}

/// What a descriptor is, as far as waiting for it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    interest: Interest,
    short: Short,
    /// The reasons of who waits for it to be readable, and writable.
    reading: Wait,
    writing: Wait,
}

impl Kind {
    /// A pipe, a terminal or the like.
    pub(crate) fn file(interest: Interest, short: Short) -> Kind {
        Kind { interest, short, reading: Wait::Readable, writing: Wait::Writable }
    }

    /// A socket with both directions.
    pub(crate) fn socket(short: Short) -> Kind {
        let both = Interest::READABLE | Interest::WRITABLE;
        let interest = match short {
            Short::Drained => both | Interest::PRIORITY,
            Short::DrainedByWrites | Short::Nothing => both,
        };
        Kind { interest, short, reading: Wait::Receive, writing: Wait::Send }
    }

    /// A socket that accepts connections.
    pub(crate) fn listener() -> Kind {
        let (reading, writing) = (Wait::Accept, Wait::Writable);
        Kind { interest: Interest::READABLE, short: Short::Nothing, reading, writing }
    }

    fn reason(&self, direction: Direction) -> Wait {
        match direction {
            Direction::Read => self.reading,
            Direction::Write => self.writing,
        }
    }

    /// Whether `event` is used up by an attempt that moved `done` of `full` bytes.
    fn is_drained(
        &self,
        direction: Direction,
        event: ReadyEvent,
        done: usize,
        full: usize,
    ) -> bool {
        let short = 0 < done && done < full;
        short
            && match self.short {
                Short::Drained => !event.is_priority(),
                Short::DrainedByWrites => direction == Direction::Write,
                Short::Nothing => false,
            }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Stream<T: AsFd = OwnedFd> {
    fd: AsyncFd<T>,
    kind: Kind,
}

impl<T: AsFd> Stream<T> {
    #[track_caller]
    pub(crate) fn new(io: T, kind: Kind) -> io::Result<Stream<T>> {
        Ok(Stream { fd: AsyncFd::with_interest(io, kind.interest)?, kind })
    }

    pub(crate) fn get_ref(&self) -> &T {
        self.fd.get_ref()
    }

    pub(crate) fn into_inner(self) -> T {
        self.fd.into_inner()
    }

    pub(crate) fn fd(&self) -> &AsyncFd<T> {
        &self.fd
    }

    /// Waits as a future that has a place of its own.
    pub(crate) fn ready(
        &self,
        direction: Direction,
        location: &'static Location<'static>,
    ) -> Readiness<'_> {
        self.fd.ready_for(direction, self.kind.reason(direction), location)
    }

    /// Waits as a poll function: the last caller is woken.
    #[track_caller]
    pub(crate) fn poll_ready(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
    ) -> Poll<ReadyEvent> {
        let why = self.kind.reason(direction);
        self.fd.poll_ready_for(direction, cx, why, caller::current())
    }

    /// Tries `attempt`, and waits, until it returns something else than `WouldBlock`.
    #[track_caller]
    pub(crate) fn poll_call<R>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            let event = ready!(self.poll_ready(direction, cx));
            if let Some(result) = self.conclude(event, attempt(self.get_ref())) {
                return Poll::Ready(result);
            }
        }
    }

    /// The same for an attempt to move `full` bytes.
    #[track_caller]
    pub(crate) fn poll_bytes(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        full: usize,
        mut attempt: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let event = ready!(self.poll_ready(direction, cx));
            let result = attempt(self.get_ref());
            if let Ok(done) = result
                && self.kind.is_drained(direction, event, done, full)
            {
                self.fd.clear_ready(event.keep_closed());
            }
            if let Some(result) = self.conclude(event, result) {
                return Poll::Ready(result);
            }
        }
    }

    /// What an attempt that began with `event` has come to; nothing where it is to be repeated.
    pub(crate) fn conclude<R>(
        &self,
        event: ReadyEvent,
        result: io::Result<R>,
    ) -> Option<io::Result<R>> {
        match result.as_ref().err().map(io::Error::kind) {
            Some(io::ErrorKind::WouldBlock) => self.fd.clear_ready(event),
            Some(io::ErrorKind::Interrupted) => {}
            _ => return Some(result),
        }
        None
    }
}

impl Stream<OwnedFd> {
    #[track_caller]
    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_bytes(Direction::Read, cx, buffer.len(), |fd| {
            Ok(rustix::io::read(fd, &mut *buffer)?)
        })
    }

    #[track_caller]
    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let full = bytes.len();
        self.poll_bytes(Direction::Write, cx, full, |fd| Ok(rustix::io::write(fd, bytes)?))
    }
}

impl<T: AsFd> AsFd for Stream<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
