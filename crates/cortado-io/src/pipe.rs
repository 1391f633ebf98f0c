//! Pipes: one way, from a `Sender` to a `Receiver`, between tasks or between processes. The ends
//! of a child's standard streams are the same two types.
//!
//! Both ends read and write through the `futures-io` traits; `AsyncReadExt` and `AsyncWriteExt`
//! have the futures for it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use cortado_core::io::Interest;
use futures_io::{AsyncRead, AsyncWrite};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::stream::{Kind, Short, Stream};

/// Makes a pipe.
///
/// # Errors
/// Where this process has too many open files.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub fn pipe() -> io::Result<(Sender, Receiver)> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    Ok((Sender::registered(write)?, Receiver::registered(read)?))
}

/// The end of a pipe that is written to.
///
/// Writing to a pipe whose other end is closed is an error, `BrokenPipe`.
#[derive(Debug)]
pub struct Sender(Stream);

/// The end of a pipe that is read from.
///
/// A read of 0 bytes is the end: every copy of the other end, in any process, is closed.
#[derive(Debug)]
pub struct Receiver(Stream);

impl Sender {
    /// Uses the writing end of a pipe and puts it into non-blocking mode. That mode belongs to
    /// the open pipe end and not to the descriptor, so duplicates of it share it.
    ///
    /// # Errors
    /// Where the reactor cannot wait for it.
    #[track_caller]
    pub fn from_owned_fd(fd: OwnedFd) -> io::Result<Sender> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        Sender::registered(fd)
    }

    #[track_caller]
    fn registered(fd: OwnedFd) -> io::Result<Sender> {
        Ok(Sender(Stream::new(fd, Kind::file(Interest::WRITABLE, Short::Drained))?))
    }

    /// Gives the descriptor back in blocking mode, for a child or a plain thread.
    ///
    /// # Errors
    /// Where the mode cannot be changed.
    pub fn into_blocking_fd(self) -> io::Result<OwnedFd> {
        blocking(self.0)
    }
}

impl Receiver {
    /// Uses the reading end of a pipe; see `Sender::from_owned_fd`.
    ///
    /// # Errors
    /// Where the reactor cannot wait for it.
    #[track_caller]
    pub fn from_owned_fd(fd: OwnedFd) -> io::Result<Receiver> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        Receiver::registered(fd)
    }

    #[track_caller]
    fn registered(fd: OwnedFd) -> io::Result<Receiver> {
        Ok(Receiver(Stream::new(fd, Kind::file(Interest::READABLE, Short::Drained))?))
    }

    /// Gives the descriptor back in blocking mode, for a child or a plain thread.
    ///
    /// # Errors
    /// Where the mode cannot be changed.
    pub fn into_blocking_fd(self) -> io::Result<OwnedFd> {
        blocking(self.0)
    }
}

fn blocking(stream: Stream) -> io::Result<OwnedFd> {
    let fd = stream.into_inner();
    rustix::io::ioctl_fionbio(&fd, false)?;
    Ok(fd)
}

impl AsyncRead for Receiver {
    #[track_caller]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Sender {
    #[track_caller]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, bytes)
    }

    /// Does nothing: the kernel has every byte that a write took.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Does nothing: the other side sees the end when the sender is dropped.
    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsFd for Sender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl TryFrom<Sender> for Stdio {
    type Error = io::Error;

    fn try_from(sender: Sender) -> io::Result<Stdio> {
        sender.into_blocking_fd().map(Stdio::from)
    }
}

impl TryFrom<Receiver> for Stdio {
    type Error = io::Error;

    fn try_from(receiver: Receiver) -> io::Result<Stdio> {
        receiver.into_blocking_fd().map(Stdio::from)
    }
}
