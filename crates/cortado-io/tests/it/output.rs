//! Output and input of children go through whole, also when they are large, and a child that ends
//! early loses nothing.

use std::io::ErrorKind;
use std::process::Stdio;

use cortado_io::process::Command;
use cortado_io::{AsyncReadExt, AsyncWriteExt};

use crate::on_both;

/// More than sixteen times what a pipe holds.
const LARGE: usize = 1024 * 1024 + 12_345;

fn pattern() -> Vec<u8> {
    (0..LARGE).map(|at| (at % 251) as u8).collect()
}

#[test]
fn a_large_input_comes_back_from_cat() {
    on_both(async || {
        let mut command = Command::new("cat");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().await.unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let sent = pattern();
        let expected = sent.clone();
        let writer = cortado_core::spawn(async move { stdin.write_all(&sent).await });
        let mut received = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut received).await.unwrap();
        writer.await.unwrap().unwrap();
        assert!(received == expected, "{} bytes came back", received.len());
        assert!(child.wait().await.unwrap().success());
    });
}

#[test]
fn output_and_errors_are_collected_at_the_same_time() {
    on_both(async || {
        let script = "head -c 500000 /dev/zero >&2; head -c 400000 /dev/zero; exit 5";
        let output = Command::new("sh").arg("-c").arg(script).output().await.unwrap();
        assert_eq!(output.status.code(), Some(5));
        assert_eq!((output.stdout.len(), output.stderr.len()), (400_000, 500_000));
    });
}

#[test]
fn a_child_that_is_gone_before_its_pipe_is_read_loses_nothing() {
    on_both(async || {
        let mut command = Command::new("sh");
        command.arg("-c").arg("echo last words").stdout(Stdio::piped());
        let mut child = command.spawn().await.unwrap();
        assert!(child.wait().await.unwrap().success());
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "last words\n");
    });
}

#[test]
fn writing_to_a_child_that_is_gone_is_a_broken_pipe() {
    on_both(async || {
        let mut child = Command::new("true").stdin(Stdio::piped()).spawn().await.unwrap();
        child.wait_exited().await.unwrap();
        let error = child.stdin.as_mut().unwrap().write_all(&pattern()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert!(child.wait().await.unwrap().success());
    });
}

#[test]
fn wait_closes_standard_input_first() {
    on_both(async || {
        let mut child =
            Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().await.unwrap();
        assert!(child.wait().await.unwrap().success());
    });
}

#[test]
fn two_children_are_joined_by_a_pipe() {
    on_both(async || {
        let (sender, receiver) = cortado_io::pipe::pipe().unwrap();
        let mut printf = Command::new("printf");
        printf.arg("b\na\n").stdout(Stdio::try_from(sender).unwrap());
        let mut first = printf.spawn().await.unwrap();
        drop(printf);
        let mut sort = Command::new("sort");
        sort.stdin(Stdio::try_from(receiver).unwrap());
        assert_eq!(sort.output().await.unwrap().stdout, b"a\nb\n");
        assert!(first.wait().await.unwrap().success());
    });
}
