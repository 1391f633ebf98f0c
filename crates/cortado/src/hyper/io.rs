//! hyper's reading and writing, by the traits of `futures-io`.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use ::hyper::rt::{Read, ReadBufCursor, Write};

use crate::io::{AsyncRead, AsyncWrite};
use crate::scratch;

pin_project_lite::pin_project! {
    /// hyper's `Read` and `Write` for a stream that has the traits of `futures-io`, as ours do.
    ///
    /// hyper reads into uninitialised memory. What is read arrives there by a copy of just the
    /// bytes that came: nothing is zeroed that was not used.
    #[derive(Debug, Clone)]
    pub struct Io<T> {
        #[pin]
        inner: T,
        vectored: bool,
    }
}

impl<T> Io<T> {
    /// Wraps a stream.
    pub fn new(inner: T) -> Io<T>
    where
        T: 'static,
    {
        Io { inner, vectored: crate::io_kind::writes_vectored::<T>() }
    }

    /// Says whether the stream takes many buffers in one write. By default that is believed of our
    /// sockets alone: to others hyper copies small parts together, because a stream that writes
    /// only the first buffer would send the head of each answer in a packet of its own.
    pub fn vectored(mut self, vectored: bool) -> Io<T> {
        self.vectored = vectored;
        self
    }

    /// The stream.
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// The stream.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// The stream, unwrapped. Nothing is buffered here that could be lost.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: AsyncRead> Read for Io<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let limit = buffer.remaining();
        scratch::poll_read(self.project().inner, cx, limit, |bytes| buffer.put_slice(bytes))
    }
}

impl<T: AsyncWrite> Write for Io<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, buffers)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_close(cx)
    }
}
