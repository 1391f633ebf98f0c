//! Each place at which a task of ours waits is reported with its own reason, for the line of the
//! user's code that waits.

use std::cell::RefCell;
use std::path::Path;
use std::sync::mpsc;

use cortado_core::{Builder, spawn_blocking};
use cortado_io::net::{TcpListener, TcpStream, UdpSocket, UnixStream, lookup_host};
use cortado_io::{AsyncReadExt, AsyncWriteExt, fs, pipe};
use cortado_probe::{Event, Listener, Wait};

use crate::{drop_pending, inner, is_inner};

thread_local! {
    static HEARD: RefCell<Vec<(Wait, &'static str, u32)>> = const { RefCell::new(Vec::new()) };
}

struct Hears;

impl Listener for Hears {
    fn on_event(&self, event: &Event<'_>) {
        if let Event::TaskWaits { why, location, .. } = event {
            HEARD.with_borrow_mut(|heard| heard.push((*why, location.file(), location.line())));
        }
    }
}

/// Drops a future that waits, made in the line of the call.
macro_rules! waits {
    ($future:expr, $why:expr) => {
        HEARD.with_borrow_mut(Vec::clear);
        drop_pending($future, 1).await;
        let heard = HEARD.with_borrow(|heard| heard.last().copied());
        let (why, file, line) = heard.expect("the wait was reported");
        assert_eq!((why, line), ($why, line!()));
        assert!(Path::new(file).ends_with("waits.rs"), "{file}");
    };
}

#[test]
fn every_wait_has_its_reason_and_its_place() {
    if !is_inner() {
        let status = inner("waits::every_wait_has_its_reason_and_its_place").status().unwrap();
        assert!(status.success(), "{status}");
        return;
    }
    cortado_probe::listen(&Hears).unwrap();
    // One thread for blocking calls, which is busy: so every such call has to wait.
    let runtime = Builder::new().max_blocking_threads(1).build_single().unwrap();
    let (release, held) = mpsc::channel::<()>();
    runtime.block_on(async {
        drop(spawn_blocking(move || held.recv()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        waits!(listener.accept(), Wait::Accept);
        let mut client = TcpStream::connect(addr).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        waits!(server.read(&mut [0]), Wait::Receive);
        waits!(server.peek(&mut [0]), Wait::Receive);
        waits!(server.readable(), Wait::Receive);
        while client.try_write(&[0; 65_536]).is_ok() {}
        waits!(client.write(&[0]), Wait::Send);
        waits!(client.writable(), Wait::Send);
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        waits!(udp.recv_from(&mut [0]), Wait::Receive);
        let (mut left, _right) = UnixStream::pair().unwrap();
        waits!(left.read(&mut [0]), Wait::Receive);
        waits!(lookup_host("localhost:1"), Wait::Lookup);
        waits!(TcpStream::connect("localhost:1"), Wait::Lookup);
        waits!(fs::metadata("/"), Wait::File);
        waits!(fs::File::open("/dev/null"), Wait::File);
        let (_sender, mut receiver) = pipe::pipe().unwrap();
        waits!(receiver.read(&mut [0]), Wait::Readable);
    });
    drop(release);
}
