//! `TcpListener`: accepts TCP connections.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_core::io::{Direction, Readiness, ReadyEvent};
use rustix::net::{SocketFlags, acceptfrom_with};
use socket2::SockRef;

use crate::net::accept::{Accept, Incoming, Listener, accept_directly, sealed};
use crate::net::addr::{Lookup, ToSocketAddrs};
use crate::net::tcp_socket::TcpSocket;
use crate::net::tcp_stream::TcpStream;
use crate::stream::{Kind, Stream};

/// How many connections wait to be accepted, unless the listener is made by a `TcpSocket`: what
/// the system allows (net.core.somaxconn, 4096 on Linux since 5.4) if that is less.
const BACKLOG: u32 = 4096;

/// A socket that accepts TCP connections.
///
/// ```
/// use cortado_io::net::{TcpListener, TcpStream};
/// use cortado_io::{AsyncReadExt, AsyncWriteExt};
///
/// # cortado_core::Runtime::single()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
/// client.write_all(b"hello").await?;
/// let mut heard = [0; 5];
/// server.read_exact(&mut heard).await?;
/// assert_eq!(&heard, b"hello");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct TcpListener(Stream<StdListener>);

impl TcpListener {
    /// Listens at an address; of several, at the first one that can be had. Port 0 is any free
    /// port, which `local_addr` tells. The address can be had again at once after a restart
    /// (`SO_REUSEADDR`); for other options use `TcpSocket`.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// Where the name has no address, or no address can be had; the error names it.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn bind(addr: impl ToSocketAddrs) -> BindTcp {
        BindTcp(Lookup::new(&addr))
    }

    fn bind_one(addr: SocketAddr) -> io::Result<TcpListener> {
        let socket = TcpSocket::new_for(&addr)?;
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        socket.listen(BACKLOG)
    }

    /// Uses a listener of the standard library, which it puts into non-blocking mode.
    ///
    /// # Errors
    /// Where the reactor cannot wait for it.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn from_std(listener: StdListener) -> io::Result<TcpListener> {
        listener.set_nonblocking(true)?;
        TcpListener::registered(listener)
    }

    #[track_caller]
    pub(crate) fn registered(listener: StdListener) -> io::Result<TcpListener> {
        Ok(TcpListener(Stream::new(listener, Kind::listener())?))
    }

    /// The listener of the standard library, which stays in non-blocking mode.
    pub fn into_std(self) -> StdListener {
        self.0.into_inner()
    }

    /// Waits for a connection. Any number of tasks may wait; one gets it.
    ///
    /// A connection that ended before it was accepted is passed over. Where this process has too
    /// many open files, this waits until there is room, trying again after 5 ms and then less and
    /// less often, up to once a second; meanwhile connections wait in the listener's queue. The
    /// wait is reported with a reason of its own.
    ///
    /// Cancel safe: dropped, it has accepted nothing.
    ///
    /// # Errors
    /// Where the socket does not listen (any more).
    ///
    /// # Panics
    /// When polled outside of a runtime: the connection belongs to the runtime that accepts it.
    #[track_caller]
    pub fn accept(&self) -> Accept<'_, TcpListener> {
        Accept::new(self, Location::caller())
    }

    /// Accepts a connection if one is there.
    ///
    /// # Errors
    /// `WouldBlock` where there is none; those of accept(2), also where there are too many open
    /// files.
    #[track_caller]
    pub fn try_accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.0.fd().try_anyway(Direction::Read, |_| accept_directly(self))
    }

    /// `accept` as a poll function, which wakes the task that called last.
    ///
    /// # Errors
    /// As `try_accept`. After an error for want of open files, wait before polling again.
    #[track_caller]
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        self.0.poll_call(Direction::Read, cx, |_| accept_directly(self))
    }

    /// The connections as a stream, which has no end. An error does not end it either.
    #[track_caller]
    pub fn incoming(&self) -> Incoming<'_, TcpListener> {
        Incoming::new(self, Location::caller())
    }

    /// The address that it listens at.
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().local_addr()
    }

    /// How many hops a packet may make (`IP_TTL`).
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn ttl(&self) -> io::Result<u32> {
        self.0.get_ref().ttl()
    }

    /// Sets how many hops a packet may make (`IP_TTL`).
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn set_ttl(&self, hops: u32) -> io::Result<()> {
        self.0.get_ref().set_ttl(hops)
    }

    /// Changes how many connections may wait to be accepted.
    ///
    /// # Errors
    /// Those of listen(2).
    pub fn set_backlog(&self, backlog: u32) -> io::Result<()> {
        SockRef::from(self).listen(i32::try_from(backlog).unwrap_or(i32::MAX))
    }

    /// An error that the socket has not told yet.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.0.get_ref().take_error()
    }
}

impl sealed::Sealed for TcpListener {}

impl Listener for TcpListener {
    type Stream = TcpStream;
    type Address = SocketAddr;

    fn readiness(&self, location: &'static Location<'static>) -> Readiness<'_> {
        self.0.ready(Direction::Read, location)
    }

    fn accept_once(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (fd, from) = acceptfrom_with(&self.0, flags)?;
        let stream = TcpStream::accepted(fd)?;
        let from = from.and_then(|from| SocketAddr::try_from(from).ok());
        let from = from.map_or_else(|| stream.peer_addr(), Ok)?;
        Ok((stream, from))
    }

    fn clear(&self, event: ReadyEvent) {
        self.0.fd().clear_ready(event);
    }
}

/// What `TcpListener::bind` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct BindTcp(Lookup);

impl Future for BindTcp {
    type Output = io::Result<TcpListener>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<TcpListener>> {
        let addresses = ready!(self.0.poll(cx))?;
        Poll::Ready(bind_first(&addresses, TcpListener::bind_one))
    }
}

/// What `bind` makes of the first address that can be had.
pub(crate) fn bind_first<T>(
    addresses: &[SocketAddr],
    bind: impl Fn(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut failure = None;
    for addr in addresses {
        match bind(*addr) {
            Ok(bound) => return Ok(bound),
            Err(error) => {
                let text = format!("cannot use the local address {addr}: {error}");
                failure = Some(io::Error::new(error.kind(), text));
            }
        }
    }
    Err(failure.unwrap_or_else(|| io::ErrorKind::InvalidInput.into()))
}

impl AsFd for TcpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for TcpListener {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl From<TcpListener> for OwnedFd {
    fn from(listener: TcpListener) -> OwnedFd {
        listener.into_std().into()
    }
}
