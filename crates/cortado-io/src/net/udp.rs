//! `UdpSocket`: messages to and from anyone, or one peer.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket as StdSocket};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_core::io::{Direction, Interest, Readiness};

use crate::net::addr::{Lookup, ToSocketAddrs, bind_first};
use crate::net::call::Call;
use crate::net::methods::{any_socket, message_socket, sending_socket};
use crate::stream::{Kind, Short, Stream};

/// A UDP socket.
///
/// All functions work through a shared reference, so tasks share it in an `Arc`. Each message is
/// received whole or cut: what the buffer has no room for is lost.
///
/// ```
/// use cortado_io::net::UdpSocket;
///
/// # cortado_core::Runtime::single()?.block_on(async {
/// let here = UdpSocket::bind("127.0.0.1:0").await?;
/// let there = UdpSocket::bind("127.0.0.1:0").await?;
/// here.send_to(b"hello", there.local_addr()?).await?;
/// let mut buffer = [0; 1500];
/// let (len, from) = there.recv_from(&mut buffer).await?;
/// assert_eq!((&buffer[..len], from), (&b"hello"[..], here.local_addr()?));
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct UdpSocket(Stream<StdSocket>);

/// What `UdpSocket::recv_from` and `UdpSocket::peek_from` return.
pub type UdpRecvFrom<'a> = Call<'a, StdSocket, &'a mut [u8], (usize, SocketAddr)>;

any_socket!(UdpSocket over StdSocket, Kind::socket(Short::Nothing));
sending_socket!(UdpSocket);
message_socket!(UdpSocket over StdSocket);

impl UdpSocket {
    /// A socket at an address; of several, at the first one that can be had. Port 0 is any free
    /// port, which `local_addr` tells. Cancel safe.
    ///
    /// # Errors
    /// Where the name has no address, or no address can be had; the error names it.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn bind(addr: impl ToSocketAddrs) -> BindUdp {
        BindUdp(Lookup::new(&addr))
    }

    fn bind_one(addr: SocketAddr) -> io::Result<UdpSocket> {
        let socket = UdpSocket::from_std(StdSocket::bind(addr)?)?;
        socket.0.fd().expect_ready(Interest::WRITABLE);
        Ok(socket)
    }

    /// Sets the one address that `send` sends to and that `recv` receives from; of several, the
    /// first one that there is a way to. Nothing is sent. Cancel safe.
    ///
    /// # Errors
    /// Where the name has no address, or there is no way to it.
    ///
    /// # Panics
    /// Outside of a runtime, where a name must be looked up.
    #[track_caller]
    pub fn connect(&self, addr: impl ToSocketAddrs) -> ConnectUdp<'_> {
        ConnectUdp { socket: self, lookup: Lookup::new(&addr) }
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

    /// Sends a message to an address, of several to the first, and returns its length.
    ///
    /// Cancel safe: dropped, nothing was sent.
    ///
    /// # Errors
    /// Where the name has no address; else those of sendto(2). `ConnectionRefused` tells of an
    /// earlier message that nobody wanted.
    #[track_caller]
    pub fn send_to<'a>(&'a self, message: &'a [u8], target: impl ToSocketAddrs) -> SendTo<'a> {
        let readiness = self.0.ready(Direction::Write, Location::caller());
        SendTo { socket: self, readiness, message, lookup: Lookup::new(&target) }
    }

    /// `send_to`, if there is room now.
    ///
    /// # Errors
    /// `WouldBlock` where there is none; else those of sendto(2).
    pub fn try_send_to(&self, message: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.try_io(Direction::Write, |std| std.send_to(message, target))
    }

    /// `send_to` as a poll function, which wakes the task that called last.
    ///
    /// # Errors
    /// Those of sendto(2).
    #[track_caller]
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        message: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        self.0.poll_call(Direction::Write, cx, |std| std.send_to(message, target))
    }

    /// Receives a message; its length and its sender. What the buffer has no room for is lost.
    #[track_caller]
    pub fn recv_from<'a>(&'a self, buffer: &'a mut [u8]) -> UdpRecvFrom<'a> {
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

    /// `recv` that leaves the message there.
    #[track_caller]
    pub fn peek<'a>(&'a self, buffer: &'a mut [u8]) -> Call<'a, StdSocket, &'a mut [u8], usize> {
        Call::new(&self.0, Direction::Read, buffer, |std, buffer| std.peek(buffer))
    }

    /// `recv_from` that leaves the message there. With an empty buffer it tells the sender.
    #[track_caller]
    pub fn peek_from<'a>(&'a self, buffer: &'a mut [u8]) -> UdpRecvFrom<'a> {
        Call::new(&self.0, Direction::Read, buffer, |std, buffer| std.peek_from(buffer))
    }

    /// `peek_from`, if a message is there now.
    ///
    /// # Errors
    /// `WouldBlock` where there is none; else those of recvfrom(2).
    pub fn try_peek_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.try_io(Direction::Read, |std| std.peek_from(buffer))
    }

    /// `peek_from` as a poll function, which wakes the task that called last.
    ///
    /// # Errors
    /// Those of recvfrom(2).
    #[track_caller]
    pub fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.0.poll_call(Direction::Read, cx, |std| std.peek_from(buffer))
    }

    /// Receives what is sent to a multicast group, on the interface with this address.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn join_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.0.get_ref().join_multicast_v4(&group, &interface)
    }

    /// Receives what is sent to a multicast group, on the interface with this number; 0 is any.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn join_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.0.get_ref().join_multicast_v6(group, interface)
    }

    /// Ends `join_multicast_v4`.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn leave_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.0.get_ref().leave_multicast_v4(&group, &interface)
    }

    /// Ends `join_multicast_v6`.
    ///
    /// # Errors
    /// Those of setsockopt(2).
    pub fn leave_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.0.get_ref().leave_multicast_v6(group, interface)
    }
}

/// What `UdpSocket::bind` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct BindUdp(Lookup);

impl Future for BindUdp {
    type Output = io::Result<UdpSocket>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<UdpSocket>> {
        let addresses = ready!(self.0.poll(cx))?;
        Poll::Ready(bind_first(&addresses, UdpSocket::bind_one))
    }
}

/// What `UdpSocket::connect` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ConnectUdp<'a> {
    socket: &'a UdpSocket,
    lookup: Lookup,
}

impl Future for ConnectUdp<'_> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let addresses = ready!(self.lookup.poll(cx))?;
        Poll::Ready(self.socket.0.get_ref().connect(addresses.as_slice()))
    }
}

/// What `UdpSocket::send_to` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct SendTo<'a> {
    socket: &'a UdpSocket,
    readiness: Readiness<'a>,
    message: &'a [u8],
    lookup: Lookup,
}

impl Future for SendTo<'_> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let SendTo { socket, readiness, message, lookup } = self.get_mut();
        let target = ready!(lookup.poll_first(cx))?;
        loop {
            let event = ready!(Pin::new(&mut *readiness).poll(cx));
            let sent = socket.0.get_ref().send_to(message, target);
            if let Some(result) = socket.0.conclude(event, sent) {
                return Poll::Ready(result);
            }
        }
    }
}
