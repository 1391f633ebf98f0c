//! `TcpSocket`: a TCP socket that is neither connected nor listening yet, to set its options.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::panic::Location;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

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
        TcpListener::registered(self.0.into())
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
        ip_address(&self.0.local_addr()?)
    }

    /// An error that the socket has not told yet.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.0.take_error()
    }
}

/// Defines pairs of methods, each with the name of the option.
macro_rules! options {
    ($($(#[$doc:meta])* $get:ident, $set:ident, $type:ty;)*) => {
        /// Options. Their errors are those of getsockopt(2) and setsockopt(2).
        impl TcpSocket {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// See getsockopt(2).
            pub fn $get(&self) -> io::Result<$type> {
                self.0.$get()
            }

            $(#[$doc])*
            ///
            /// # Errors
            /// See setsockopt(2).
            pub fn $set(&self, value: $type) -> io::Result<()> {
                self.0.$set(value)
            }
        )*}
    };
}

options! {
    /// Whether probes find out that a silent peer is gone (`SO_KEEPALIVE`).
    keepalive, set_keepalive, bool;
    /// What closing does with unsent data (`SO_LINGER`); see `TcpStream::set_linger`.
    linger, set_linger, Option<Duration>;
}

/// The same options under names that differ from those of socket2.
impl TcpSocket {
    /// Whether an address in `TIME_WAIT` can be had again (`SO_REUSEADDR`).
    ///
    /// # Errors
    /// See getsockopt(2).
    pub fn reuseaddr(&self) -> io::Result<bool> {
        self.0.reuse_address()
    }

    /// Whether an address in `TIME_WAIT` can be had again (`SO_REUSEADDR`).
    ///
    /// # Errors
    /// See setsockopt(2).
    pub fn set_reuseaddr(&self, reuse: bool) -> io::Result<()> {
        self.0.set_reuse_address(reuse)
    }

    /// Whether several sockets may listen at one address, among which the kernel distributes
    /// connections (`SO_REUSEPORT`).
    ///
    /// # Errors
    /// See getsockopt(2).
    pub fn reuseport(&self) -> io::Result<bool> {
        self.0.reuse_port()
    }

    /// Whether several sockets may listen at one address, among which the kernel distributes
    /// connections (`SO_REUSEPORT`).
    ///
    /// # Errors
    /// See setsockopt(2).
    pub fn set_reuseport(&self, reuse: bool) -> io::Result<()> {
        self.0.set_reuse_port(reuse)
    }

    /// Whether small writes are sent at once instead of being gathered (`TCP_NODELAY`).
    ///
    /// # Errors
    /// See getsockopt(2).
    pub fn nodelay(&self) -> io::Result<bool> {
        self.0.tcp_nodelay()
    }

    /// Whether small writes are sent at once instead of being gathered (`TCP_NODELAY`).
    ///
    /// # Errors
    /// See setsockopt(2).
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.0.set_tcp_nodelay(nodelay)
    }

    /// The size of the receive buffer in bytes, as the kernel counts it: twice what was set
    /// (`SO_RCVBUF`).
    ///
    /// # Errors
    /// See getsockopt(2).
    pub fn recv_buffer_size(&self) -> io::Result<usize> {
        self.0.recv_buffer_size()
    }

    /// The size of the receive buffer in bytes (`SO_RCVBUF`). The kernel no longer adapts it then.
    ///
    /// # Errors
    /// See setsockopt(2).
    pub fn set_recv_buffer_size(&self, bytes: usize) -> io::Result<()> {
        self.0.set_recv_buffer_size(bytes)
    }

    /// The size of the send buffer in bytes, as the kernel counts it: twice what was set
    /// (`SO_SNDBUF`).
    ///
    /// # Errors
    /// See getsockopt(2).
    pub fn send_buffer_size(&self) -> io::Result<usize> {
        self.0.send_buffer_size()
    }

    /// The size of the send buffer in bytes (`SO_SNDBUF`). The kernel no longer adapts it then.
    ///
    /// # Errors
    /// See setsockopt(2).
    pub fn set_send_buffer_size(&self, bytes: usize) -> io::Result<()> {
        self.0.set_send_buffer_size(bytes)
    }

    /// The type of service of IPv4 packets (`IP_TOS`).
    ///
    /// # Errors
    /// See getsockopt(2).
    pub fn tos_v4(&self) -> io::Result<u32> {
        self.0.tos_v4()
    }

    /// The type of service of IPv4 packets (`IP_TOS`).
    ///
    /// # Errors
    /// See setsockopt(2).
    pub fn set_tos_v4(&self, tos: u32) -> io::Result<()> {
        self.0.set_tos_v4(tos)
    }

    /// The traffic class of IPv6 packets (`IPV6_TCLASS`).
    ///
    /// # Errors
    /// See getsockopt(2).
    pub fn tclass_v6(&self) -> io::Result<u32> {
        self.0.tclass_v6()
    }

    /// The traffic class of IPv6 packets (`IPV6_TCLASS`).
    ///
    /// # Errors
    /// See setsockopt(2).
    pub fn set_tclass_v6(&self, class: u32) -> io::Result<()> {
        self.0.set_tclass_v6(class)
    }

    /// Uses only this network interface (`SO_BINDTODEVICE`); with `None`, any.
    ///
    /// # Errors
    /// See setsockopt(2).
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        self.0.bind_device(interface)
    }

    /// The network interface that `bind_device` has set.
    ///
    /// # Errors
    /// See getsockopt(2).
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        self.0.device()
    }
}

/// The address of a socket that is known to be one of IP.
pub(crate) fn ip_address(addr: &socket2::SockAddr) -> io::Result<SocketAddr> {
    addr.as_socket().ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "the socket has no internet address")
    })
}

/// Access to all options of socket2 for what has a descriptor.
pub(crate) fn options(socket: &impl AsFd) -> SockRef<'_> {
    SockRef::from(socket)
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
