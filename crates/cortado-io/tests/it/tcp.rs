//! TCP: bytes arrive whole and in order, ends and resets are told, both directions are independent,
//! and the futures lose nothing when they are dropped.

use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use cortado_core::spawn;
use cortado_io::net::{Shutdown, SockRef, TcpListener, TcpSocket, TcpStream};
use cortado_io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{drop_pending, on_both, pattern};

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    (listener, addr)
}

/// Both sides of a connection: who connected, and who accepted.
async fn pair() -> (TcpStream, TcpStream) {
    let (listener, addr) = listener().await;
    let client = TcpStream::connect(addr).await.unwrap();
    let (server, from) = listener.accept().await.unwrap();
    assert_eq!(from, client.local_addr().unwrap());
    assert_eq!(client.peer_addr().unwrap(), server.local_addr().unwrap());
    (client, server)
}

/// More than the kernel buffers, so that each side has to wait for the other.
const VAST: usize = 24 << 20;

#[test]
fn vast_transfers_both_ways_at_once() {
    on_both(async || {
        let (client, server) = pair().await;
        let mut tasks = Vec::new();
        for (stream, seed) in [(client, 3), (server, 5)] {
            let (mut read, mut write) = stream.into_split();
            tasks.push(spawn(async move {
                write.write_all(&pattern(VAST, seed)).await.unwrap();
            }));
            tasks.push(spawn(async move {
                let mut received = Vec::new();
                read.read_to_end(&mut received).await.unwrap();
                assert!(received == pattern(VAST, 8 - seed));
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn one_half_is_shut_down_and_the_other_goes_on() {
    on_both(async || {
        let (mut client, mut server) = pair().await;
        client.write_all(b"question").await.unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut question = String::new();
        server.read_to_string(&mut question).await.unwrap();
        assert_eq!(question, "question");
        server.write_all(b"answer").await.unwrap();
        server.close().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "answer");
        let refused = client.write_all(b"more").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_reset_is_told_to_who_waits_and_to_who_comes_later() {
    on_both(async || {
        let (client, mut server) = pair().await;
        let waiting = spawn(async move {
            let first = server.read(&mut [0; 8]).await;
            (first.unwrap_err().kind(), server)
        });
        client.set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
        let (kind, mut server) = waiting.await.unwrap();
        assert_eq!(kind, ErrorKind::ConnectionReset);
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(server.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        server.close().await.unwrap();
    });
}

#[test]
fn peeking_leaves_the_bytes() {
    on_both(async || {
        let (mut client, mut server) = pair().await;
        client.write_all(b"abcdef").await.unwrap();
        let mut seen = [0; 3];
        for _ in 0..3 {
            assert_eq!(server.peek(&mut seen).await.unwrap(), 3);
            assert_eq!(&seen, b"abc");
        }
        let polled = poll_fn(|cx| server.poll_peek(cx, &mut seen)).await.unwrap();
        assert_eq!(polled, 3);
        let mut all = [0; 6];
        server.read_exact(&mut all).await.unwrap();
        assert_eq!(&all, b"abcdef");
    });
}

#[test]
fn several_buffers_are_written_and_read_in_one_call() {
    on_both(async || {
        let (mut client, mut server) = pair().await;
        let parts = [IoSlice::new(b"one "), IoSlice::new(b""), IoSlice::new(b"two")];
        let written = poll_fn(|cx| Pin::new(&mut client).poll_write_vectored(cx, &parts)).await;
        assert_eq!(written.unwrap(), 7);
        let (mut first, mut second) = ([0; 2], [0; 16]);
        let mut into = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        let read = poll_fn(|cx| Pin::new(&mut server).poll_read_vectored(cx, &mut into)).await;
        assert_eq!(read.unwrap(), 7);
        assert_eq!((&first, &second[..5]), (b"on", &b"e two"[..]));
    });
}

#[test]
fn trying_asks_the_kernel_and_waiting_follows() {
    on_both(async || {
        let (client, server) = pair().await;
        let nothing = server.try_read(&mut [0; 4]).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
        assert_eq!(client.try_write(b"ping").unwrap(), 4);
        let mut heard = [0; 4];
        loop {
            server.readable().await.unwrap();
            match server.try_read(&mut heard) {
                Ok(read) => break assert_eq!(&heard[..read], b"ping"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        // Written until there is no room; then reading makes room again.
        let block = [7; 64 * 1024];
        let mut sent = 0;
        while let Ok(more) = server.try_write(&block) {
            sent += more;
        }
        let reader = spawn(async move {
            let mut received = vec![0; sent];
            (&client).read_exact(&mut received).await.unwrap();
            assert!(received.iter().all(|byte| *byte == 7));
            client
        });
        server.writable().await.unwrap();
        let client = reader.await.unwrap();
        assert_eq!(server.try_write_vectored(&[IoSlice::new(b"!")]).unwrap(), 1);
        let mut mark = [0];
        assert_eq!((&client).read(&mut mark).await.unwrap(), 1);
        assert_eq!(&mark, b"!");
    });
}

#[test]
fn urgent_data_does_not_hide_what_comes_behind_it() {
    on_both(async || {
        let (client, mut server) = pair().await;
        SockRef::from(&client).send(b"before").unwrap();
        SockRef::from(&client).send_out_of_band(b"!").unwrap();
        SockRef::from(&client).send(b"after").unwrap();
        // A read stops at the urgent mark, short of what it could take.
        let mut all = [0; 11];
        server.read_exact(&mut all).await.unwrap();
        assert_eq!(&all, b"beforeafter");
    });
}

#[test]
fn halves_are_reunited_only_with_their_own() {
    on_both(async || {
        let (mut client, server) = pair().await;
        let (one_read, one_write) = server.into_split();
        let (_, other) = pair().await;
        let (other_read, other_write) = other.into_split();
        let refused = one_read.reunite(other_write).unwrap_err();
        assert!(refused.to_string().contains("two different sockets"));
        drop(other_read.reunite(refused.write).unwrap());
        let mut server = refused.read.reunite(one_write).unwrap();
        let (mut read, mut write) = server.split();
        write.write_all(b"a").await.unwrap();
        client.read_exact(&mut [0]).await.unwrap();
        client.write_all(b"b").await.unwrap();
        read.read_exact(&mut [0]).await.unwrap();
        // The writing half ends its direction when it is dropped, and not when it is forgotten.
        let (mut read, write) = server.into_split();
        write.forget();
        client.write_all(b"c").await.unwrap();
        read.read_exact(&mut [0]).await.unwrap();
        drop(read);
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn options_are_set_and_told() {
    on_both(async || {
        let (client, _server) = pair().await;
        client.set_nodelay(true).unwrap();
        client.set_linger(Some(Duration::from_secs(3))).unwrap();
        client.set_ttl(9).unwrap();
        client.set_quickack(false).unwrap();
        let second = Duration::from_secs(1);
        client.set_keepalive_times(60 * second, 5 * second, 4).unwrap();
        assert!(client.nodelay().unwrap() && client.keepalive().unwrap());
        assert!(!client.quickack().unwrap());
        assert_eq!(client.linger().unwrap(), Some(Duration::from_secs(3)));
        assert_eq!(client.ttl().unwrap(), 9);
        client.set_linger(None).unwrap();
        assert_eq!(SockRef::from(&client).tcp_keepalive_time().unwrap(), 60 * second);
        assert!(client.take_error().unwrap().is_none());

        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.set_reuseport(true).unwrap();
        socket.set_recv_buffer_size(40_000).unwrap();
        socket.set_send_buffer_size(30_000).unwrap();
        socket.set_nodelay(true).unwrap();
        assert!(socket.reuseaddr().unwrap() && socket.reuseport().unwrap());
        assert!(socket.nodelay().unwrap());
        assert!(socket.recv_buffer_size().unwrap() >= 40_000);
        assert!(socket.send_buffer_size().unwrap() >= 30_000);
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = socket.local_addr().unwrap();
        let listener = socket.listen(16).unwrap();
        listener.set_backlog(32).unwrap();
        let second = TcpSocket::new_v4().unwrap();
        second.set_reuseport(true).unwrap();
        second.bind(addr).unwrap();
    });
}

#[test]
fn streams_come_from_and_go_to_the_standard_library() {
    on_both(async || {
        let std_listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = std_listener.local_addr().unwrap();
        let listener = TcpListener::from_std(std_listener).unwrap();
        let std_client = std::net::TcpStream::connect(addr).unwrap();
        let mut client = TcpStream::from_std(std_client).unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        client.write_all(b"hello").await.unwrap();
        server.read_exact(&mut [0; 5]).await.unwrap();
        let std_client = client.into_std();
        let mut again = TcpStream::from_std(std_client).unwrap();
        again.write_all(b"again").await.unwrap();
        server.read_exact(&mut [0; 5]).await.unwrap();
        drop(listener.into_std());
    });
}

#[test]
fn futures_that_are_dropped_lose_nothing() {
    on_both(async || {
        for polls in 1..4 {
            let (listener, addr) = listener().await;
            drop_pending(listener.accept(), polls).await;
            let mut client = TcpStream::connect(addr).await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            drop_pending(server.read(&mut [0; 8]), polls).await;
            drop_pending(server.peek(&mut [0; 8]), polls).await;
            drop_pending(server.readable(), polls).await;
            client.write_all(b"whole").await.unwrap();
            let mut heard = [0; 5];
            server.read_exact(&mut heard).await.unwrap();
            assert_eq!(&heard, b"whole");
            while client.try_write(&[1; 64 * 1024]).is_ok() {}
            drop_pending(client.write(b"never"), polls).await;
            drop_pending(client.writable(), polls).await;
            drop(client);
            let mut rest = Vec::new();
            server.read_to_end(&mut rest).await.unwrap();
            assert!(rest.iter().all(|byte| *byte == 1));
        }
    });
}

#[test]
fn connections_come_as_a_stream() {
    use futures_core::Stream;

    on_both(async || {
        let (listener, addr) = listener().await;
        let mut incoming = listener.incoming();
        for _ in 0..3 {
            let client = TcpStream::connect(addr).await.unwrap();
            let next = poll_fn(|cx| Pin::new(&mut incoming).poll_next(cx)).await;
            let server = next.unwrap().unwrap();
            assert_eq!(server.peer_addr().unwrap(), client.local_addr().unwrap());
        }
        let none = poll_fn(|cx| Poll::Ready(listener.poll_accept(cx).is_pending())).await;
        assert!(none);
        assert_eq!(listener.try_accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

/// A thousand connections, or what a low limit of descriptors has room for. Both ends of each are in
/// this process, beside what the other tests have open.
fn allowed_connections() -> usize {
    const NEEDED: u64 = 3_000;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < NEEDED) {
        let raised = maximum.map_or(NEEDED, |maximum| maximum.min(NEEDED));
        setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum })
            .expect("everybody may go up to the maximum");
    }
    if maximum.is_none_or(|maximum| maximum >= NEEDED) { 1_000 } else { 300 }
}

#[test]
fn a_thousand_connections_are_served_at_once() {
    let count = allowed_connections();
    on_both(async || {
        let (listener, addr) = listener().await;
        let server = spawn(async move {
            let mut echoes = Vec::new();
            for _ in 0..count {
                let (mut stream, _) = listener.accept().await.unwrap();
                echoes.push(spawn(async move {
                    let mut message = [0; 8];
                    for _ in 0..3 {
                        stream.read_exact(&mut message).await.unwrap();
                        stream.write_all(&message).await.unwrap();
                    }
                }));
            }
            for echo in echoes {
                echo.await.unwrap();
            }
        });
        let mut clients = Vec::new();
        for _ in 0..count {
            clients.push(TcpStream::connect(addr).await.unwrap());
        }
        for round in 0..3u64 {
            for (number, client) in clients.iter_mut().enumerate() {
                client.write_all(&(number as u64 + round).to_le_bytes()).await.unwrap();
            }
            for (number, client) in clients.iter_mut().enumerate() {
                let mut answer = [0; 8];
                client.read_exact(&mut answer).await.unwrap();
                assert_eq!(u64::from_le_bytes(answer), number as u64 + round);
            }
        }
        server.await.unwrap();
    });
}

#[test]
fn an_address_that_cannot_be_had_is_named() {
    on_both(async || {
        let (_listener, addr) = listener().await;
        let taken = TcpListener::bind(addr).await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        assert!(taken.to_string().contains(&addr.to_string()), "{taken}");
        let nonsense = TcpListener::bind("nonsense").await.unwrap_err();
        assert!(nonsense.to_string().contains("host:port"), "{nonsense}");
    });
}
