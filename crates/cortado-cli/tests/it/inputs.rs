//! Inputs are streamed from wherever they come, as many as there are, and kept byte for byte.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::session::Session;

#[test]
fn lines_and_nul_ended_inputs_are_taken_as_they_are() {
    let session = Session::with_stdin("a b\n\n c");
    assert_eq!(session.cortado_run("--dry-run ls").text(), "ls 'a b'\nls ''\nls ' c'\n");
    assert_eq!(session.cortado_run("--dry-run -r ls").text(), "ls 'a b'\nls ' c'\n");
    let session = Session::with_stdin("a\nb\0c\0");
    assert_eq!(session.cortado_run("--dry-run -0 ls").text(), "ls 'a\nb'\nls c\n");
}

#[test]
fn no_input_makes_no_job() {
    let session = Session::new();
    session.file("empty", "");
    for args in ["ls", "-a empty ls", "ls :::", "ls ::: a ::: ", "ls :::: empty", "--pipe wc"] {
        assert_eq!(session.cortado_run(&format!("--dry-run {args}")).text(), "", "{args}");
    }
}

#[test]
fn jobs_start_before_the_input_has_ended() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cortado"))
        .args(["run", "--dry-run", "ls", "{}", ":::", "x", "::::", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The input ends only after the first command was seen. It is more than any buffer on the way
    // holds, so that a command must come out.
    let (seen, wait_until_seen) = std::sync::mpsc::channel::<()>();
    let writer = std::thread::spawn(move || {
        for number in 0..20_000 {
            // The reader goes away once it has seen the first command.
            if writeln!(stdin, "{number}").is_err() {
                break;
            }
        }
        wait_until_seen.recv().unwrap();
    });
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    assert_eq!(first, "ls x 0\n");
    seen.send(()).unwrap();
    drop(reader);
    writer.join().unwrap();
    assert!(child.wait().unwrap().success());
}
