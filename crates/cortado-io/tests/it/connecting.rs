//! Connecting to a host with several addresses, some of which are dead, and finding addresses.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use cortado_io::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use socket2::{Domain, Socket, Type};

use crate::{drop_pending, on_both};

/// An address that answers nothing: its listener's queue is full, so the kernel drops what comes.
/// Returned with what keeps it so.
fn silent() -> (SocketAddr, [Socket; 2]) {
    let [listener, client] = [(); 2].map(|()| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    });
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    // One connection fills a queue of length 0.
    listener.listen(0).unwrap();
    let addr = listener.local_addr().unwrap().as_socket().unwrap();
    let _ = client.connect(&addr.into());
    while connections_in_queue(addr) == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    (addr, [listener, client])
}

/// What the kernel tells of a listener as the bytes that it has received (proc_net_tcp(5)).
fn connections_in_queue(listener: SocketAddr) -> u32 {
    const LISTENING: &str = "0A";
    let end = format!("{:08X}:{:04X}", u32::from_be(0x7f00_0001), listener.port());
    let all = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let mut sockets = all.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let it = sockets.find(|fields| fields[1] == end && fields[3] == LISTENING).expect("it listens");
    let (_, received) = it[4].split_once(':').unwrap();
    u32::from_str_radix(received, 16).unwrap()
}

/// An address at which nobody listens. Its socket is kept, so that nobody else can.
fn refusing() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    (socket.local_addr().unwrap(), socket)
}

#[test]
fn a_dead_address_does_not_keep_from_a_living_one() {
    on_both(async || {
        let (dead, _held) = silent();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let living = listener.local_addr().unwrap();
        let stream = TcpStream::connect([dead, living].as_slice()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), living);
        drop_pending(TcpStream::connect(dead), 3).await;
        drop_pending(TcpStream::connect([dead, living].as_slice()), 1).await;
    });
}

#[test]
fn a_refusal_leads_to_the_next_address_and_all_are_told() {
    on_both(async || {
        let (first, _first) = refusing();
        let (second, _second) = refusing();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let living = listener.local_addr().unwrap();
        let stream = TcpStream::connect(vec![first, second, living]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), living);
        let error = TcpStream::connect(vec![first, second]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let text = error.to_string();
        assert!(text.contains(&first.to_string()) && text.contains(&second.to_string()), "{text}");
        let error = TcpSocket::new_v4().unwrap().connect(first).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn hosts_are_found_by_name_and_by_number() {
    on_both(async || {
        let numeric = [
            lookup_host("127.0.0.1:7"),
            lookup_host(("127.0.0.1", 7)),
            lookup_host((String::from("127.0.0.1"), 7)),
            lookup_host(SocketAddr::from(([127, 0, 0, 1], 7))),
        ];
        for found in numeric {
            assert!(found.await.unwrap().eq([SocketAddr::from(([127, 0, 0, 1], 7))]));
        }
        let v6 = lookup_host("[::1]:7").await.unwrap().next().unwrap();
        assert!(v6.is_ipv6() && v6.port() == 7);
        let mut local = lookup_host("localhost:7").await.unwrap();
        assert!(local.all(|addr| addr.ip().is_loopback() && addr.port() == 7));
        // Reserved never to exist (RFC 2606).
        let unknown = lookup_host("nobody.invalid:7").await.unwrap_err();
        assert!(unknown.to_string().contains("nobody.invalid"), "{unknown}");
        let none: &[SocketAddr] = &[];
        assert_eq!(TcpStream::connect(none).await.unwrap_err().kind(), ErrorKind::InvalidInput);
        drop_pending(lookup_host("localhost:7"), 0).await;
    });
}

#[test]
fn a_name_is_connected_to() {
    on_both(async || {
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stream = TcpStream::connect(("localhost", port)).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().port(), port);
    });
}
