//! `UnixDatagram`: messages on this machine.

use std::future::Future;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::{SocketAddr, UnixDatagram as StdSocket};
use std::panic::Location;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_core::io::{Direction, Interest};
use cortado_probe::{Wait, turn};

use crate::net::call::Call;
use crate::net::methods::{any_socket, message_socket, sending_socket, unless_gone};
use crate::net::pause::Pause;
use crate::net::unix_addr::{UCred, unreported};
use crate::stream::{Kind, Short, Stream};

/// A socket for messages on this machine.
///
/// Unlike with UDP no message is lost: sending waits while the receiver's queue is full. For
/// `send`, to the address that this socket is connected to, the kernel tells when there is room.
/// For `send_to` it does not, so that one tries again after 1 ms and then less often, up to ten
/// times a second; there is no poll function for it for that reason.
///
/// ```
/// use cortado_io::net::UnixDatagram;
///
/// # cortado_core::Runtime::single()?.block_on(async {
/// let (left, right) = UnixDatagram::pair()?;
/// left.send(b"hello").await?;
/// let mut buffer = [0; 64];
/// let len = right.recv(&mut buffer).await?;
/// assert_eq!(&buffer[..len], b"hello");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct UnixDatagram(Stream<StdSocket>);

/// What `UnixDatagram::recv_from` returns.
pub type UnixRecvFrom<'a> = Call<'a, StdSocket, &'a mut [u8], (usize, SocketAddr)>;

any_socket!(UnixDatagram over StdSocket, Kind::socket(Short::Nothing));
sending_socket!(UnixDatagram);
message_socket!(UnixDatagram over StdSocket);

impl UnixDatagram {
    /// A socket at a path. The file stays when the socket is dropped.
    ///
    /// # Errors
    /// `AddrInUse` where the path exists; else those of bind(2).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixDatagram> {
        UnixDatagram::writable_from(StdSocket::bind(path)?)
    }

    /// A socket at an address, such as one of the abstract namespace.
    ///
    /// # Errors
    /// Those of bind(2).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<UnixDatagram> {
        UnixDatagram::writable_from(StdSocket::bind_addr(addr)?)
    }

    /// A socket without an address: it can send, and be answered only where it is connected.
    ///
    /// # Errors
    /// Where this process has too many open files.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn unbound() -> io::Result<UnixDatagram> {
        UnixDatagram::writable_from(StdSocket::unbound()?)
    }

    /// Two sockets that are connected to each other.
    ///
    /// # Errors
    /// Where this process has too many open files.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (left, right) = StdSocket::pair()?;
        Ok((UnixDatagram::writable_from(left)?, UnixDatagram::writable_from(right)?))
    }

    #[track_caller]
    fn writable_from(socket: StdSocket) -> io::Result<UnixDatagram> {
        let socket = UnixDatagram::from_std(socket)?;
        socket.0.fd().expect_ready(Interest::WRITABLE);
        Ok(socket)
    }

    /// Sets the one address that `send` sends to and that `recv` receives from.
    ///
    /// # Errors
    /// `NotFound` and `ConnectionRefused` where nobody is there; else those of connect(2).
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.0.get_ref().connect(path)
    }

    /// The same for an address, such as one of the abstract namespace.
    ///
    /// # Errors
    /// As `connect`.
    pub fn connect_addr(&self, addr: &SocketAddr) -> io::Result<()> {
        self.0.get_ref().connect_addr(addr)
    }

    /// The address of this socket.
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().local_addr()
    }

    /// The address that it is connected to.
    ///
    /// # Errors
    /// `NotConnected` where it is not.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().peer_addr()
    }

    /// Who is at the other side of a `pair`.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn peer_cred(&self) -> io::Result<UCred> {
        UCred::of_peer(self)
    }

    /// Ends receiving, sending, or both. What is not connected (any more) is shut down already.
    ///
    /// # Errors
    /// Those of shutdown(2).
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        unless_gone(self.0.get_ref().shutdown(how))
    }

    /// Sends a message to a path and returns its length. Cancel safe: dropped, nothing was sent.
    ///
    /// # Errors
    /// `NotFound` and `ConnectionRefused` where nobody is there; else those of sendto(2).
    ///
    /// # Panics
    /// When polled outside of a runtime, where the receiver's queue is full.
    #[track_caller]
    pub fn send_to<'a, P: AsRef<Path> + Unpin>(
        &'a self,
        message: &'a [u8],
        path: P,
    ) -> SendToUnix<'a, P> {
        let location = Location::caller();
        SendToUnix { socket: self, message, path, pause: unreported(), location }
    }

    /// `send_to`, if there is room now.
    ///
    /// # Errors
    /// `WouldBlock` where there is none; else as `send_to`.
    pub fn try_send_to(&self, message: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        self.0.get_ref().send_to(message, path)
    }

    /// The same for an address, such as one of the abstract namespace.
    ///
    /// # Errors
    /// As `try_send_to`.
    pub fn try_send_to_addr(&self, message: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        self.0.get_ref().send_to_addr(message, addr)
    }

    /// Receives a message; its length and its sender. What the buffer has no room for is lost.
    #[track_caller]
    pub fn recv_from<'a>(&'a self, buffer: &'a mut [u8]) -> UnixRecvFrom<'a> {
        Call::new(&self.0, Direction::Read, buffer, |std, buffer| std.recv_from(buffer))
    }

    /// `recv_from`, if a message is there now.
    ///
    /// # Errors
    /// `WouldBlock` where there is none; else those of recvfrom(2).
    pub fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.try_io(Direction::Read, |std| std.recv_from(buffer))
    }

    /// `recv_from` as a poll function, which wakes the task that called last.
    ///
    /// # Errors
    /// Those of recvfrom(2).
    #[track_caller]
    pub fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.0.poll_call(Direction::Read, cx, |std| std.recv_from(buffer))
    }
}

/// What `UnixDatagram::send_to` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct SendToUnix<'a, P> {
    socket: &'a UnixDatagram,
    message: &'a [u8],
    path: P,
    pause: Pause,
    location: &'static Location<'static>,
}

impl<P: AsRef<Path> + Unpin> Future for SendToUnix<'_, P> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let SendToUnix { socket, message, path, pause, location } = self.get_mut();
        loop {
            ready!(pause.poll(cx, Wait::Send, location));
            let progress = ready!(turn::proceed(cx, location));
            match socket.try_send_to(message, &*path) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => pause.begin(),
                sent => {
                    progress.made();
                    return Poll::Ready(sent);
                }
            }
        }
    }
}
