//! The standard streams work for every kind of descriptor, and stay in blocking mode for the
//! processes that share them.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Stdio;

use cortado_io::{AsyncReadExt, AsyncWriteExt, stderr, stdin, stdout};
use rustix::fs::{OFlags, fcntl_getfl};

use crate::{inner, is_inner, on_both};

const ECHO: &str = "standard_streams::standard_input_goes_to_standard_error";

fn is_blocking(fd: impl AsFd) -> bool {
    !fcntl_getfl(fd).unwrap().contains(OFlags::NONBLOCK)
}

/// The inner process copies its input to its standard error, where no test harness writes.
fn echo() {
    cortado_core::Runtime::new().unwrap().block_on(async {
        let (mut input, mut errors) = (stdin().unwrap(), stderr().unwrap());
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes).await.unwrap();
        errors.write_all(&bytes).await.unwrap();
        errors.flush().await.unwrap();
        assert!(is_blocking(std::io::stdin()) && is_blocking(std::io::stderr()));
    });
}

#[test]
fn standard_input_goes_to_standard_error() {
    if is_inner() {
        return echo();
    }
    through_pipes();
    through_files();
    let nothing = inner(ECHO).stdin(Stdio::null()).output().unwrap();
    assert!(nothing.status.success() && nothing.stderr.is_empty(), "{nothing:?}");
}

fn through_pipes() {
    let mut command = inner(ECHO);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, mut errors) = (child.stdin.take().unwrap(), child.stderr.take().unwrap());
    let writer = std::thread::spawn(move || input.write_all(&[b'p'; 200_000]));
    let mut bytes = Vec::new();
    errors.read_to_end(&mut bytes).unwrap();
    writer.join().unwrap().unwrap();
    assert!(child.wait().unwrap().success());
    assert!(bytes == [b'p'; 200_000], "{}", String::from_utf8_lossy(&bytes));
}

fn through_files() {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("from"), directory.path().join("to"));
    std::fs::write(&from, [b'f'; 300_000]).unwrap();
    let mut command = inner(ECHO);
    command.stdin(std::fs::File::open(&from).unwrap()).stdout(Stdio::null());
    command.stderr(std::fs::File::create(&to).unwrap());
    assert!(command.status().unwrap().success());
    assert!(std::fs::read(&to).unwrap() == [b'f'; 300_000]);
}

#[test]
fn standard_output_can_be_opened_and_flushed() {
    on_both(async || {
        let mut output = stdout().unwrap();
        output.write_all(b"").await.unwrap();
        output.flush().await.unwrap();
        output.close().await.unwrap();
    });
}
