//! Where descriptors run out, accepting waits for room and does not spin, and serves who waited.

use std::sync::atomic::{AtomicUsize, Ordering};

use cortado_core::{Runtime, spawn, yield_now};
use cortado_io::net::{TcpListener, TcpStream};
use cortado_io::{AsyncReadExt, AsyncWriteExt};
use cortado_probe::{Event, Listener, Wait};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{inner, is_inner};

static WAITS_FOR_ROOM: AtomicUsize = AtomicUsize::new(0);

struct CountsWaitsForRoom;

impl Listener for CountsWaitsForRoom {
    fn on_event(&self, event: &Event<'_>) {
        if matches!(event, Event::TaskWaits { why: Wait::AcceptRoom, .. }) {
            WAITS_FOR_ROOM.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn exhausted_descriptors_are_waited_for() {
    if !is_inner() {
        let status = inner("accepting::exhausted_descriptors_are_waited_for").status().unwrap();
        assert!(status.success(), "{status}");
        return;
    }
    cortado_probe::listen(&CountsWaitsForRoom).unwrap();
    Runtime::single().unwrap().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let maximum = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum }).unwrap();
        let mut held = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            held.push(file);
        }
        let refused = listener.try_accept().unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(rustix::io::Errno::MFILE.raw_os_error()));
        let accepting = spawn(async move { listener.accept().await.unwrap() });
        // Each of these waits is for a timer, so nothing runs between them.
        while WAITS_FOR_ROOM.load(Ordering::Relaxed) < 3 {
            yield_now().await;
        }
        assert!(!accepting.is_finished());
        drop(held);
        let (mut server, _) = accepting.await.unwrap();
        client.write_all(b"patience").await.unwrap();
        server.read_exact(&mut [0; 8]).await.unwrap();
    });
}
