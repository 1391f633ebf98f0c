//! Streams under the other traits: what passes through, in both directions.

use std::future::poll_fn;
use std::io::{IoSlice, SeekFrom};
use std::mem::MaybeUninit;
use std::pin::Pin;

use cortado::Runtime;
use cortado::fs::File;
use cortado::io::{AsyncBufRead, AsyncSeek, AsyncWrite};
use cortado::net::{TcpListener, TcpStream};
use cortado::tokio_io::{AsFutures, AsTokio};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt as _, AsyncSeekExt, AsyncWrite as TokioWrite,
    AsyncWriteExt as _, ReadBuf,
};

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let near = TcpStream::connect(address).await.expect("it listens");
    (near, listener.accept().await.expect("somebody comes").0)
}

#[test]
fn tokio_copies_both_ways_over_our_sockets() {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (near, far) = pair().await;
        let echo = cortado::spawn(async move {
            let (mut reader, mut writer) = tokio::io::split(AsTokio::new(far));
            let copied = tokio::io::copy(&mut reader, &mut writer).await.expect("it copies");
            writer.shutdown().await.expect("it is open");
            copied
        });
        let (mut reader, mut writer) = tokio::io::split(AsTokio::new(near));
        let sent: Vec<u8> = (0..1_000_000).map(|n| (n % 251) as u8).collect();
        let expected = sent.clone();
        let sending = cortado::spawn(async move {
            writer.write_all(&sent).await.expect("it is read");
            writer.shutdown().await.expect("it is open");
        });
        let mut back = Vec::new();
        reader.read_to_end(&mut back).await.expect("the echo");
        assert!(back == expected);
        sending.await.expect("no panic");
        assert_eq!(echo.await.expect("no panic"), 1_000_000);
    });
}

#[test]
fn sockets_take_many_buffers_in_one_write() {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (near, far) = pair().await;
        let mut near = AsTokio::new(near);
        assert!(near.is_write_vectored());
        let parts = [IoSlice::new(b"one "), IoSlice::new(b"two")];
        let written =
            poll_fn(|cx| TokioWrite::poll_write_vectored(Pin::new(&mut near), cx, &parts));
        assert_eq!(written.await.expect("room"), 7);
        let mut back = [0; 7];
        AsTokio::new(far).read_exact(&mut back).await.expect("it reads");
        assert_eq!(&back, b"one two");
        assert!(!AsTokio::new(near.into_inner()).vectored(false).is_write_vectored());
    });
}

#[test]
fn uninitialised_memory_gets_what_was_read_and_no_more() {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (sender, receiver) = cortado::pipe::pipe().expect("a pipe");
        AsTokio::new(sender).write_all(b"12345").await.expect("room");
        let mut receiver = AsTokio::new(receiver);
        let mut memory = [MaybeUninit::uninit(); 4];
        let mut buffer = ReadBuf::uninit(&mut memory);
        poll_fn(|cx| Pin::new(&mut receiver).poll_read(cx, &mut buffer)).await.expect("bytes");
        assert_eq!((buffer.filled(), buffer.initialized()), (&b"1234"[..], &b"1234"[..]));
        let mut memory = [0; 4];
        let mut buffer = ReadBuf::new(&mut memory);
        poll_fn(|cx| Pin::new(&mut receiver).poll_read(cx, &mut buffer)).await.expect("a byte");
        assert_eq!(buffer.filled(), b"5");
        buffer.clear();
        poll_fn(|cx| Pin::new(&mut receiver).poll_read(cx, &mut buffer)).await.expect("the end");
        assert_eq!(buffer.filled(), b"");
    });
}

#[test]
fn tokio_seeks_in_our_files() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("file");
    std::fs::write(&path, "0123456789").expect("room");
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut file = AsTokio::new(File::open(&path).await.expect("it is there"));
        assert_eq!(file.seek(SeekFrom::Start(4)).await.expect("a file seeks"), 4);
        let mut two = [0; 2];
        file.read_exact(&mut two).await.expect("there is more");
        assert_eq!(&two, b"45");
        assert_eq!(file.stream_position().await.expect("a file seeks"), 6);
        assert_eq!(file.seek(SeekFrom::End(-1)).await.expect("a file seeks"), 9);
        let mut rest = String::new();
        file.read_to_string(&mut rest).await.expect("text");
        assert_eq!(rest, "9");
    });
}

#[test]
fn ours_read_buffered_seek_and_close_what_is_tokios() {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut cursor = AsFutures::new(std::io::Cursor::new(b"first\nsecond\n".to_vec()));
        let line = poll_fn(|cx| Pin::new(&mut cursor).poll_fill_buf(cx).map_ok(<[u8]>::to_vec));
        assert!(line.await.expect("memory").starts_with(b"first\n"));
        Pin::new(&mut cursor).consume(6);
        let mut word = [0; 6];
        cortado::io::AsyncReadExt::read_exact(&mut cursor, &mut word).await.expect("memory");
        assert_eq!(&word, b"second");
        for (target, position) in [(SeekFrom::Current(-6), 6), (SeekFrom::Start(1), 1)] {
            let reached = poll_fn(|cx| Pin::new(&mut cursor).poll_seek(cx, target));
            assert_eq!(reached.await.expect("memory"), position);
        }

        let (near, far) = tokio::io::duplex(8);
        let mut near = AsFutures::new(near);
        let parts = [IoSlice::new(b"ab"), IoSlice::new(b"cd")];
        let written = poll_fn(|cx| Pin::new(&mut near).poll_write_vectored(cx, &parts));
        assert_eq!(written.await.expect("room"), 4);
        cortado::io::AsyncWriteExt::close(&mut near).await.expect("it closes");
        let mut lines = tokio::io::BufReader::new(far).lines();
        assert_eq!(lines.next_line().await.expect("text").as_deref(), Some("abcd"));
        assert_eq!(lines.next_line().await.expect("the end"), None);
    });
}
