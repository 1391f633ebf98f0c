//! Sockets.
//!
//! The names are Tokio's where the meaning is the same. What is different:
//! - `TcpStream::connect` tries the addresses of a host as RFC 8305 ("Happy Eyeballs") says.
//! - `accept` waits where there is no room for one more open file, instead of returning an error
//!   that makes a loop around it spin.
//! - The `try_…` functions ask the kernel, also where the reactor has not reported readiness yet.
//! - Sockets of the standard library that come in are put into non-blocking mode here.
//! - The traits are those of `futures-io`.

mod accept;
mod addr;
mod call;
mod connect;
mod methods;
mod options;
mod pause;
mod split;
mod tcp_listener;
mod tcp_socket;
mod tcp_stream;
mod udp;
mod unix_addr;
mod unix_datagram;
mod unix_stream;

pub use std::net::Shutdown;

pub use socket2::SockRef;

pub use accept::{Accept, Incoming, Listener};
pub use addr::{LookupHost, ToSocketAddrs, lookup_host};
pub use call::{Call, Ready};
pub use connect::{Connect, ConnectSocket};
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, Splits, WriteHalf};
pub use tcp_listener::{BindTcp, TcpListener};
pub use tcp_socket::TcpSocket;
pub use tcp_stream::{PeekTcp, TcpStream};
pub use udp::{BindUdp, ConnectUdp, SendTo, UdpRecvFrom, UdpSocket};
pub use unix_addr::UCred;
pub use unix_datagram::{SendToUnix, UnixDatagram, UnixRecvFrom};
pub use unix_stream::{ConnectUnix, UnixListener, UnixStream};
