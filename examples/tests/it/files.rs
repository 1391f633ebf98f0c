//! The programs that work on files: following them, and SQLite.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Command;

use crate::program::Program;

const TAIL_MANY: &str = env!("CARGO_BIN_EXE_tail_many");
const SQLITE: &str = env!("CARGO_BIN_EXE_sqlite");

fn append(path: &str, text: &str) {
    let mut file = OpenOptions::new().append(true).open(path).expect("it is there");
    file.write_all(text.as_bytes()).expect("room");
}

#[test]
fn tail_many_prints_new_lines_of_every_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let paths: Vec<String> = (0..50)
        .map(|number| {
            let path = directory.path().join(format!("{number}.log"));
            fs::write(&path, "old line\nhalf ").expect("a new file");
            path.into_os_string().into_string().expect("text")
        })
        .collect();
    let arguments: Vec<&str> = paths.iter().map(String::as_str).collect();
    let mut tail = Program::start(TAIL_MANY, &arguments);
    assert_eq!(tail.line(), "following 50 files");

    paths.iter().for_each(|path| append(path, "a line\n"));
    let mut seen: Vec<String> = paths.iter().map(|_| tail.line()).collect();
    let mut expected: Vec<_> = paths.iter().map(|path| format!("{path}: half a line")).collect();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);

    append(&paths[7], "second\nthird\nstart of ");
    assert_eq!(tail.line(), format!("{}: second", paths[7]));
    assert_eq!(tail.line(), format!("{}: third", paths[7]));
    append(&paths[7], "fourth\n");
    assert_eq!(tail.line(), format!("{}: start of fourth", paths[7]));

    fs::write(&paths[3], "new\n").expect("it is there");
    assert_eq!(tail.line(), format!("{}: cut short; from its start:", paths[3]));
    assert_eq!(tail.line(), format!("{}: new", paths[3]));

    tail.interrupt();
    let (lines, status) = tail.end();
    assert!(status.success() && lines.is_empty(), "{status}: {lines:#?}");
}

#[test]
fn tail_many_says_which_file_is_missing() {
    let directory = tempfile::tempdir().expect("a directory");
    let missing = directory.path().join("missing.log");
    let (lines, status) = Program::start(TAIL_MANY, &[missing.to_str().expect("text")]).end();
    assert!(!status.success() && lines.is_empty(), "{status}: {lines:#?}");
    let output = Command::new(TAIL_MANY).arg(&missing).output().expect("it starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("missing.log"), "{message}");
}

#[test]
fn sqlite_keeps_the_money_together() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("bank.db");
    let lines = Program::run(SQLITE, &[path.to_str().expect("text"), "6", "20"]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].starts_with("120 transfers in "), "{lines:#?}");
    assert!(lines[0].ends_with("; the accounts still hold 10000"), "{lines:#?}");
}
