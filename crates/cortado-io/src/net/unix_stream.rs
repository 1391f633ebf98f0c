//! `UnixListener` and `UnixStream`: connections on this machine.

use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::{SocketAddr, UnixListener as StdListener, UnixStream as StdStream};
use std::panic::Location;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_core::io::{Direction, Interest, Readiness, ReadyEvent};
use cortado_probe::Wait;
use futures_io::{AsyncRead, AsyncWrite};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use rustix::net::{accept_with, connect, socket_with};

use crate::net::accept::{Accept, Incoming, Listener, accept_directly, sealed};
use crate::net::methods::{any_socket, byte_socket, sending_socket};
use crate::net::pause::Pause;
use crate::net::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use crate::net::unix_addr::{UCred, to_system, unreported};
use crate::stream::{Kind, Short, Stream};

/// A socket that accepts connections on this machine.
///
/// The file of a path stays when the listener is dropped; remove it before binding again. Names
/// of Linux's abstract namespace have no file: see `bind_addr`.
///
/// ```
/// use std::os::linux::net::SocketAddrExt;
/// use std::os::unix::net::SocketAddr;
/// use cortado_io::net::{UnixListener, UnixStream};
/// use cortado_io::{AsyncReadExt, AsyncWriteExt};
///
/// # cortado_core::Runtime::single()?.block_on(async {
/// let name = format!("cortado-example-{}", std::process::id());
/// let addr = SocketAddr::from_abstract_name(&name)?;
/// let listener = UnixListener::bind_addr(&addr)?;
/// let mut client = UnixStream::connect_addr(&addr).await?;
/// let (mut server, _) = listener.accept().await?;
/// client.write_all(b"hello").await?;
/// let mut heard = [0; 5];
/// server.read_exact(&mut heard).await?;
/// assert_eq!(&heard, b"hello");
/// assert_eq!(server.peer_cred()?.pid(), std::process::id() as i32);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct UnixListener(Stream<StdListener>);

any_socket!(UnixListener over StdListener, Kind::listener());

impl UnixListener {
    /// Listens at a path.
    ///
    /// # Errors
    /// `AddrInUse` where the path exists; else those of bind(2).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixListener> {
        UnixListener::from_std(StdListener::bind(path)?)
    }

    /// Listens at an address, such as one of the abstract namespace
    /// (`SocketAddrExt::from_abstract_name` of the standard library).
    ///
    /// # Errors
    /// Those of bind(2).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<UnixListener> {
        UnixListener::from_std(StdListener::bind_addr(addr)?)
    }

    /// Waits for a connection; everything that is said at `TcpListener::accept` holds.
    ///
    /// # Errors
    /// Where the socket does not listen (any more).
    ///
    /// # Panics
    /// When polled outside of a runtime.
    #[track_caller]
    pub fn accept(&self) -> Accept<'_, UnixListener> {
        Accept::new(self, Location::caller())
    }

    /// Accepts a connection if one is there.
    ///
    /// # Errors
    /// `WouldBlock` where there is none; those of accept(2), also where there are too many open
    /// files.
    #[track_caller]
    pub fn try_accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        self.0.fd().try_anyway(Direction::Read, |_| accept_directly(self))
    }

    /// `accept` as a poll function, which wakes the task that called last.
    ///
    /// # Errors
    /// As `try_accept`. After an error for want of open files, wait before polling again.
    #[track_caller]
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        self.0.poll_call(Direction::Read, cx, |_| accept_directly(self))
    }

    /// The connections as a stream, which has no end. An error does not end it either.
    #[track_caller]
    pub fn incoming(&self) -> Incoming<'_, UnixListener> {
        Incoming::new(self, Location::caller())
    }

    /// The address that it listens at.
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().local_addr()
    }
}

impl sealed::Sealed for UnixListener {}

impl Listener for UnixListener {
    type Stream = UnixStream;
    type Address = SocketAddr;

    fn readiness(&self, location: &'static Location<'static>) -> Readiness<'_> {
        self.0.ready(Direction::Read, location)
    }

    fn accept_once(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        // The address is asked for apart: rustix 1.1.6 takes an unnamed one for one of the abstract
        // namespace, and panics at a path of full length.
        let stream = UnixStream::connected(accept_with(&self.0, flags)?)?;
        let from = stream.peer_addr()?;
        Ok((stream, from))
    }

    fn clear(&self, event: ReadyEvent) {
        self.0.fd().clear_ready(event);
    }
}

/// A connection on this machine.
///
/// It reads and writes as `TcpStream` does. `UnixListener` has an example.
#[derive(Debug)]
pub struct UnixStream(Stream<StdStream>);

any_socket!(UnixStream over StdStream, Kind::socket(Short::DrainedByWrites));
sending_socket!(UnixStream);
byte_socket!(UnixStream);

impl UnixStream {
    /// Connects to a path. While the listener's queue is full it waits, and tries again after 1 ms
    /// and then less often, up to ten times a second. Cancel safe: dropped, it gives up.
    ///
    /// # Errors
    /// `NotFound` where the path does not exist, `ConnectionRefused` where nobody listens; else
    /// those of connect(2).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn connect(path: impl AsRef<Path>) -> ConnectUnix {
        ConnectUnix::new(SocketAddrUnix::new(path.as_ref()).map_err(io::Error::from))
    }

    /// The same for an address, such as one of the abstract namespace.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn connect_addr(addr: &SocketAddr) -> ConnectUnix {
        ConnectUnix::new(to_system(addr))
    }

    /// Two sockets that are connected to each other.
    ///
    /// # Errors
    /// Where this process has too many open files.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (left, right) = StdStream::pair()?;
        Ok((UnixStream::from_std(left)?, UnixStream::from_std(right)?))
    }

    /// A connection that is there: it has room to write, and maybe something to read.
    #[track_caller]
    fn connected(fd: OwnedFd) -> io::Result<UnixStream> {
        let stream = UnixStream::registered(StdStream::from(fd))?;
        stream.0.fd().expect_ready(Interest::READABLE | Interest::WRITABLE);
        Ok(stream)
    }

    /// The address of this side.
    ///
    /// # Errors
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().local_addr()
    }

    /// The address of the other side.
    ///
    /// # Errors
    /// Those of getpeername(2).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().peer_addr()
    }

    /// Who is at the other side.
    ///
    /// # Errors
    /// Those of getsockopt(2).
    pub fn peer_cred(&self) -> io::Result<UCred> {
        UCred::of_peer(self)
    }
}

/// What `UnixStream::connect` and `UnixStream::connect_addr` return.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ConnectUnix {
    addr: io::Result<SocketAddrUnix>,
    pause: Pause,
    location: &'static Location<'static>,
}

impl ConnectUnix {
    #[track_caller]
    fn new(addr: io::Result<SocketAddrUnix>) -> ConnectUnix {
        ConnectUnix { addr, pause: unreported(), location: Location::caller() }
    }

    /// Nothing where the listener's queue is full.
    fn attempt(addr: &SocketAddrUnix) -> io::Result<Option<UnixStream>> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        match connect(&fd, addr) {
            Ok(()) => UnixStream::connected(fd).map(Some),
            Err(Errno::AGAIN) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Future for ConnectUnix {
    type Output = io::Result<UnixStream>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<UnixStream>> {
        let ConnectUnix { addr, pause, location } = self.get_mut();
        let addr = match addr {
            Ok(addr) => &*addr,
            Err(error) => {
                return Poll::Ready(Err(std::mem::replace(error, io::ErrorKind::Other.into())));
            }
        };
        loop {
            ready!(pause.poll(cx, Wait::Connect, location));
            if let Some(stream) = ConnectUnix::attempt(addr)? {
                return Poll::Ready(Ok(stream));
            }
            pause.begin();
        }
    }
}
