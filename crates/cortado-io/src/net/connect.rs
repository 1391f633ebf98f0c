//! Connecting: one attempt, and the race of attempts over all addresses of a host.
//!
//! The race follows RFC 8305 ("Happy Eyeballs Version 2"). The addresses come in the resolver's
//! order of preference (RFC 6724); the families are interleaved, beginning with that of the first
//! (section 4, with a First Address Family Count of 1). An attempt begins when the one before has
//! failed, or has not succeeded for the Connection Attempt Delay of 250 ms (section 5). The first
//! connection wins, and the other attempts are dropped, which closes them. What the RFC says about
//! asking for both kinds of record at once is the system resolver's affair.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use cortado_core::io::Direction;
use cortado_core::time::{Sleep, sleep};
use cortado_probe::Wait;
use rustix::io::Errno;
use socket2::Socket;

use crate::net::addr::Lookup;
use crate::net::tcp_socket::TcpSocket;
use crate::net::tcp_stream::TcpStream;

/// The Connection Attempt Delay that RFC 8305 recommends in section 5.
const STAGGER: Duration = Duration::from_millis(250);

/// A socket that is connecting, or has connected at once.
#[derive(Debug)]
struct Attempt {
    stream: TcpStream,
    addr: SocketAddr,
}

impl Attempt {
    fn begin(socket: Socket, addr: SocketAddr) -> io::Result<Attempt> {
        match socket.connect(&addr.into()) {
            Ok(()) => {}
            Err(error) if Errno::from_io_error(&error) == Some(Errno::INPROGRESS) => {}
            Err(error) => return Err(error),
        }
        Ok(Attempt { stream: TcpStream::connecting(socket)?, addr })
    }

    /// Ready where it is known how the attempt has ended.
    fn poll(
        &self,
        cx: &mut Context<'_>,
        location: &'static Location<'static>,
    ) -> Poll<io::Result<()>> {
        let fd = self.stream.fd();
        loop {
            let write = Direction::Write;
            let event = ready!(fd.poll_ready_for(write, cx, Wait::Connect, location));
            if let Some(error) = self.stream.take_error()? {
                return Poll::Ready(Err(error));
            }
            match self.stream.peer_addr() {
                Err(error) if error.kind() == io::ErrorKind::NotConnected => fd.clear_ready(event),
                connected => return Poll::Ready(connected.map(|_| ())),
            }
        }
    }
}

/// What `TcpStream::connect` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Connect {
    lookup: Option<Lookup>,
    race: Race,
}

impl Connect {
    pub(crate) fn new(lookup: Lookup, location: &'static Location<'static>) -> Connect {
        Connect { lookup: Some(lookup), race: Race::new(VecDeque::new(), location) }
    }
}

impl Future for Connect {
    type Output = io::Result<TcpStream>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let Connect { lookup, race } = self.get_mut();
        if let Some(looking) = lookup {
            let addresses = ready!(looking.poll(cx));
            *lookup = None;
            race.to_start = interleaved(addresses?);
        }
        race.poll(cx)
    }
}

/// What `TcpSocket::connect` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct ConnectSocket {
    begun: io::Result<Option<Attempt>>,
    location: &'static Location<'static>,
}

impl ConnectSocket {
    pub(crate) fn new(
        socket: Socket,
        addr: SocketAddr,
        location: &'static Location<'static>,
    ) -> ConnectSocket {
        ConnectSocket { begun: Attempt::begin(socket, addr).map(Some), location }
    }
}

impl Future for ConnectSocket {
    type Output = io::Result<TcpStream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let location = self.location;
        if let Ok(Some(attempt)) = &self.begun {
            ready!(attempt.poll(cx, location))?;
        }
        let attempt = std::mem::replace(&mut self.begun, Ok(None))?;
        match attempt {
            Some(attempt) => Poll::Ready(Ok(attempt.stream)),
            None => panic!("a future of connect was polled after it had returned the connection"),
        }
    }
}

/// All addresses of a host, tried one after the other and, where that takes long, side by side.
#[derive(Debug)]
struct Race {
    to_start: VecDeque<SocketAddr>,
    running: Vec<Attempt>,
    /// Until the next one starts beside those that run; without it the next one starts at once.
    stagger: Option<Sleep>,
    failures: Vec<(SocketAddr, io::Error)>,
    location: &'static Location<'static>,
}

impl Race {
    fn new(to_start: VecDeque<SocketAddr>, location: &'static Location<'static>) -> Race {
        Race { to_start, running: Vec::new(), stagger: None, failures: Vec::new(), location }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        loop {
            if let Some(winner) = self.poll_running(cx) {
                self.to_start.clear();
                self.running.clear();
                return Poll::Ready(Ok(winner));
            }
            if self.to_start.is_empty() {
                return match self.running.is_empty() {
                    true => Poll::Ready(Err(self.failure())),
                    false => Poll::Pending,
                };
            }
            ready!(self.poll_stagger(cx));
            if let Some(addr) = self.to_start.pop_front() {
                self.start(addr);
            }
        }
    }

    /// The stream of the first attempt that has succeeded; those that have failed are taken out.
    fn poll_running(&mut self, cx: &mut Context<'_>) -> Option<TcpStream> {
        let mut at = 0;
        while let Some(attempt) = self.running.get(at) {
            match attempt.poll(cx, self.location) {
                Poll::Pending => at += 1,
                Poll::Ready(Ok(())) => return Some(self.running.swap_remove(at).stream),
                Poll::Ready(Err(error)) => {
                    let failed = self.running.remove(at);
                    self.fail(failed.addr, error);
                }
            }
        }
        None
    }

    /// Pending while the next attempt must not start yet.
    fn poll_stagger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.stagger {
            Some(stagger) => stagger.poll_for(cx, Wait::Connect, self.location),
            None => Poll::Ready(()),
        }
    }

    fn fail(&mut self, addr: SocketAddr, error: io::Error) {
        self.failures.push((addr, error));
        self.stagger = None;
    }

    fn start(&mut self, addr: SocketAddr) {
        let begun =
            TcpSocket::new_for(&addr).and_then(|socket| Attempt::begin(socket.into_socket(), addr));
        match begun {
            Ok(attempt) => {
                self.running.push(attempt);
                self.stagger = (!self.to_start.is_empty()).then(|| sleep(STAGGER));
            }
            Err(error) => self.fail(addr, error),
        }
    }

    /// Why nothing was connected: the error of the address that the system prefers decides.
    fn failure(&mut self) -> io::Error {
        let mut failures = self.failures.drain(..);
        let Some((addr, first)) = failures.next() else {
            panic!("a future of connect was polled after it had returned the connection");
        };
        let kind = first.kind();
        let mut text = format!("cannot connect to {addr}: {first}");
        for (addr, error) in failures {
            // Writing to a string does not fail.
            let _ = write!(text, "; nor to {addr}: {error}");
        }
        io::Error::new(kind, text)
    }
}

/// The addresses by turns of their families, each family in its order.
fn interleaved(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (mut same, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|addr| addr.is_ipv4() == first_is_v4);
    let mut order = VecDeque::with_capacity(same.len() + other.len());
    while !same.is_empty() || !other.is_empty() {
        order.extend(same.pop_front());
        order.extend(other.pop_front());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_take_turns_and_the_first_one_begins() {
        let parse = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let order =
            interleaved(parse(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "1.1.1.2:1"]));
        let expected = parse(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "[::3]:1"]);
        assert_eq!(Vec::from(order), expected);
        assert!(interleaved(Vec::new()).is_empty());
    }
}
