//! `TcpStream`: a TCP connection.

use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::os::fd::OwnedFd;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use cortado_core::io::{AsyncFd, Direction, Interest};
use futures_io::{AsyncRead, AsyncWrite};
use socket2::Socket;

use crate::net::addr::{Lookup, ToSocketAddrs};
use crate::net::call::Call;
use crate::net::connect::Connect;
use crate::net::methods::{any_socket, byte_socket, sending_socket};
use crate::net::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use crate::stream::{Kind, Short, Stream};

/// A TCP connection.
///
/// It reads and writes through the `futures-io` traits, also through a shared reference; for
/// their poll functions, as for all, the last task that called is woken, one per direction.
/// `AsyncReadExt` and `AsyncWriteExt` have the futures. What has been written is in the kernel's
/// hands: `flush` does nothing. `close` shuts the writing half down.
///
/// Options without a method here are those of `SockRef::from(&stream)`. `TcpListener` has an
/// example.
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
        let stream = TcpStream::registered(StdStream::from(fd))?;
        stream.0.fd().expect_ready(Interest::READABLE | Interest::WRITABLE);
        Ok(stream)
    }

    /// A socket that has connected, or is going to: nothing can be done with it before.
    #[track_caller]
    pub(crate) fn connecting(socket: Socket) -> io::Result<TcpStream> {
        TcpStream::registered(StdStream::from(socket))
    }

    pub(crate) fn fd(&self) -> &AsyncFd<StdStream> {
        self.0.fd()
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
}

any_socket!(TcpStream over StdStream, Kind::socket(Short::Drained));
sending_socket!(TcpStream);
byte_socket!(TcpStream);
