//! Copying from a reader to a writer until the end.

use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};

use crate::caller::on_behalf_of;

/// What a pipe holds on Linux (pipe(7)): a larger buffer would seldom be filled.
const COPY_BUFFER: usize = 64 * 1024;

/// Copies everything from `reader` to `writer`, flushes, and returns how many bytes that were.
///
/// Not cancel safe: dropped, it may hold bytes that were read and not yet written.
#[track_caller]
pub fn copy<'a, R, W>(reader: &'a mut R, writer: &'a mut W) -> Copy<'a, R, W>
where
    R: AsyncRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    let location = Location::caller();
    let buffer = vec![0; COPY_BUFFER];
    Copy { reader, writer, buffer, written: 0, filled: 0, copied: 0, ended: false, location }
}

/// What `copy` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Copy<'a, R: ?Sized, W: ?Sized> {
    reader: &'a mut R,
    writer: &'a mut W,
    buffer: Vec<u8>,
    /// Of the buffer, what lies before is written, and what lies up to `filled` is still to be.
    written: usize,
    filled: usize,
    copied: u64,
    ended: bool,
    location: &'static Location<'static>,
}

impl<R, W> Copy<'_, R, W>
where
    R: AsyncRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    fn poll_copy(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        while !self.ended {
            while self.written < self.filled {
                let rest = &self.buffer[self.written..self.filled];
                match ready!(Pin::new(&mut *self.writer).poll_write(cx, rest))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    written => self.written += written,
                }
            }
            match Pin::new(&mut *self.reader).poll_read(cx, &mut self.buffer) {
                Poll::Ready(Ok(0)) => self.ended = true,
                Poll::Ready(Ok(read)) => {
                    (self.written, self.filled) = (0, read);
                    self.copied += read as u64;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    // What was copied must not wait in the writer for a reader that is idle.
                    ready!(Pin::new(&mut *self.writer).poll_flush(cx))?;
                    return Poll::Pending;
                }
            }
        }
        ready!(Pin::new(&mut *self.writer).poll_flush(cx))?;
        Poll::Ready(Ok(self.copied))
    }
}

impl<R, W> Future for Copy<'_, R, W>
where
    R: AsyncRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    type Output = io::Result<u64>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let copy = self.get_mut();
        let location = copy.location;
        on_behalf_of(location, || copy.poll_copy(cx))
    }
}
