//! Pipes carry bytes in order, tell their end, and wait in both directions.

use std::io::{ErrorKind, Read, Write};

use cortado_io::pipe::{Receiver, pipe};
use cortado_io::{AsyncReadExt, AsyncWriteExt, copy};

use crate::on_both;

#[test]
fn a_full_pipe_waits_for_its_reader() {
    on_both(async || {
        let (mut sender, mut receiver) = pipe().unwrap();
        let sent: Vec<u8> = (0..300_000u32).map(|at| (at % 253) as u8).collect();
        let expected = sent.clone();
        let writer = cortado_core::spawn(async move { sender.write_all(&sent).await });
        let mut received = vec![0; 1];
        receiver.read_exact(&mut received).await.unwrap();
        receiver.read_to_end(&mut received).await.unwrap();
        writer.await.unwrap().unwrap();
        assert!(received == expected);
    });
}

#[test]
fn messages_go_back_and_forth() {
    on_both(async || {
        let (mut to, mut from_other) = pipe().unwrap();
        let (mut back, mut from_this) = pipe().unwrap();
        let other = cortado_core::spawn(async move {
            let mut byte = [0];
            while from_other.read(&mut byte).await.unwrap() == 1 {
                back.write_all(&[byte[0] + 1]).await.unwrap();
            }
        });
        for number in 0..200 {
            to.write_all(&[number]).await.unwrap();
            let mut answer = [0];
            from_this.read_exact(&mut answer).await.unwrap();
            assert_eq!(answer[0], number + 1);
        }
        drop(to);
        other.await.unwrap();
    });
}

#[test]
fn the_ends_say_when_the_other_is_gone() {
    on_both(async || {
        let (mut sender, receiver) = pipe().unwrap();
        drop(receiver);
        assert_eq!(sender.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        let (sender, mut receiver) = pipe().unwrap();
        drop(sender);
        assert_eq!(receiver.read(&mut [0; 4]).await.unwrap(), 0);
        let early = receiver.read_exact(&mut [0; 4]).await.unwrap_err();
        assert_eq!(early.kind(), ErrorKind::UnexpectedEof);
    });
}

#[test]
fn a_read_that_was_dropped_has_taken_nothing() {
    on_both(async || {
        let (mut sender, mut receiver) = pipe().unwrap();
        let mut lost = [0; 4];
        let mut read = receiver.read(&mut lost);
        let waker = std::task::Waker::noop();
        let polled = std::pin::Pin::new(&mut read);
        assert!(polled.poll(&mut std::task::Context::from_waker(waker)).is_pending());
        drop(sender.write_all(b"kept").await);
        let mut kept = [0; 4];
        receiver.read_exact(&mut kept).await.unwrap();
        assert_eq!(&kept, b"kept");
    });
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    on_both(async || {
        let (mut sender, mut receiver) = pipe().unwrap();
        sender.write_all(&[0xff, 0xfe]).await.unwrap();
        drop(sender);
        let mut text = String::from("before");
        let error = receiver.read_to_string(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), text.as_str()), (ErrorKind::InvalidData, "before"));
    });
}

#[test]
fn an_end_can_be_handed_to_a_plain_thread() {
    on_both(async || {
        let (sender, mut receiver) = pipe().unwrap();
        let mut plain = std::fs::File::from(sender.into_blocking_fd().unwrap());
        let thread = std::thread::spawn(move || plain.write_all(&[7; 200_000]));
        let mut received = Vec::new();
        assert_eq!(receiver.read_to_end(&mut received).await.unwrap(), 200_000);
        thread.join().unwrap().unwrap();
        let (read, write) = std::io::pipe().unwrap();
        drop(write);
        let receiver = Receiver::from_owned_fd(read.into()).unwrap();
        let mut plain = std::fs::File::from(receiver.into_blocking_fd().unwrap());
        assert_eq!(plain.read(&mut [0]).unwrap(), 0);
    });
}

#[test]
fn copy_takes_everything_over() {
    on_both(async || {
        let (mut sender, mut middle) = pipe().unwrap();
        let (mut onward, mut receiver) = pipe().unwrap();
        let copier = cortado_core::spawn(async move { copy(&mut middle, &mut onward).await });
        let writer = cortado_core::spawn(async move { sender.write_all(&[3; 150_000]).await });
        let mut received = Vec::new();
        receiver.read_to_end(&mut received).await.unwrap();
        writer.await.unwrap().unwrap();
        assert_eq!(copier.await.unwrap().unwrap(), 150_000);
        assert_eq!(received.len(), 150_000);
    });
}
