//! `TcpStream`: a TCP connection.

use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream as StdStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use cortado_core::io::{Direction, Interest};
use futures_io::{AsyncRead, AsyncWrite};
use socket2::TcpKeepalive;

use crate::net::addr::{Lookup, ToSocketAddrs};
use crate::net::call::{Call, Ready};
use crate::net::connect::Connect;
use crate::net::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf, halves};
use crate::net::tcp_socket::options;
use crate::stream::{Kind, Short, Stream};

/// A TCP connection.
///
/// It reads and writes through the `futures-io` traits, also through a shared reference; for
/// their poll functions, as for all, the last task that called is woken, one per direction.
/// `AsyncReadExt` and `AsyncWriteExt` have the futures. What has been written is in the kernel's
/// hands: `flush` does nothing. `close` shuts the writing half down.
///
/// Options without a method here are those of `SockRef::from(&stream)`.
#[derive(Debug)]
pub struct TcpStream(Stream<StdStream>);

/// What `TcpStream::peek` returns.
pub type PeekTcp<'a> = Call<'a, StdStream, &'a mut [u8], usize>;

impl TcpStream {
    /// Connects to an address, such as `"example.org:443"`, `("example.org", 443)` or a
    /// `SocketAddr`.
    ///
    /// Of a host with several addresses, IPv6 and IPv4 take turns in the system's order of
    /// preference. Each attempt has a head start of 250 ms, the next one begins when the one
    /// before has failed or that time is over, and the first connection wins (RFC 8305, "Happy
    /// Eyeballs"). There is no limit to the time that all this takes but the kernel's, of minutes:
    /// use `timeout`.
    ///
    /// Cancel safe: dropped, it gives all attempts up.
    ///
    /// # Errors
    /// Where no address is found, or none can be connected to. The error tells of each address,
    /// and has the kind of the first one's.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn connect(addr: impl ToSocketAddrs) -> Connect {
        Connect::new(Lookup::new(&addr), Location::caller())
    }

    /// A connection that a listener has accepted: it has room to write, and likely something to
    /// read.
    #[track_caller]
    pub(crate) fn accepted(fd: OwnedFd) -> io::Result<TcpStream> {
        let stream = Stream::new(StdStream::from(fd), Kind::socket(Short::Drained))?;
        stream.fd().expect_ready(Interest::READABLE | Interest::WRITABLE);
        Ok(TcpStream(stream))
    }

    pub(crate) fn connected(stream: Stream<StdStream>) -> TcpStream {
        TcpStream(stream)
    }

    /// Uses a connection of the standard library, which it puts into non-blocking mode.
    ///
    /// # Errors
    /// Where the reactor cannot wait for it.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn from_std(stream: StdStream) -> io::Result<TcpStream> {
        stream.set_nonblocking(true)?;
        Ok(TcpStream(Stream::new(stream, Kind::socket(Short::Drained))?))
    }

    /// The connection of the standard library, which stays in non-blocking mode.
    pub fn into_std(self) -> StdStream {
        self.0.into_inner()
    }

    fn std(&self) -> &StdStream {
        self.0.get_ref()
    }

    /// The address of this side.
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.std().local_addr()
    }

    /// The address of the other side.
    ///
    /// # Errors
    /// Those of getpeername(2): `NotConnected` after a reset.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.std().peer_addr()
    }

    /// Reads what is there and leaves it there, at most the buffer's length; 0 is the end.
    #[track_caller]
    pub fn peek<'a>(&'a self, buffer: &'a mut [u8]) -> PeekTcp<'a> {
        Call::new(&self.0, Direction::Read, buffer, |std, buffer| std.peek(buffer))
    }

    /// `peek` as a poll function.
    ///
    /// # Errors
    /// Those of recv(2).
    #[track_caller]
    pub fn poll_peek(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.poll_call(Direction::Read, cx, |std| std.peek(buffer))
    }

    /// Waits until a read may find something, or the end. Follow it by `try_read`.
    #[track_caller]
    pub fn readable(&self) -> Ready<'_> {
        Ready::new(&self.0, Direction::Read)
    }

    /// Waits until a write may get somewhere. Follow it by `try_write`.
    #[track_caller]
    pub fn writable(&self) -> Ready<'_> {
        Ready::new(&self.0, Direction::Write)
    }

    /// `readable` as a poll function.
    ///
    /// # Errors
    /// None today.
    #[track_caller]
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_ready(Direction::Read, cx).map(|_event| Ok(()))
    }

    /// `writable` as a poll function.
    ///
    /// # Errors
    /// None today.
    #[track_caller]
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_ready(Direction::Write, cx).map(|_event| Ok(()))
    }

    /// Reads what is there; 0 is the end.
    ///
    /// # Errors
    /// `WouldBlock` where nothing is; else those of recv(2).
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_io(Direction::Read, |mut std| std.read(buffer))
    }

    /// `try_read` into several buffers, one after the other.
    ///
    /// # Errors
    /// As `try_read`.
    pub fn try_read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.try_io(Direction::Read, |mut std| std.read_vectored(buffers))
    }

    /// Writes what there is room for.
    ///
    /// # Errors
    /// `WouldBlock` where there is no room; else those of send(2).
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.try_io(Direction::Write, |mut std| std.write(bytes))
    }

    /// `try_write` from several buffers, one after the other.
    ///
    /// # Errors
    /// As `try_write`.
    pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.try_io(Direction::Write, |mut std| std.write_vectored(buffers))
    }

    /// Makes a call of your own once, also where nothing is known to be ready. Where it returns
    /// `WouldBlock`, `readable` or `writable` waits from now on.
    ///
    /// # Errors
    /// What the call returns.
    pub fn try_io<R>(
        &self,
        direction: Direction,
        call: impl FnOnce(&StdStream) -> io::Result<R>,
    ) -> io::Result<R> {
        self.0.fd().try_anyway(direction, call)
    }

    /// Makes a call of your own, and waits, until it returns something else than `WouldBlock`.
    #[track_caller]
    pub fn async_io<R, F>(
        &self,
        direction: Direction,
        call: F,
    ) -> cortado_core::io::AsyncIo<'_, StdStream, F>
    where
        F: FnMut(&StdStream) -> io::Result<R> + Unpin,
    {
        self.0.fd().async_io(direction, call)
    }

    /// Ends reading, writing, or both. After the writing half is shut down the other side reads
    /// the end; it can still send. A connection that the other side has reset is shut down already.
    ///
    /// # Errors
    /// Those of shutdown(2).
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self.std().shutdown(how) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            shut_down => shut_down,
        }
    }

    /// Halves that borrow the connection, for two futures of one task.
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        (ReadHalf(self), WriteHalf(self))
    }

    /// Halves that own the connection together, for two tasks. Dropping the writing half shuts
    /// writing down; `reunite` makes one of them again.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        halves(self)
    }

    /// Whether small writes are sent at once instead of being gathered (`TCP_NODELAY`).
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn nodelay(&self) -> io::Result<bool> {
        self.std().nodelay()
    }

    /// Sets whether small writes are sent at once instead of being gathered (`TCP_NODELAY`).
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.std().set_nodelay(nodelay)
    }

    /// Whether received data is acknowledged at once (`TCP_QUICKACK`).
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn quickack(&self) -> io::Result<bool> {
        options(self).tcp_quickack()
    }

    /// Sets whether received data is acknowledged at once (`TCP_QUICKACK`). The kernel may change
    /// it by itself later (tcp(7)).
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_quickack(&self, quickack: bool) -> io::Result<()> {
        options(self).set_tcp_quickack(quickack)
    }

    /// What closing does with unsent data (`SO_LINGER`).
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        options(self).linger()
    }

    /// Sets what closing does with unsent data (`SO_LINGER`): `None`, the default, sends it in the
    /// background; zero discards it and resets the connection. Any other duration makes the drop
    /// of the stream block its thread for as long as that.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        options(self).set_linger(linger)
    }

    /// Whether probes find out that a silent peer is gone (`SO_KEEPALIVE`).
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn keepalive(&self) -> io::Result<bool> {
        options(self).keepalive()
    }

    /// Sets whether probes find out that a silent peer is gone (`SO_KEEPALIVE`).
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_keepalive(&self, keepalive: bool) -> io::Result<()> {
        options(self).set_keepalive(keepalive)
    }

    /// Turns these probes on: the first one after `idle` without traffic, then one every
    /// `interval`, and after `retries` without an answer the connection is dead.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_keepalive_times(
        &self,
        idle: Duration,
        interval: Duration,
        retries: u32,
    ) -> io::Result<()> {
        let times =
            TcpKeepalive::new().with_time(idle).with_interval(interval).with_retries(retries);
        options(self).set_tcp_keepalive(&times)
    }

    /// How many hops a packet may make (`IP_TTL`).
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn ttl(&self) -> io::Result<u32> {
        self.std().ttl()
    }

    /// Sets how many hops a packet may make (`IP_TTL`).
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_ttl(&self, hops: u32) -> io::Result<()> {
        self.std().set_ttl(hops)
    }

    /// An error that the socket has not told yet.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.std().take_error()
    }
}

impl AsyncRead for &TcpStream {
    #[track_caller]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let full = buffer.len();
        self.0.poll_bytes(Direction::Read, cx, full, |mut std| std.read(buffer))
    }

    #[track_caller]
    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let full = buffers.iter().map(|buffer| buffer.len()).sum();
        self.0.poll_bytes(Direction::Read, cx, full, |mut std| std.read_vectored(buffers))
    }
}

impl AsyncWrite for &TcpStream {
    #[track_caller]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_bytes(Direction::Write, cx, bytes.len(), |mut std| std.write(bytes))
    }

    #[track_caller]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let full = buffers.iter().map(|buffer| buffer.len()).sum();
        self.0.poll_bytes(Direction::Write, cx, full, |mut std| std.write_vectored(buffers))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown(Shutdown::Write))
    }
}

impl AsFd for TcpStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for TcpStream {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl From<TcpStream> for OwnedFd {
    fn from(stream: TcpStream) -> OwnedFd {
        stream.into_std().into()
    }
}
