//! A stream socket in two halves, one to read and one to write: borrowed, for two futures of one
//! task, or owned, for two tasks.
//!
//! Nothing is locked: reading and writing are independent in the kernel, and the halves share the
//! socket.

use std::error::Error;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use crate::net::methods::{reads_by_reference, writes_by_reference};
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

reads_by_reference!(['a, S: Splits] ReadHalf<'a, S> where [for<'b> &'b S: AsyncRead], |half| &*half.0);
reads_by_reference!([S: Splits] OwnedReadHalf<S> where [for<'b> &'b S: AsyncRead], |half| &*half.0);
writes_by_reference!(['a, S: Splits] WriteHalf<'a, S> where [for<'b> &'b S: AsyncWrite], |half| &*half.0);
writes_by_reference!([S: Splits] OwnedWriteHalf<S> where [for<'b> &'b S: AsyncWrite], |half| half.socket());

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
