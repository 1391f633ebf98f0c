//! From what a user writes as an address to the socket addresses that it means.
//!
//! Numeric addresses are taken as they are. Names go to the system's resolver (`getaddrinfo`) on
//! the blocking pool, so `/etc/hosts` and whatever else is configured there holds.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use cortado_core::{JoinHandle, spawn_blocking};
use cortado_probe::Wait;

/// What can be given as an address: socket addresses, pairs of a host and a port, and text such
/// as `"example.org:443"` or `"[::1]:80"`.
///
/// It has the implementations of the trait of that name in `std::net`, which cannot be used here
/// because its one function blocks.
pub trait ToSocketAddrs {
    /// What is known without asking anyone.
    #[doc(hidden)]
    fn to_addresses(&self) -> Addresses;
}

/// The addresses, or whom to ask for them.
#[doc(hidden)]
#[derive(Debug)]
pub enum Addresses {
    One(SocketAddr),
    Known(Vec<SocketAddr>),
    Name(String, u16),
    Invalid(io::Error),
}

impl Addresses {
    fn of_host(host: &str, port: u16) -> Addresses {
        match host.parse::<IpAddr>() {
            Ok(ip) => Addresses::One(SocketAddr::new(ip, port)),
            Err(_) => Addresses::Name(host.to_owned(), port),
        }
    }

    fn of_text(text: &str) -> Addresses {
        if let Ok(addr) = text.parse() {
            return Addresses::One(addr);
        }
        let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        match parts {
            Some((host, port)) => Addresses::of_host(host, port),
            None => Addresses::Invalid(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{text:?} is not an address: write host:port, such as localhost:80"),
            )),
        }
    }
}

macro_rules! known {
    ($($known:ty),*) => {$(
        impl ToSocketAddrs for $known {
            fn to_addresses(&self) -> Addresses {
                Addresses::One(SocketAddr::from(*self))
            }
        }
    )*};
}

known!(SocketAddr, SocketAddrV4, SocketAddrV6, (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));

impl ToSocketAddrs for [SocketAddr] {
    fn to_addresses(&self) -> Addresses {
        Addresses::Known(self.to_vec())
    }
}

impl ToSocketAddrs for Vec<SocketAddr> {
    fn to_addresses(&self) -> Addresses {
        Addresses::Known(self.clone())
    }
}

impl ToSocketAddrs for str {
    fn to_addresses(&self) -> Addresses {
        Addresses::of_text(self)
    }
}

impl ToSocketAddrs for String {
    fn to_addresses(&self) -> Addresses {
        Addresses::of_text(self)
    }
}

impl ToSocketAddrs for (&str, u16) {
    fn to_addresses(&self) -> Addresses {
        Addresses::of_host(self.0, self.1)
    }
}

impl ToSocketAddrs for (String, u16) {
    fn to_addresses(&self) -> Addresses {
        Addresses::of_host(&self.0, self.1)
    }
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {
    fn to_addresses(&self) -> Addresses {
        (**self).to_addresses()
    }
}

/// Finds the socket addresses of a host, in the order of preference of the system.
///
/// Cancel safe: dropped, it leaves the resolver's answer to nobody. The blocking pool's thread
/// goes on to wait for it.
///
/// # Errors
/// Where the text is no address, or the resolver knows no such name or cannot be reached.
///
/// # Panics
/// Outside of a runtime, where a name must be looked up.
///
/// ```
/// # cortado_core::Runtime::single()?.block_on(async {
/// let mut found = cortado_io::net::lookup_host("127.0.0.1:80").await?;
/// assert_eq!(found.next(), Some(([127, 0, 0, 1], 80).into()));
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn lookup_host(host: impl ToSocketAddrs) -> LookupHost {
    LookupHost(Lookup::new(&host))
}

/// What `lookup_host` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct LookupHost(Lookup);

impl Future for LookupHost {
    type Output = io::Result<vec::IntoIter<SocketAddr>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map_ok(Vec::into_iter)
    }
}

/// Addresses that are known or looked up. At least one, where there is no error.
#[derive(Debug)]
pub(crate) enum Lookup {
    One(SocketAddr),
    Known(io::Result<Vec<SocketAddr>>),
    Asking(JoinHandle<io::Result<Vec<SocketAddr>>>),
}

impl Lookup {
    #[track_caller]
    pub(crate) fn new(host: &(impl ToSocketAddrs + ?Sized)) -> Lookup {
        match host.to_addresses() {
            Addresses::One(addr) => Lookup::One(addr),
            Addresses::Known(addresses) => Lookup::Known(some(addresses, "the list of addresses")),
            Addresses::Invalid(error) => Lookup::Known(Err(error)),
            Addresses::Name(host, port) => Lookup::Asking(spawn_blocking(move || {
                let found = std::net::ToSocketAddrs::to_socket_addrs(&(host.as_str(), port))
                    .map_err(|error| unknown(&host, &error))?;
                some(found.collect(), &host)
            })),
        }
    }

    /// Not to be polled again after it was ready.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Vec<SocketAddr>>> {
        match self {
            Lookup::One(addr) => Poll::Ready(Ok(vec![*addr])),
            Lookup::Known(known) => Poll::Ready(std::mem::replace(known, Ok(Vec::new()))),
            Lookup::Asking(asking) => match ready!(asking.poll_for(cx, Wait::Lookup)) {
                Ok(found) => Poll::Ready(found),
                // The pool was shut down before the lookup began.
                Err(error) => Poll::Ready(Err(io::Error::other(error))),
            },
        }
    }
}

impl Lookup {
    /// The address that the system prefers. It may be polled again only where it is known.
    pub(crate) fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        if let Lookup::One(addr) = self {
            return Poll::Ready(Ok(*addr));
        }
        let first = ready!(self.poll(cx))?[0];
        *self = Lookup::One(first);
        Poll::Ready(Ok(first))
    }
}

fn some(addresses: Vec<SocketAddr>, of: &str) -> io::Result<Vec<SocketAddr>> {
    match addresses.is_empty() {
        false => Ok(addresses),
        true => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{of} has no address: there is nothing to connect or bind to"),
        )),
    }
}

fn unknown(host: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot find the address of {host:?}: {error}"))
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
