//! `TcpSocket`: a TCP socket that is neither connected nor listening yet, to set its options.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::panic::Location;

use socket2::{Domain, Protocol, Socket, Type};

use crate::net::connect::ConnectSocket;
use crate::net::tcp_listener::TcpListener;

/// A TCP socket before it is connected or listens.
///
/// The options that have no method here are those of `SockRef::from(&socket)`.
///
/// ```
/// use cortado_io::net::{TcpSocket, TcpStream};
///
/// # cortado_core::Runtime::single()?.block_on(async {
/// let socket = TcpSocket::new_v4()?;
/// socket.set_reuseport(true)?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(128)?;
/// let stream = TcpSocket::new_v4()?.connect(listener.local_addr()?).await?;
/// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct TcpSocket(Socket);

impl TcpSocket {
    /// A socket for IPv4.
    ///
    /// # Errors
    /// Where this process has too many open files.
    pub fn new_v4() -> io::Result<TcpSocket> {
        TcpSocket::new(Domain::IPV4)
    }

    /// A socket for IPv6.
    ///
    /// # Errors
    /// As `new_v4`, and where the machine has no IPv6.
    pub fn new_v6() -> io::Result<TcpSocket> {
        TcpSocket::new(Domain::IPV6)
    }

    pub(crate) fn new_for(addr: &SocketAddr) -> io::Result<TcpSocket> {
        TcpSocket::new(Domain::for_address(*addr))
    }

    fn new(domain: Domain) -> io::Result<TcpSocket> {
        let kind = Type::STREAM.nonblocking();
        Ok(TcpSocket(Socket::new(domain, kind, Some(Protocol::TCP))?))
    }

    /// Uses a socket that is neither connected nor listening, and puts it into non-blocking mode.
    ///
    /// # Errors
    /// Where the mode cannot be changed.
    pub fn from_std_stream(socket: std::net::TcpStream) -> io::Result<TcpSocket> {
        socket.set_nonblocking(true)?;
        Ok(TcpSocket(socket.into()))
    }

    pub(crate) fn into_socket(self) -> Socket {
        self.0
    }

    /// Gives it a local address. Port 0 is any free port.
    ///
    /// # Errors
    /// Those of bind(2): mostly that another socket has the address.
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        self.0.bind(&addr.into())
    }

    /// Listens, with room for `backlog` connections that wait to be accepted.
    ///
    /// # Errors
    /// Those of listen(2).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        self.0.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        TcpListener::registered(std::net::TcpListener::from(self.0))
    }

    /// Connects to one address. The attempt begins at once. Cancel safe: dropped, it gives up.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn connect(self, addr: SocketAddr) -> ConnectSocket {
        ConnectSocket::new(self.0, addr, Location::caller())
    }

    /// The local address.
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()?.as_socket().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "the socket has no internet address")
        })
    }

    /// An error that the socket has not told yet.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.0.take_error()
    }
}

impl AsFd for TcpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for TcpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl From<TcpSocket> for OwnedFd {
    fn from(socket: TcpSocket) -> OwnedFd {
        socket.0.into()
    }
}
