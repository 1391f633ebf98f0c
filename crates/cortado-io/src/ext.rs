//! The futures of reading and writing, for everything that has the `futures-io` traits.
//!
//! Each is made by a `#[track_caller]` function and remembers its caller, so that a wait in it is
//! reported for the line that waits. Cancel safety is said at each function.

use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};

use crate::caller::on_behalf_of;

/// `read_to_end` asks for this much at first, and for twice as much each time that it got all,
/// up to four times what a pipe holds (64 KiB, pipe(7)).
const FIRST_READ: usize = 4 * 1024;
const LARGEST_READ: usize = 256 * 1024;

/// Futures for reading.
pub trait AsyncReadExt: AsyncRead {
    /// Reads what is there, at most the buffer's length; 0 is the end. Cancel safe.
    #[track_caller]
    fn read<'a>(&'a mut self, buffer: &'a mut [u8]) -> Read<'a, Self>
    where
        Self: Unpin,
    {
        Read { reader: self, buffer, location: Location::caller() }
    }

    /// Fills the buffer; `UnexpectedEof` where the end comes before. Not cancel safe: dropped, it
    /// has read an unknown part.
    #[track_caller]
    fn read_exact<'a>(&'a mut self, buffer: &'a mut [u8]) -> ReadExact<'a, Self>
    where
        Self: Unpin,
    {
        ReadExact { reader: self, buffer, done: 0, location: Location::caller() }
    }

    /// Appends everything up to the end to `bytes`, and returns how much that was. Cancel safe in
    /// that `bytes` holds all that was read.
    #[track_caller]
    fn read_to_end<'a>(&'a mut self, bytes: &'a mut Vec<u8>) -> ReadToEnd<'a, Self>
    where
        Self: Unpin,
    {
        let before = bytes.len();
        ReadToEnd { reader: self, bytes, before, ask: FIRST_READ, location: Location::caller() }
    }

    /// Appends everything up to the end to `text`; `InvalidData` where it is not UTF-8, with
    /// `text` unchanged. Not cancel safe.
    #[track_caller]
    fn read_to_string<'a>(&'a mut self, text: &'a mut String) -> ReadToString<'a, Self>
    where
        Self: Unpin,
    {
        let (bytes, ask) = (Vec::new(), FIRST_READ);
        ReadToString { reader: self, text, bytes, ask, location: Location::caller() }
    }
}

impl<R: AsyncRead + ?Sized> AsyncReadExt for R {}

/// Futures for writing.
pub trait AsyncWriteExt: AsyncWrite {
    /// Writes what there is room for. Cancel safe: dropped while it waits, it has written nothing.
    #[track_caller]
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Write<'a, Self>
    where
        Self: Unpin,
    {
        Write { writer: self, bytes, location: Location::caller() }
    }

    /// Writes everything. Not cancel safe: dropped, it has written an unknown part.
    #[track_caller]
    fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> WriteAll<'a, Self>
    where
        Self: Unpin,
    {
        WriteAll { writer: self, bytes, location: Location::caller() }
    }

    /// Waits until what was written has left this process. Cancel safe.
    #[track_caller]
    fn flush(&mut self) -> Flush<'_, Self>
    where
        Self: Unpin,
    {
        Flush { writer: self, location: Location::caller() }
    }

    /// Flushes, and ends the writer where it has an end of its own. Cancel safe.
    #[track_caller]
    fn close(&mut self) -> Close<'_, Self>
    where
        Self: Unpin,
    {
        Close { writer: self, location: Location::caller() }
    }
}

impl<W: AsyncWrite + ?Sized> AsyncWriteExt for W {}

/// What `AsyncReadExt::read` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Read<'a, R: ?Sized> {
    reader: &'a mut R,
    buffer: &'a mut [u8],
    location: &'static Location<'static>,
}

impl<R: AsyncRead + Unpin + ?Sized> Future for Read<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Read { reader, buffer, location } = self.get_mut();
        on_behalf_of(location, || Pin::new(&mut **reader).poll_read(cx, buffer))
    }
}

/// What `AsyncReadExt::read_exact` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReadExact<'a, R: ?Sized> {
    reader: &'a mut R,
    buffer: &'a mut [u8],
    done: usize,
    location: &'static Location<'static>,
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadExact<'_, R> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ReadExact { reader, buffer, done, location } = self.get_mut();
        while *done < buffer.len() {
            let rest = &mut buffer[*done..];
            match ready!(on_behalf_of(location, || Pin::new(&mut **reader).poll_read(cx, rest)))? {
                0 => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                read => *done += read,
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// What `AsyncReadExt::read_to_end` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReadToEnd<'a, R: ?Sized> {
    reader: &'a mut R,
    bytes: &'a mut Vec<u8>,
    before: usize,
    ask: usize,
    location: &'static Location<'static>,
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToEnd<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let ReadToEnd { reader, bytes, before, ask, location } = self.get_mut();
        ready!(on_behalf_of(location, || poll_append(Pin::new(&mut **reader), cx, bytes, ask)))?;
        Poll::Ready(Ok(bytes.len() - *before))
    }
}

/// Appends to `bytes` until the end. Between polls `bytes` holds just what was read.
pub(crate) fn poll_append<R: AsyncRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    bytes: &mut Vec<u8>,
    ask: &mut usize,
) -> Poll<io::Result<()>> {
    *ask = (*ask).clamp(FIRST_READ, LARGEST_READ);
    loop {
        let len = bytes.len();
        bytes.resize(len + *ask, 0);
        let polled = reader.as_mut().poll_read(cx, &mut bytes[len..]);
        let read = match &polled {
            Poll::Ready(Ok(read)) => *read,
            Poll::Ready(Err(_)) | Poll::Pending => 0,
        };
        bytes.truncate(len + read);
        match ready!(polled)? {
            0 => return Poll::Ready(Ok(())),
            read if read == *ask => *ask = (*ask * 2).min(LARGEST_READ),
            _ => {}
        }
    }
}

/// What `AsyncReadExt::read_to_string` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ReadToString<'a, R: ?Sized> {
    reader: &'a mut R,
    text: &'a mut String,
    bytes: Vec<u8>,
    ask: usize,
    location: &'static Location<'static>,
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToString<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let ReadToString { reader, text, bytes, ask, location } = self.get_mut();
        ready!(on_behalf_of(location, || poll_append(Pin::new(&mut **reader), cx, bytes, ask)))?;
        let read = std::str::from_utf8(bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        text.push_str(read);
        Poll::Ready(Ok(read.len()))
    }
}

/// What `AsyncWriteExt::write` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Write<'a, W: ?Sized> {
    writer: &'a mut W,
    bytes: &'a [u8],
    location: &'static Location<'static>,
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Write<'_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Write { writer, bytes, location } = self.get_mut();
        on_behalf_of(location, || Pin::new(&mut **writer).poll_write(cx, bytes))
    }
}

/// What `AsyncWriteExt::write_all` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct WriteAll<'a, W: ?Sized> {
    writer: &'a mut W,
    bytes: &'a [u8],
    location: &'static Location<'static>,
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for WriteAll<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let WriteAll { writer, bytes, location } = self.get_mut();
        while !bytes.is_empty() {
            match ready!(on_behalf_of(location, || Pin::new(&mut **writer).poll_write(cx, bytes)))?
            {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => *bytes = &bytes[written..],
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// What `AsyncWriteExt::flush` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Flush<'a, W: ?Sized> {
    writer: &'a mut W,
    location: &'static Location<'static>,
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Flush<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Flush { writer, location } = self.get_mut();
        on_behalf_of(location, || Pin::new(&mut **writer).poll_flush(cx))
    }
}

/// What `AsyncWriteExt::close` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Close<'a, W: ?Sized> {
    writer: &'a mut W,
    location: &'static Location<'static>,
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Close<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Close { writer, location } = self.get_mut();
        on_behalf_of(location, || Pin::new(&mut **writer).poll_close(cx))
    }
}
