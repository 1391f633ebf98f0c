//! A descriptor in non-blocking mode from which bytes are read or to which they are written: what
//! pipes and the standard streams have in common.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll, ready};

use cortado_core::io::{AsyncFd, Direction, Interest, ReadyEvent};
use cortado_probe::Wait;
use rustix::io::Errno;

use crate::caller;

/// What it means that a read brought less than was asked for, or a write took less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Short {
    /// That nothing is left for now, so the attempt that would say so can be saved. True for
    /// pipes and stream sockets.
    Drained,
    /// Nothing: a terminal hands out one line at a time.
    Nothing,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Stream {
    fd: AsyncFd<OwnedFd>,
    short: Short,
}

impl Stream {
    #[track_caller]
    pub(crate) fn new(fd: OwnedFd, interest: Interest, short: Short) -> io::Result<Stream> {
        Ok(Stream { fd: AsyncFd::with_interest(fd, interest)?, short })
    }

    pub(crate) fn into_inner(self) -> OwnedFd {
        self.fd.into_inner()
    }

    #[track_caller]
    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let full = buffer.len();
        self.poll_attempt(Direction::Read, cx, full, |fd| rustix::io::read(fd, &mut *buffer))
    }

    #[track_caller]
    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_attempt(Direction::Write, cx, bytes.len(), |fd| rustix::io::write(fd, bytes))
    }

    #[track_caller]
    fn poll_attempt(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        full: usize,
        mut attempt: impl FnMut(BorrowedFd<'_>) -> rustix::io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let why = match direction {
            Direction::Read => Wait::Readable,
            Direction::Write => Wait::Writable,
        };
        let location = caller::current();
        loop {
            let event = ready!(self.fd.poll_ready_for(direction, cx, why, location));
            match attempt(self.fd.as_fd()) {
                Ok(done) => {
                    self.note_short(event, done, full);
                    return Poll::Ready(Ok(done));
                }
                Err(Errno::AGAIN) => self.fd.clear_ready(event),
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    fn note_short(&self, event: ReadyEvent, done: usize, full: usize) {
        if self.short == Short::Drained && 0 < done && done < full {
            self.fd.clear_ready(event.keep_closed());
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
