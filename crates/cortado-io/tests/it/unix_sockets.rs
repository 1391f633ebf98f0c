//! Unix sockets: by path and by abstract name, streams and messages, full queues, credentials.

use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use cortado_core::spawn;
use cortado_io::net::{UnixDatagram, UnixListener, UnixStream};
use cortado_io::{AsyncReadExt, AsyncWriteExt};

use crate::{drop_pending, on_both, pattern};

/// An abstract name that nobody else has.
fn abstract_name() -> SocketAddr {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("cortado-io-test-{}-{count}", std::process::id());
    SocketAddr::from_abstract_name(name).unwrap()
}

async fn talk(client: &mut UnixStream, server: &mut UnixStream) {
    client.write_all(b"question").await.unwrap();
    client.close().await.unwrap();
    let mut question = String::new();
    server.read_to_string(&mut question).await.unwrap();
    assert_eq!(question, "question");
    server.write_all(b"answer").await.unwrap();
    let mut answer = [0; 6];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"answer");
}

#[test]
fn streams_connect_by_path_and_by_abstract_name() {
    on_both(async || {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        assert_eq!(UnixStream::connect(&path).await.unwrap_err().kind(), ErrorKind::NotFound);
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(listener.local_addr().unwrap().as_pathname(), Some(path.as_path()));
        assert_eq!(UnixListener::bind(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
        let mut client = UnixStream::connect(&path).await.unwrap();
        let (mut server, from) = listener.accept().await.unwrap();
        assert!(from.is_unnamed());
        assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(path.as_path()));
        talk(&mut client, &mut server).await;
        drop(listener);
        let refused = UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

        let name = abstract_name();
        let listener = UnixListener::bind_addr(&name).unwrap();
        let mut client = UnixStream::connect_addr(&name).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let there = client.peer_addr().unwrap();
        assert_eq!(there.as_abstract_name(), name.as_abstract_name());
        talk(&mut client, &mut server).await;
        let peer = server.peer_cred().unwrap();
        assert_eq!(peer.pid(), i32::try_from(std::process::id()).unwrap());
        assert_eq!(peer.uid(), rustix::process::geteuid().as_raw());
        assert_eq!(peer.gid(), rustix::process::getegid().as_raw());
    });
}

#[test]
fn vast_transfers_both_ways_at_once() {
    const VAST: usize = 8 << 20;
    on_both(async || {
        let (left, right) = UnixStream::pair().unwrap();
        let mut tasks = Vec::new();
        for (stream, seed) in [(left, 3), (right, 5)] {
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
fn a_full_queue_of_a_listener_is_waited_out() {
    on_both(async || {
        let name = abstract_name();
        let listener = UnixListener::bind_addr(&name).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let first = UnixStream::connect_addr(&name).await.unwrap();
        drop_pending(UnixStream::connect_addr(&name), 2).await;
        let target = name.clone();
        let second = spawn(async move { UnixStream::connect_addr(&target).await.unwrap() });
        let (_one, _) = listener.accept().await.unwrap();
        let (mut other, _) = listener.accept().await.unwrap();
        let mut second = second.await.unwrap();
        second.write_all(b"x").await.unwrap();
        other.read_exact(&mut [0]).await.unwrap();
        drop(first);
        assert_eq!(listener.try_accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        drop_pending(listener.accept(), 2).await;
    });
}

#[test]
fn a_read_does_not_stop_at_a_passed_descriptor_for_good() {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    use std::io::IoSlice;
    use std::mem::MaybeUninit;
    use std::os::fd::AsFd;

    on_both(async || {
        let (left, mut right) = UnixStream::pair().unwrap();
        let send = |bytes: &[u8], pass: bool| {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            let passed = [left.as_fd()];
            if pass {
                assert!(ancillary.push(SendAncillaryMessage::ScmRights(&passed)));
            }
            let parts = [IoSlice::new(bytes)];
            assert_eq!(sendmsg(&left, &parts, &mut ancillary, SendFlags::empty()), Ok(bytes.len()));
        };
        send(b"plain ", false);
        send(b"with descriptor ", true);
        send(b"plain again", false);
        let mut all = [0; 33];
        right.read_exact(&mut all).await.unwrap();
        assert_eq!(&all, b"plain with descriptor plain again");
    });
}

#[test]
fn messages_wait_for_room_and_lose_nothing() {
    on_both(async || {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("receiver");
        let receiver = UnixDatagram::bind(&path).unwrap();
        let by_path = UnixDatagram::unbound().unwrap();
        let connected = UnixDatagram::unbound().unwrap();
        connected.connect(&path).unwrap();
        let mut filled = 0;
        while connected.try_send(b"first").is_ok() {
            filled += 1;
        }
        assert_eq!(by_path.try_send_to(b"x", &path).unwrap_err().kind(), ErrorKind::WouldBlock);
        drop_pending(by_path.send_to(b"never", &path), 3).await;
        drop_pending(connected.send(b"never"), 3).await;
        let senders = [
            spawn(async move { connected.send(b"second").await }),
            spawn(async move { by_path.send_to(b"second", &path).await }),
        ];
        let mut buffer = [0; 16];
        for _ in 0..filled {
            assert_eq!(receiver.recv(&mut buffer).await.unwrap(), 5);
        }
        for _ in 0..2 {
            let (len, from) = receiver.recv_from(&mut buffer).await.unwrap();
            assert_eq!((&buffer[..len], from.is_unnamed()), (&b"second"[..], true));
        }
        for sender in senders {
            assert_eq!(sender.await.unwrap().unwrap(), 6);
        }
        drop_pending(receiver.recv_from(&mut buffer), 2).await;
        let nothing = receiver.try_recv(&mut buffer).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn messages_go_between_a_pair_and_to_abstract_names() {
    on_both(async || {
        let (left, right) = UnixDatagram::pair().unwrap();
        left.send(b"one").await.unwrap();
        left.send(b"two").await.unwrap();
        let mut buffer = [0; 2];
        assert_eq!(right.recv(&mut buffer).await.unwrap(), 2);
        assert_eq!(&buffer, b"on");
        assert_eq!(right.try_recv(&mut buffer).unwrap(), 2);
        assert_eq!(&buffer, b"tw");
        let name = abstract_name();
        let named = UnixDatagram::bind_addr(&name).unwrap();
        assert_eq!(left.peer_cred().unwrap().pid(), i32::try_from(std::process::id()).unwrap());
        let sender = UnixDatagram::unbound().unwrap();
        sender.try_send_to_addr(b"hi", &name).unwrap();
        sender.connect_addr(&name).unwrap();
        sender.send(b"ho").await.unwrap();
        for expected in [b"hi", b"ho"] {
            named.recv(&mut buffer).await.unwrap();
            assert_eq!(&buffer, expected);
        }
    });
}
