//! Tokio's I/O traits for streams that have those of `futures-io`, as ours do, and the other way
//! round. Feature `tokio-io`.
//!
//! [`AsTokio`] is for handing one of our streams to a library that asks for `tokio::io::AsyncRead`
//! and `AsyncWrite`; [`AsFutures`] for the reverse. No Tokio runtime is involved: the traits need
//! none. Reading, writing, buffered reading and seeking pass through.
//!
//! ```
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
//! use cortado::tokio_io::AsTokio;
//!
//! # fn main() -> std::io::Result<()> {
//! let line = cortado::Runtime::new()?.block_on(async {
//!     let (sender, receiver) = cortado::pipe::pipe()?;
//!     AsTokio::new(sender).write_all(b"by Tokio's own functions\n").await?;
//!     let mut line = String::new();
//!     BufReader::new(AsTokio::new(receiver)).read_line(&mut line).await?;
//!     Ok::<_, std::io::Error>(line)
//! })?;
//! assert_eq!(line, "by Tokio's own functions\n");
//! # Ok(())
//! # }
//! ```
//!
//! `tokio_util::compat` does the same. It writes only the first of several buffers at once, and
//! initialises each buffer that is not: an HTTP/2 or TLS library then makes a system call where it
//! could have made one for many buffers, and zeros kilobytes for each small read. Hence these two.

use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::ReadBuf;

use crate::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
use crate::scratch;

pin_project_lite::pin_project! {
    /// Tokio's traits for what has those of `futures-io`. See the [module](self).
    #[derive(Debug, Clone)]
    pub struct AsTokio<T> {
        #[pin]
        inner: T,
        vectored: bool,
        seek: Option<SeekFrom>,
    }
}

impl<T> AsTokio<T> {
    /// Wraps a stream.
    pub fn new(inner: T) -> AsTokio<T>
    where
        T: 'static,
    {
        AsTokio { inner, vectored: crate::io_kind::writes_vectored::<T>(), seek: None }
    }

    /// Says whether the stream takes many buffers in one write. By default that is believed of our
    /// sockets alone: others may write only the first of them, and small packets would follow.
    pub fn vectored(mut self, vectored: bool) -> AsTokio<T> {
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

impl<T: AsyncRead> tokio::io::AsyncRead for AsTokio<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let inner = self.project().inner;
        if buffer.initialized().len() < buffer.capacity() {
            return scratch::poll_read(inner, cx, buffer.remaining(), |bytes| {
                buffer.put_slice(bytes);
            });
        }
        let count = ready!(inner.poll_read(cx, buffer.initialize_unfilled()))?;
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite> tokio::io::AsyncWrite for AsTokio<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_close(cx)
    }
}

impl<T: AsyncBufRead> tokio::io::AsyncBufRead for AsTokio<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        self.project().inner.consume(count);
    }
}

impl<T: AsyncSeek> tokio::io::AsyncSeek for AsTokio<T> {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        *self.project().seek = Some(position);
        Ok(())
    }

    /// Without a `start_seek` before it, it asks for the position: Tokio leaves that open.
    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let this = self.project();
        let target = this.seek.unwrap_or(SeekFrom::Current(0));
        let reached = ready!(this.inner.poll_seek(cx, target));
        *this.seek = None;
        Poll::Ready(reached)
    }
}

pin_project_lite::pin_project! {
    /// The traits of `futures-io`, which ours are, for what has Tokio's. See the [module](self).
    ///
    /// ```
    /// use cortado::io::{AsyncReadExt, AsyncWriteExt};
    /// use cortado::tokio_io::AsFutures;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let bytes = cortado::Runtime::new()?.block_on(async {
    ///     let (near, far) = tokio::io::duplex(64);
    ///     let (mut near, mut far) = (AsFutures::new(near), AsFutures::new(far));
    ///     near.write_all(b"hello").await?;
    ///     near.close().await?;
    ///     let mut bytes = Vec::new();
    ///     far.read_to_end(&mut bytes).await?;
    ///     Ok::<_, std::io::Error>(bytes)
    /// })?;
    /// assert_eq!(bytes, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug, Clone)]
    pub struct AsFutures<T> {
        #[pin]
        inner: T,
        // Some from the start of a seek until its end.
        seek: Option<SeekFrom>,
    }
}

impl<T> AsFutures<T> {
    /// Wraps a stream.
    pub fn new(inner: T) -> AsFutures<T> {
        AsFutures { inner, seek: None }
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

impl<T: tokio::io::AsyncRead> AsyncRead for AsFutures<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(self.project().inner.poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

impl<T: tokio::io::AsyncWrite> AsyncWrite for AsFutures<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, bytes)
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

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }
}

impl<T: tokio::io::AsyncBufRead> AsyncBufRead for AsFutures<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        self.project().inner.consume(count);
    }
}

impl<T: tokio::io::AsyncSeek> AsyncSeek for AsFutures<T> {
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        position: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        let mut this = self.project();
        if *this.seek != Some(position) {
            // Tokio wants an earlier seek, which may have been given up, to end before the next.
            ready!(this.inner.as_mut().poll_complete(cx))?;
            this.inner.as_mut().start_seek(position)?;
            *this.seek = Some(position);
        }
        let reached = ready!(this.inner.poll_complete(cx));
        *this.seek = None;
        Poll::Ready(reached)
    }
}
