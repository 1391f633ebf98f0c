//! Pipes: one way, from a `Sender` to a `Receiver`, between tasks or between processes. The ends
//! of a child's standard streams are the same two types.
//!
//! Both ends read and write through the `futures-io` traits; `AsyncReadExt` and `AsyncWriteExt`
//! have the futures for it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use cortado_core::io::Interest;
use futures_io::{AsyncRead, AsyncWrite};
use rustix::fs::{FileType, Mode, OFlags, fstat};
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

/// How a named pipe (mkfifo(3)) is opened. Opening does not wait for the other end.
///
/// ```
/// use cortado_io::pipe::OpenOptions;
/// use cortado_io::{AsyncReadExt, AsyncWriteExt};
///
/// # cortado_core::Runtime::single()?.block_on(async {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("fifo");
/// # assert!(std::process::Command::new("mkfifo").arg(&path).status()?.success());
/// let mut receiver = OpenOptions::new().open_receiver(&path)?;
/// let mut sender = OpenOptions::new().open_sender(&path)?;
/// sender.write_all(b"hello").await?;
/// let mut heard = [0; 5];
/// receiver.read_exact(&mut heard).await?;
/// # assert_eq!(&heard, b"hello");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    read_write: bool,
}

impl OpenOptions {
    /// Each end for its own direction.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// Whether an end also holds the other direction open: then a sender can be opened before there
    /// is a receiver, and a receiver sees no end when the last sender is closed.
    pub fn read_write(&mut self, read_write: bool) -> &mut OpenOptions {
        self.read_write = read_write;
        self
    }

    /// Opens the end that is read from. Until a sender has come, and after the last one has gone, a
    /// read finds the end.
    ///
    /// # Errors
    /// `InvalidInput` where the path is no pipe; else those of open(2).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn open_receiver(&self, path: impl AsRef<Path>) -> io::Result<Receiver> {
        Receiver::registered(self.open(path.as_ref(), OFlags::RDONLY)?)
    }

    /// Opens the end that is written to.
    ///
    /// # Errors
    /// `ENXIO` where nobody has opened the other end; `InvalidInput` where the path is no pipe; else
    /// those of open(2).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn open_sender(&self, path: impl AsRef<Path>) -> io::Result<Sender> {
        Sender::registered(self.open(path.as_ref(), OFlags::WRONLY)?)
    }

    fn open(&self, path: &Path, access: OFlags) -> io::Result<OwnedFd> {
        let access = if self.read_write { OFlags::RDWR } else { access };
        let flags = access | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let fd = rustix::fs::open(path, flags, Mode::empty())?;
        match FileType::from_raw_mode(fstat(&fd)?.st_mode) {
            FileType::Fifo => Ok(fd),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{} is not a named pipe: make one with mkfifo", path.display()),
            )),
        }
    }
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
