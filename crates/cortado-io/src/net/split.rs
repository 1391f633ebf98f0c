//! A stream socket in two halves, one to read and one to write: borrowed, for two futures of one
//! task, or owned, for two tasks.
//!
//! Nothing is locked: reading and writing are independent in the kernel, and the halves share the
//! socket.

use std::error::Error;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use crate::net::tcp_stream::TcpStream;

/// A socket that can be split: `TcpStream` and `UnixStream`. It cannot be implemented elsewhere.
pub trait Splits: sealed::Sealed {
    #[doc(hidden)]
    fn end_writing(&self) -> io::Result<()>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// The reading half that `split` returns.
#[derive(Debug)]
pub struct ReadHalf<'a, S = TcpStream>(pub(crate) &'a S);

/// The writing half that `split` returns.
#[derive(Debug)]
pub struct WriteHalf<'a, S = TcpStream>(pub(crate) &'a S);

/// The reading half that `into_split` returns.
#[derive(Debug)]
pub struct OwnedReadHalf<S: Splits = TcpStream>(Arc<S>);

/// The writing half that `into_split` returns. Dropped, it shuts writing down, so that the other
/// side reads the end.
#[derive(Debug)]
pub struct OwnedWriteHalf<S: Splits = TcpStream> {
    // Nothing only after `reunite` or `forget`, or while it is dropped.
    socket: Option<Arc<S>>,
}

pub(crate) fn halves<S: Splits>(socket: S) -> (OwnedReadHalf<S>, OwnedWriteHalf<S>) {
    let socket = Arc::new(socket);
    (OwnedReadHalf(socket.clone()), OwnedWriteHalf { socket: Some(socket) })
}

impl<S: Splits> OwnedReadHalf<S> {
    /// Makes one socket of the two halves again.
    ///
    /// # Errors
    /// Gives both back where they are not halves of the same socket.
    pub fn reunite(self, other: OwnedWriteHalf<S>) -> Result<S, ReuniteError<S>> {
        reunite(self, other)
    }
}

impl<S: Splits> OwnedWriteHalf<S> {
    /// Makes one socket of the two halves again.
    ///
    /// # Errors
    /// Gives both back where they are not halves of the same socket.
    pub fn reunite(self, other: OwnedReadHalf<S>) -> Result<S, ReuniteError<S>> {
        reunite(other, self)
    }

    /// Drops this half without shutting writing down.
    pub fn forget(mut self) {
        self.socket = None;
    }

    fn socket(&self) -> &S {
        match &self.socket {
            Some(socket) => socket,
            None => unreachable!("a writing half owns its socket until it is taken apart"),
        }
    }
}

fn reunite<S: Splits>(
    read: OwnedReadHalf<S>,
    mut write: OwnedWriteHalf<S>,
) -> Result<S, ReuniteError<S>> {
    if !write.socket.as_ref().is_some_and(|socket| Arc::ptr_eq(socket, &read.0)) {
        return Err(ReuniteError { read, write });
    }
    write.socket = None;
    match Arc::try_unwrap(read.0) {
        Ok(socket) => Ok(socket),
        Err(_) => unreachable!("nothing but the two halves shares their socket"),
    }
}

impl<S: Splits> Drop for OwnedWriteHalf<S> {
    fn drop(&mut self) {
        if let Some(socket) = &self.socket {
            // It fails only where the connection has ended.
            let _ = socket.end_writing();
        }
    }
}

/// The socket, for what needs no half: addresses, options, `readable`, `peek`, `try_read`.
impl<S> AsRef<S> for ReadHalf<'_, S> {
    fn as_ref(&self) -> &S {
        self.0
    }
}

/// The socket, for what needs no half: addresses, options, `writable`, `try_write`.
impl<S> AsRef<S> for WriteHalf<'_, S> {
    fn as_ref(&self) -> &S {
        self.0
    }
}

/// The socket, for what needs no half: addresses, options, `readable`, `peek`, `try_read`.
impl<S: Splits> AsRef<S> for OwnedReadHalf<S> {
    fn as_ref(&self) -> &S {
        &self.0
    }
}

/// The socket, for what needs no half: addresses, options, `writable`, `try_write`.
impl<S: Splits> AsRef<S> for OwnedWriteHalf<S> {
    fn as_ref(&self) -> &S {
        self.socket()
    }
}

/// Reads and writes through a shared reference to a socket that the type in question leads to.
macro_rules! reads {
    ($(<$($life:lifetime,)? $param:ident $(: $bound:ident)?> $half:ty;)*) => {$(
        impl<$($life,)? $param $(: $bound)?> AsyncRead for $half
        where
            for<'b> &'b $param: AsyncRead,
        {
            #[track_caller]
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffer: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut (*self).as_ref()).poll_read(cx, buffer)
            }

            #[track_caller]
            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffers: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut (*self).as_ref()).poll_read_vectored(cx, buffers)
            }
        }
    )*};
}

macro_rules! writes {
    ($(<$($life:lifetime,)? $param:ident $(: $bound:ident)?> $half:ty;)*) => {$(
        impl<$($life,)? $param $(: $bound)?> AsyncWrite for $half
        where
            for<'b> &'b $param: AsyncWrite,
        {
            #[track_caller]
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut (*self).as_ref()).poll_write(cx, bytes)
            }

            #[track_caller]
            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffers: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut (*self).as_ref()).poll_write_vectored(cx, buffers)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut (*self).as_ref()).poll_flush(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut (*self).as_ref()).poll_close(cx)
            }
        }
    )*};
}

reads! { <'a, S> ReadHalf<'a, S>; <S: Splits> OwnedReadHalf<S>; }
writes! { <'a, S> WriteHalf<'a, S>; <S: Splits> OwnedWriteHalf<S>; }

/// An owned socket reads and writes as a reference to it does.
macro_rules! socket {
    ($socket:ty) => {
        impl sealed::Sealed for $socket {}

        impl Splits for $socket {
            fn end_writing(&self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }
        }

        impl AsyncRead for $socket {
            #[track_caller]
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffer: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_read(cx, buffer)
            }

            #[track_caller]
            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffers: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_read_vectored(cx, buffers)
            }
        }

        impl AsyncWrite for $socket {
            #[track_caller]
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_write(cx, bytes)
            }

            #[track_caller]
            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffers: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_write_vectored(cx, buffers)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut &*self).poll_flush(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut &*self).poll_close(cx)
            }
        }
    };
}

socket!(TcpStream);

/// Two halves that are not of the same socket.
pub struct ReuniteError<S: Splits = TcpStream> {
    /// The reading half.
    pub read: OwnedReadHalf<S>,
    /// The writing half.
    pub write: OwnedWriteHalf<S>,
}

impl<S: Splits> fmt::Debug for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError").finish_non_exhaustive()
    }
}

impl<S: Splits> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these are halves of two different sockets: reunite those of one `into_split`")
    }
}

impl<S: Splits> Error for ReuniteError<S> {}
