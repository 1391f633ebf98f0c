//! The standard streams of this process.
//!
//! Where the kernel can report a stream as ready (a pipe, a terminal), it waits in the reactor.
//! Non-blocking mode must not be set on the stream itself: it belongs to the open file, which
//! other processes share, and a shell's `cat` would fail with "resource temporarily unavailable".
//! So the stream is opened once more, through `/proc/self/fd`, and only that opening is
//! non-blocking. Where that is impossible (a regular file, a socket, another user's pipe), the
//! blocking pool serves it.

use std::fs::File as StdFile;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use cortado_core::io::Interest;
use futures_io::{AsyncRead, AsyncWrite};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};

use crate::fs::File;
use crate::stream::{Kind, Short, Stream};

#[derive(Debug)]
enum Backing {
    Ready(Stream),
    Pool(File),
}

impl Backing {
    #[track_caller]
    fn new(fd: BorrowedFd<'_>, interest: Interest) -> io::Result<Backing> {
        match Self::reopen(fd, interest) {
            Some(stream) => Ok(Backing::Ready(stream)),
            None => Ok(Backing::Pool(File::from_std(StdFile::from(fd.try_clone_to_owned()?)))),
        }
    }

    /// The stream opened once more, where the reactor can wait for it.
    #[track_caller]
    fn reopen(fd: BorrowedFd<'_>, interest: Interest) -> Option<Stream> {
        let short = match FileType::from_raw_mode(fstat(fd).ok()?.st_mode) {
            FileType::Fifo => Short::Drained,
            FileType::CharacterDevice => Short::Nothing,
            _ => return None,
        };
        let access = match interest.is_readable() {
            true => OFlags::RDONLY,
            false => OFlags::WRONLY,
        };
        let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
        // Opening a terminal must not make it the controlling one.
        let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let reopened = open(path, flags, Mode::empty()).ok()?;
        // A device that is always ready, such as /dev/null, is refused here.
        Stream::new(reopened, Kind::file(interest, short)).ok()
    }

    #[track_caller]
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Backing::Ready(stream) => stream.poll_read(cx, buffer),
            Backing::Pool(file) => Pin::new(file).poll_read(cx, buffer),
        }
    }

    #[track_caller]
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Backing::Ready(stream) => stream.poll_write(cx, bytes),
            Backing::Pool(file) => Pin::new(file).poll_write(cx, bytes),
        }
    }

    #[track_caller]
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Backing::Ready(_) => Poll::Ready(Ok(())),
            Backing::Pool(file) => Pin::new(file).poll_flush(cx),
        }
    }
}

/// Standard input of this process, without a buffer: what the standard library's `stdin` has
/// buffered already does not come here.
///
/// # Errors
/// Where this process has too many open files.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub fn stdin() -> io::Result<Stdin> {
    Ok(Stdin(Backing::new(io::stdin().as_fd(), Interest::READABLE)?))
}

/// Standard output of this process, without a buffer. Flush it before the process ends: where
/// the blocking pool serves it, a write may still be under way.
///
/// # Errors
/// As `stdin`.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub fn stdout() -> io::Result<Stdout> {
    Ok(Stdout(Backing::new(io::stdout().as_fd(), Interest::WRITABLE)?))
}

/// Standard error of this process; see `stdout`.
///
/// # Errors
/// As `stdin`.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub fn stderr() -> io::Result<Stderr> {
    Ok(Stderr(Backing::new(io::stderr().as_fd(), Interest::WRITABLE)?))
}

/// What `stdin` returns.
///
/// A read that the blocking pool serves cannot be taken back: dropped while it waits, it takes
/// the next bytes, and the runtime's end waits for it or leaves it behind.
#[derive(Debug)]
pub struct Stdin(Backing);

/// What `stdout` returns.
#[derive(Debug)]
pub struct Stdout(Backing);

/// What `stderr` returns.
#[derive(Debug)]
pub struct Stderr(Backing);

impl AsyncRead for Stdin {
    #[track_caller]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stdout {
    #[track_caller]
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, bytes)
    }

    #[track_caller]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx)
    }

    #[track_caller]
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl AsyncWrite for Stderr {
    #[track_caller]
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, bytes)
    }

    #[track_caller]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx)
    }

    #[track_caller]
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
