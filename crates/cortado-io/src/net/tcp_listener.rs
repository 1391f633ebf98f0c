//! `TcpListener`: accepts TCP connections.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_core::io::{Direction, Readiness, ReadyEvent};
use rustix::net::{SocketFlags, acceptfrom_with};
use socket2::SockRef;

use crate::net::accept::{Accept, Incoming, Listener, accept_directly, sealed};
use crate::net::addr::{Lookup, ToSocketAddrs, bind_first};
use crate::net::methods::any_socket;
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
}

any_socket!(TcpListener over StdListener, Kind::listener());

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
