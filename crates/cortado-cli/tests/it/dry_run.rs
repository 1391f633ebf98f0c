//! A dry run prints each command as one would type it, and changes nothing.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::session::Session;

#[test]
fn commands_are_printed_ready_to_be_typed() {
    let session = Session::new();
    assert_eq!(
        session.cortado_run("--dry-run gzip -k {} ::: a b").text(),
        "gzip -k a\ngzip -k b\n"
    );
    let ran = session.cortado(&["run", "--dry-run", "ls", "{}", ">", "{.}.txt", ":::", "it's a.x"]);
    assert_eq!(ran.text(), "ls 'it'\\''s a.x' > 'it'\\''s a'.txt\n");
    assert_eq!(session.cortado_run("--dry-run --tag ls ::: a ::: b").text(), "a b\tls a b\n");
    assert_eq!(session.cortado_run("--dry-run -I ,, ls ,, {} ::: a").text(), "ls a '{}'\n");
    assert_eq!(
        session.cortado_run("--dry-run -j2 ls {#} {%} ::: a b c").text(),
        "ls 1 1\nls 2 2\nls 3 1\n"
    );
    assert_eq!(session.cortado_run("--dry-run --shell=bash ls ::: a").text(), "ls a\n");
    let ran = session.cortado(&["run", "--dry-run", "-q", "ls", "$HOME", ":::", "a"]);
    assert_eq!(ran.text(), "ls '$HOME' a\n");
}

#[test]
fn invalid_utf_8_is_kept() {
    let session = Session::new();
    let name = OsStr::from_bytes(b"\xff\xfe");
    let ran = session.cortado(&[
        OsStr::new("run"),
        OsStr::new("--dry-run"),
        OsStr::new("ls"),
        OsStr::new(":::"),
        name,
    ]);
    assert_eq!(ran.stdout, b"ls '\xff\xfe'\n");
}

#[test]
fn nothing_is_changed() {
    let session = Session::new();
    let log = session.file("log", "kept\n");
    session.cortado_run("--dry-run --joblog log touch made ::: a").text();
    assert_eq!(std::fs::read_to_string(log).unwrap(), "kept\n");
    assert!(!session.path().join("made").exists());
}

#[test]
fn blocks_of_standard_input_are_one_job_each() {
    let session = Session::with_stdin("a\nb\nc\nd\ne\n");
    assert_eq!(session.cortado_run("--dry-run --pipe --block 4 wc -l").text(), "wc -l\n".repeat(3));
    assert_eq!(session.cortado_run("--dry-run --pipe -n 3 wc {#}").text(), "wc 1\nwc 2\n");
}
