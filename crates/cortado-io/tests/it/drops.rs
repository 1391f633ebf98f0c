//! Futures that are dropped at any poll keep what they say about it: what is cancel safe has lost
//! nothing, and what is not has lost no more than it says.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::Stdio;

use cortado_core::{Runtime, join, yield_now};
use cortado_io::net::{TcpListener, TcpSocket, TcpStream, UdpSocket, UnixListener, UnixStream};
use cortado_io::pipe::{Receiver, Sender, pipe};
use cortado_io::process::{Child, Command};
use cortado_io::signal::SignalKind;
use cortado_io::{AsyncReadExt, AsyncWriteExt, copy, fs, net};

use crate::dropping::{Moment, at_every_drop, dropping};
use crate::reaping::proc;
use crate::until;

/// Runs `scene`, which says whether its future finished, with every moment on both flavours.
fn on_both(scene: impl AsyncFn(Moment) -> bool) {
    let (single, lanes) = (Runtime::single().unwrap(), Runtime::new().unwrap());
    at_every_drop(|moment| single.block_on(scene(moment)).then_some(()));
    at_every_drop(|moment| lanes.block_on(scene(moment)).then_some(()));
}

/// Writes `parts` one after the other, when somebody waits for them, and ends the pipe.
async fn tell(mut sender: Sender, parts: &[&[u8]]) {
    for part in parts {
        yield_now().await;
        yield_now().await;
        sender.write_all(part).await.unwrap();
    }
}

async fn rest(mut receiver: Receiver) -> Vec<u8> {
    let mut rest = Vec::new();
    receiver.read_to_end(&mut rest).await.unwrap();
    rest
}

#[test]
fn a_read_has_taken_nothing() {
    on_both(async |moment| {
        let (sender, mut receiver) = pipe().unwrap();
        let mut buffer = [0; 8];
        let read = dropping(moment, receiver.read(&mut buffer));
        let (read, ()) = join!(read, tell(sender, &[b"whole"]));
        let finished = read.is_some();
        let len = read.map_or(0, Result::unwrap);
        assert_eq!([&buffer[..len], &rest(receiver).await].concat(), b"whole");
        finished
    });
}

#[test]
fn read_to_end_keeps_what_it_has_read_and_read_exact_a_part() {
    on_both(async |moment| {
        let (sender, mut receiver) = pipe().unwrap();
        let mut bytes = b"> ".to_vec();
        let reading = dropping(moment, receiver.read_to_end(&mut bytes));
        let (read, ()) = join!(reading, tell(sender, &[b"one", b"two", b"three"]));
        assert_eq!([bytes, rest(receiver).await].concat(), b"> onetwothree");
        read.is_some()
    });
    on_both(async |moment| {
        let (sender, mut receiver) = pipe().unwrap();
        let mut buffer = [0; 6];
        let reading = dropping(moment, receiver.read_exact(&mut buffer));
        let (read, ()) = join!(reading, tell(sender, &[b"one", b"two", b"three"]));
        let rest = rest(receiver).await;
        assert!(b"onetwothree".ends_with(&rest), "{rest:?}");
        read.is_some_and(|read| read.is_ok() && buffer == *b"onetwo" && rest == b"three")
    });
}

#[test]
fn read_to_string_leaves_the_text_as_it_was() {
    on_both(async |moment| {
        let (sender, mut receiver) = pipe().unwrap();
        let mut text = "> ".to_owned();
        let parts: [&[u8]; 2] = ["caf\u{e9}".as_bytes(), b" con leche"];
        let reading = dropping(moment, receiver.read_to_string(&mut text));
        let (read, ()) = join!(reading, tell(sender, &parts));
        let finished = read.is_some();
        assert_eq!(text, if finished { "> caf\u{e9} con leche" } else { "> " });
        finished
    });
}

/// A pipe without room, and how much is in it.
async fn full_pipe() -> (Sender, Receiver, usize) {
    let (mut sender, receiver) = pipe().unwrap();
    let mut filled = 0;
    let chunk = [b'.'; 4096];
    while let Some(written) = dropping(Moment::AfterPoll(1), sender.write(&chunk)).await {
        filled += written.unwrap();
    }
    (sender, receiver, filled)
}

/// Reads what fills the pipe, once somebody waits for room.
async fn drain(receiver: &mut Receiver, filled: usize) {
    yield_now().await;
    yield_now().await;
    receiver.read_exact(&mut vec![0; filled]).await.unwrap();
}

#[test]
fn a_write_has_written_nothing_and_write_all_a_part() {
    on_both(async |moment| {
        let (mut sender, mut receiver, filled) = full_pipe().await;
        let write = dropping(moment, sender.write(b"message"));
        let (written, ()) = join!(write, drain(&mut receiver, filled));
        drop(sender);
        let finished = written.is_some();
        assert_eq!(rest(receiver).await.len(), written.map_or(0, Result::unwrap));
        finished
    });
    let message = vec![b'm'; 200_000];
    on_both(async |moment| {
        let (mut sender, receiver) = pipe().unwrap();
        let write = async {
            let written = dropping(moment, sender.write_all(&message)).await;
            drop(sender);
            written
        };
        let (written, received) = join!(write, rest(receiver));
        assert!(message.starts_with(&received));
        written.is_some_and(|written| written.is_ok() && received.len() == message.len())
    });
}

#[test]
fn a_copy_has_copied_a_part() {
    on_both(async |moment| {
        let (sender, mut source) = pipe().unwrap();
        let (mut target, receiver) = pipe().unwrap();
        let copying = async {
            let copied = dropping(moment, copy(&mut source, &mut target)).await;
            drop(target);
            copied
        };
        let (copied, ()) = join!(copying, tell(sender, &[b"one", b"two", b"three"]));
        let received = rest(receiver).await;
        assert!(b"onetwothree".starts_with(&received[..]), "{received:?}");
        copied.is_some_and(|copied| copied.unwrap() == received.len() as u64)
    });
}

#[test]
fn a_file_is_read_and_flushed_by_whoever_asks_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    std::fs::write(&path, "whole").unwrap();
    on_both(async |moment| {
        let mut file = fs::File::open(&path).await.unwrap();
        let mut buffer = [0; 3];
        let read = dropping(moment, file.read(&mut buffer)).await;
        let finished = read.is_some();
        let mut bytes = buffer[..read.map_or(0, Result::unwrap)].to_vec();
        file.read_to_end(&mut bytes).await.unwrap();
        assert_eq!(bytes, b"whole");
        finished
    });
    let target = directory.path().join("target");
    on_both(async |moment| {
        let mut file = fs::File::create(&target).await.unwrap();
        file.write_all(b"one").await.unwrap();
        let flushed = dropping(moment, file.flush()).await;
        file.write_all(b"two").await.unwrap();
        let closed = dropping(moment, file.close()).await;
        file.close().await.unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"onetwo");
        flushed.is_some() && closed.is_some()
    });
}

#[test]
fn calls_on_files_happen_wholly_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    at_every_drop(|moment| {
        let _ = std::fs::remove_file(&path);
        let runtime = Runtime::new().unwrap();
        let written = runtime.block_on(dropping(moment, async { fs::write(&path, "whole").await }));
        // The end of the runtime waits for a call that has begun.
        drop(runtime);
        match std::fs::read(&path) {
            Ok(bytes) => assert_eq!(bytes, b"whole"),
            Err(error) => assert!(error.kind() == ErrorKind::NotFound && written.is_none()),
        }
        written
    });
    std::fs::write(&path, "whole").unwrap();
    on_both(async |moment| {
        let mut file = fs::File::open(&path).await.unwrap();
        file.read_exact(&mut [0; 2]).await.unwrap();
        dropping(moment, file.into_std()).await.is_some_and(|mut file| {
            use std::io::Read;
            let mut rest = String::new();
            file.as_mut().unwrap().read_to_string(&mut rest).unwrap();
            rest == "ole"
        })
    });
}

#[test]
fn no_entry_of_a_directory_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    // More than one call fetches.
    (0..300).for_each(|n| std::fs::write(directory.path().join(n.to_string()), "").unwrap());
    on_both(async |moment| {
        let mut entries = fs::read_dir(directory.path()).await.unwrap();
        let (mut seen, mut finished, mut ended) = (BTreeSet::new(), true, false);
        while !ended {
            let entry = dropping(moment, entries.next_entry()).await;
            finished &= entry.is_some();
            let entry = match entry {
                Some(entry) => entry,
                None => entries.next_entry().await,
            };
            match entry.unwrap() {
                Some(entry) => assert!(seen.insert(entry.file_name()), "{entry:?} came twice"),
                None => ended = true,
            }
        }
        assert_eq!(seen.len(), 300);
        finished
    });
}

/// Accepts connections until one says hello; the others have ended.
async fn greeted(listener: &TcpListener) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        if stream.read_to_end(&mut heard).await.is_ok() && !heard.is_empty() {
            assert_eq!(heard, b"hello");
            return;
        }
    }
}

fn tcp_socket(addr: SocketAddr) -> TcpSocket {
    if addr.is_ipv4() { TcpSocket::new_v4().unwrap() } else { TcpSocket::new_v6().unwrap() }
}

#[test]
fn connecting_gives_up_and_can_be_begun_again() {
    on_both(async |moment| {
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let by_name = dropping(moment, TcpStream::connect(("localhost", addr.port()))).await;
        let by_addr = dropping(moment, tcp_socket(addr).connect(addr)).await;
        let finished = by_name.is_some() && by_addr.is_some();
        drop((by_name, by_addr));
        let hello = async {
            let mut stream = TcpStream::connect(addr).await.unwrap();
            stream.write_all(b"hello").await.unwrap();
        };
        join!(greeted(&listener), hello);
        finished
    });
}

#[test]
fn connecting_to_a_path_gives_up() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    on_both(async |moment| {
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        let connected = dropping(moment, UnixStream::connect(&path)).await;
        let finished = connected.is_some();
        drop(connected);
        let mut stream = UnixStream::connect(&path).await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        stream.close().await.unwrap();
        let mut heard = Vec::new();
        while heard.is_empty() {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_to_end(&mut heard).await.unwrap();
        }
        assert_eq!(heard, b"hello");
        finished
    });
}

#[test]
fn an_accept_has_accepted_nothing() {
    on_both(async |moment| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let accepting = dropping(moment, listener.accept());
        let (accepted, stream) = join!(accepting, async {
            yield_now().await;
            TcpStream::connect(addr).await.unwrap()
        });
        let finished = accepted.is_some();
        let (_, from) = match accepted {
            Some(accepted) => accepted.unwrap(),
            None => listener.accept().await.unwrap(),
        };
        assert_eq!(from, stream.local_addr().unwrap());
        finished
    });
}

#[test]
fn what_asks_for_a_name_has_done_nothing_yet() {
    on_both(async |moment| {
        let found = dropping(moment, net::lookup_host("localhost:7")).await;
        assert!(net::lookup_host("localhost:7").await.unwrap().next().is_some());
        let bound = dropping(moment, TcpListener::bind("localhost:0")).await;
        let socket = dropping(moment, UdpSocket::bind("localhost:0")).await;
        found.is_some() && bound.is_some() && socket.is_some()
    });
    on_both(async |moment| {
        let here = UdpSocket::bind("localhost:0").await.unwrap();
        let there = UdpSocket::bind("localhost:0").await.unwrap();
        let port = there.local_addr().unwrap().port();
        let sent = dropping(moment, here.send_to(b"first", ("localhost", port))).await;
        here.send_to(b"second", ("localhost", port)).await.unwrap();
        let mut buffer = [0; 8];
        let len = there.recv(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..len], if sent.is_some() { &b"first"[..] } else { b"second" });
        let connected = dropping(moment, here.connect(("localhost", port))).await;
        let peer = here.peer_addr().map_err(|error| error.kind());
        match &connected {
            Some(_) => assert_eq!(peer, there.local_addr().map_err(|error| error.kind())),
            None => assert_eq!(peer, Err(ErrorKind::NotConnected)),
        }
        sent.is_some() && connected.is_some()
    });
}

#[test]
fn a_message_has_not_been_received() {
    on_both(async |moment| {
        let here = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let there = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let to = there.local_addr().unwrap();
        let mut buffer = [0; 8];
        let receiving = dropping(moment, there.recv_from(&mut buffer));
        let (received, ()) = join!(receiving, async {
            yield_now().await;
            here.send_to(b"whole", to).await.unwrap();
        });
        let finished = received.is_some();
        let (len, from) = match received {
            Some(received) => received.unwrap(),
            None => there.recv_from(&mut buffer).await.unwrap(),
        };
        assert_eq!((&buffer[..len], from), (&b"whole"[..], here.local_addr().unwrap()));
        finished
    });
}

/// A child that ends when its standard input does, with status 7.
async fn child() -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", "read line; exit 7"]).stdin(Stdio::piped());
    command.spawn().await.unwrap()
}

#[test]
fn waiting_for_a_child_can_be_begun_again() {
    on_both(async |moment| {
        let mut exited = child().await;
        drop(exited.stdin.take());
        let seen = dropping(moment, exited.wait_exited()).await;
        exited.wait_exited().await.unwrap();
        assert_eq!(exited.reap().unwrap().0.code(), Some(7));
        let mut ended = child().await;
        let status = dropping(moment, ended.wait()).await;
        assert_eq!(ended.wait().await.unwrap().code(), Some(7));
        let mut used = child().await;
        let usage = dropping(moment, used.wait_with_usage()).await;
        assert_eq!(used.wait_with_usage().await.unwrap().0.code(), Some(7));
        seen.is_some() && status.is_some() && usage.is_some()
    });
}

#[test]
fn a_child_is_killed_by_the_call() {
    use std::os::unix::process::ExitStatusExt;

    on_both(async |moment| {
        let mut killed = child().await;
        let stdin = killed.stdin.take();
        let kill = dropping(moment, killed.kill()).await;
        let status = killed.wait().await.unwrap();
        assert_eq!(status.signal(), Some(SignalKind::kill().as_raw_value()));
        drop(stdin);
        kill.is_some()
    });
}

/// The child of a dropped `output` runs on to its end, and is reaped like a dropped child.
#[test]
fn a_command_that_nobody_waits_for_leaves_no_child_behind() {
    on_both(async |moment| {
        let (lifeline, stdin) = pipe().unwrap();
        let (stderr, mut announced) = pipe().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ >&2; exec cat"]);
        command.stdin(Stdio::try_from(stdin).unwrap()).stderr(Stdio::try_from(stderr).unwrap());
        let (output, ()) = join!(dropping(moment, command.output()), tell(lifeline, &[b"echoed"]));
        drop(command);
        let finished = output.is_some_and(|output| output.unwrap().stdout == b"echoed");
        let mut id = String::new();
        announced.read_to_string(&mut id).await.unwrap();
        // Where it is empty, the child was never made.
        if let Ok(id) = id.trim().parse() {
            until(|| !proc(id).exists());
        }
        finished
    });
}
