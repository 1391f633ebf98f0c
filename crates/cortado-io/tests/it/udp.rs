//! UDP: messages with their senders, cut where the buffer is short, to one peer or to a group.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use cortado_core::spawn;
use cortado_io::net::UdpSocket;

use crate::{drop_pending, on_both};

async fn bound() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = socket.local_addr().unwrap();
    (socket, addr)
}

#[test]
fn messages_come_with_their_sender_and_are_cut_to_the_buffer() {
    on_both(async || {
        let (here, from) = bound().await;
        let (there, to) = bound().await;
        assert_eq!(here.send_to(b"twelve bytes", to).await.unwrap(), 12);
        assert_eq!(here.try_send_to(b"second", to).unwrap(), 6);
        let mut buffer = [0; 6];
        assert_eq!(there.peek_from(&mut buffer).await.unwrap(), (6, from));
        assert_eq!(there.recv_from(&mut buffer).await.unwrap(), (6, from));
        assert_eq!(&buffer, b"twelve");
        // What was cut off is gone.
        assert_eq!(there.recv_from(&mut buffer).await.unwrap(), (6, from));
        assert_eq!(&buffer, b"second");
        assert_eq!(there.try_recv_from(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(there.try_peek_from(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(here.send_to(b"", to).await.unwrap(), 0);
        assert_eq!(there.recv_from(&mut buffer).await.unwrap(), (0, from));
    });
}

#[test]
fn connected_sockets_hear_only_their_peer() {
    on_both(async || {
        let (here, here_addr) = bound().await;
        // At this address no other test takes the port when it is free again.
        let there = UdpSocket::bind("127.0.0.2:0").await.unwrap();
        let there_addr = there.local_addr().unwrap();
        let (stranger, _) = bound().await;
        assert_eq!(here.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
        here.connect(there_addr).await.unwrap();
        there.connect(here_addr).await.unwrap();
        assert_eq!(here.peer_addr().unwrap(), there_addr);
        stranger.send_to(b"noise", there_addr).await.unwrap();
        assert_eq!(here.send(b"ping").await.unwrap(), 4);
        let mut buffer = [0; 16];
        assert_eq!(there.peek(&mut buffer).await.unwrap(), 4);
        assert_eq!(there.recv(&mut buffer).await.unwrap(), 4);
        assert_eq!(&buffer[..4], b"ping");
        assert_eq!(there.try_send(b"pong").unwrap(), 4);
        assert_eq!(poll_fn(|cx| here.poll_recv(cx, &mut buffer)).await.unwrap(), 4);
        assert_eq!(poll_fn(|cx| here.poll_send(cx, b"more")).await.unwrap(), 4);
        there.readable().await.unwrap();
        assert_eq!(there.try_recv(&mut buffer).unwrap(), 4);
        // Nobody is there any more, and the kernel says so.
        drop(there);
        here.send(b"lost").await.unwrap();
        let refused = here.recv(&mut buffer).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn many_tasks_share_one_socket() {
    on_both(async || {
        let (server, addr) = bound().await;
        let server = Arc::new(server);
        let echoes: Vec<_> = (0..4)
            .map(|_| {
                let server = server.clone();
                spawn(async move {
                    let mut buffer = [0; 8];
                    loop {
                        let (len, from) = server.recv_from(&mut buffer).await.unwrap();
                        server.send_to(&buffer[..len], from).await.unwrap();
                    }
                })
            })
            .collect();
        let (client, _) = bound().await;
        client.connect(addr).await.unwrap();
        for number in 0..500u64 {
            client.send(&number.to_le_bytes()).await.unwrap();
            let mut answer = [0; 8];
            client.recv(&mut answer).await.unwrap();
            assert_eq!(u64::from_le_bytes(answer), number);
        }
        for echo in echoes {
            echo.abort();
            assert!(echo.await.unwrap_err().is_cancelled());
        }
    });
}

#[test]
fn a_group_is_joined_and_left() {
    on_both(async || {
        let group = Ipv4Addr::new(239, 255, 77, 1);
        let (member, addr) = bound().await;
        member.join_multicast_v4(group, Ipv4Addr::LOCALHOST).unwrap();
        member.leave_multicast_v4(group, Ipv4Addr::LOCALHOST).unwrap();
        let not_there = member.leave_multicast_v4(group, Ipv4Addr::LOCALHOST).unwrap_err();
        assert_eq!(not_there.kind(), ErrorKind::AddrNotAvailable);
        member.set_multicast_loop_v4(false).unwrap();
        member.set_multicast_ttl_v4(3).unwrap();
        member.set_broadcast(true).unwrap();
        member.set_ttl(7).unwrap();
        assert!(!member.multicast_loop_v4().unwrap() && member.broadcast().unwrap());
        assert_eq!((member.multicast_ttl_v4().unwrap(), member.ttl().unwrap()), (3, 7));
        assert_eq!(addr.ip(), Ipv4Addr::LOCALHOST);
    });
}

#[test]
fn futures_that_are_dropped_lose_no_message() {
    on_both(async || {
        let (here, from) = bound().await;
        let (there, to) = bound().await;
        for polls in 1..4 {
            let mut buffer = [0; 8];
            drop_pending(there.recv_from(&mut buffer), polls).await;
            drop_pending(there.recv(&mut buffer), polls).await;
            drop_pending(there.peek_from(&mut buffer), polls).await;
            drop_pending(here.send_to(b"never", to), 0).await;
            here.send_to(b"whole", to).await.unwrap();
            assert_eq!(there.recv_from(&mut buffer).await.unwrap(), (5, from));
            assert_eq!(&buffer[..5], b"whole");
        }
        let std = there.into_std();
        let again = UdpSocket::from_std(std).unwrap();
        here.send_to(b"again", again.local_addr().unwrap()).await.unwrap();
        assert_eq!(again.recv(&mut [0; 8]).await.unwrap(), 5);
    });
}
