//! The run shares the cores with makes among its jobs, and with a make above it, by GNU make's
//! jobserver: the processes at once do not multiply.

use std::fs::{File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::session::{Ran, Session, THREE_MEET, most_at_once};

/// Six targets that may be made at once, each of which leaves marks.
const MAKEFILE: &str =
    "all: a b c d e f\na b c d e f:\n\t@echo + >> $(LOG); sleep 0.1; echo - >> $(LOG)\n";

fn make_is_installed() -> bool {
    let version = Command::new("make").arg("--version").stderr(Stdio::null()).output();
    let found = version.is_ok_and(|output| output.stdout.starts_with(b"GNU Make"));
    if !found {
        println!("skipped: GNU make is not installed, so there is nothing to share the cores with");
    }
    found
}

fn session() -> Session {
    let session = Session::new();
    session.file("Makefile", MAKEFILE);
    session
}

fn log(session: &Session, ran: &Ran) -> String {
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let log = std::fs::read_to_string(session.path().join("log")).unwrap();
    std::fs::remove_file(session.path().join("log")).unwrap();
    log
}

#[test]
fn makes_among_the_jobs_do_not_multiply() {
    if !make_is_installed() {
        return;
    }
    let session = session();
    // Two makes at once with room for four: together they run four.
    let ran = session.cortado_run("-n0 -j4 make -s LOG=log all ::: 1 2");
    let log = log(&session, &ran);
    assert_eq!(log.matches('+').count(), 12, "{log}");
    assert!((2..=4).contains(&most_at_once(&log)), "{log}");
    assert!(!ran.stderr.contains("jobserver"), "{}", ran.stderr);
}

#[test]
fn a_full_run_leaves_nothing_to_its_makes() {
    if !make_is_installed() {
        return;
    }
    let session = session();
    let ran = session.cortado_run("-n0 -j2 make -s LOG=log all ::: 1 2 3 4");
    let log = log(&session, &ran);
    assert!(most_at_once(&log) <= 2, "{log}");
    let ran = session.cortado(&["run", "--no-jobserver", "echo {} $MAKEFLAGS", ":::", "a"]);
    assert_eq!(ran.text(), "a\n");
}

#[test]
fn under_a_make_its_number_holds() {
    if !make_is_installed() {
        return;
    }
    let session = Session::new();
    let cortado = env!("CARGO_BIN_EXE_cortado");
    let job = "echo + >> log; sleep 0.1; echo - >> log";
    session
        .file("Makefile", format!("all:\n\t+@{cortado} run -j8 '{job}' ::: 1 2 3 4 5 6 7 8 9\n"));
    let ran = session.run("make", &["-s", "-j3"]);
    let marks = log(&session, &ran);
    assert_eq!(marks.matches('+').count(), 9, "{marks}");
    assert!((2..=3).contains(&most_at_once(&marks)), "{marks}");
}

#[test]
fn a_make_that_does_not_hand_its_jobserver_on_is_told_of() {
    if !make_is_installed() {
        return;
    }
    let session = Session::new();
    let cortado = env!("CARGO_BIN_EXE_cortado");
    for (options, told) in [("", true), ("--quiet", false), ("--no-jobserver", false)] {
        session.file("Makefile", format!("all:\n\t@{cortado} run {options} echo ::: a\n"));
        let ran = session.run("make", &["-s", "-j2"]);
        assert_eq!(ran.text(), "a\n");
        assert_eq!(ran.stderr.contains("begin the line with +"), told, "{}", ran.stderr);
    }
}

#[test]
fn tokens_go_back_to_the_make_above_also_from_killed_jobs() {
    if !make_is_installed() {
        return;
    }
    let session = Session::new();
    let cortado = env!("CARGO_BIN_EXE_cortado");
    // If tokens were lost, make would complain at its end, or the last rule would run alone.
    session.file(
        "Makefile",
        format!(
            "all: runs a b c\nruns:\n\t+@{cortado} run -j8 --timeout 0.2 'sleep 75' ::: 1 2 3 4; true\n\
             a b c: runs\n\t@{}\n",
            THREE_MEET.replace('$', "$$")
        ),
    );
    let ran = session.run("make", &["-s", "-j3"]);
    assert!(!ran.stderr.contains("tokens available"), "{}", ran.stderr);
    assert_eq!(most_at_once(&log(&session, &ran)), 3);
}

#[test]
fn a_jobserver_that_is_a_named_pipe_is_obeyed() {
    let session = Session::new();
    let fifo = session.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
        .expect("a named pipe");
    let mut pipe = File::options().read(true).write(true).open(&fifo).expect("both ends");
    // Two tokens beside the one that everybody has, none of them make's own byte.
    pipe.write_all(b"xy").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_cortado"))
        .args(["run", "-j8", "-n0", THREE_MEET, ":::", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
        .env("MAKEFLAGS", format!(" -j3 --jobserver-auth=fifo:{}", fifo.display()))
        .current_dir(session.path())
        .stdin(Stdio::null())
        .output()
        .expect("a program that starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = std::fs::read_to_string(session.path().join("log")).unwrap();
    assert_eq!(log.matches('+').count(), 9, "{log}");
    assert_eq!(most_at_once(&log), 3, "{log}");
    // Both tokens are back, and are what they were.
    let mut left = [0; 2];
    pipe.read_exact(&mut left).unwrap();
    left.sort();
    assert_eq!(&left, b"xy");
    assert_eq!(rustix::io::ioctl_fionread(&pipe).unwrap(), 0);
}

/// Cargo runs rustc through this, which leaves marks.
const WRAPPER: &str =
    "#!/bin/sh\necho + >> \"$LOG\"; \"$@\"; status=$?; echo - >> \"$LOG\"; exit $status\n";

#[test]
fn cargo_among_the_jobs_takes_part() {
    let session = Session::new();
    let name = |number: u32| format!("part{number}");
    let mut root = "[package]\nname = \"whole\"\nedition = \"2021\"\n[dependencies]\n".to_owned();
    for part in (1..=4).map(name) {
        root += &format!("{part} = {{ path = \"{part}\" }}\n");
        std::fs::create_dir_all(session.path().join(&part).join("src")).unwrap();
        let manifest = format!("[package]\nname = \"{part}\"\nedition = \"2021\"\n");
        session.file(&format!("{part}/Cargo.toml"), manifest);
        session.file(&format!("{part}/src/lib.rs"), "");
    }
    std::fs::create_dir(session.path().join("src")).unwrap();
    session.file("Cargo.toml", root);
    session.file("src/lib.rs", "");
    let wrapper = session.file("wrapper", WRAPPER);
    std::fs::set_permissions(&wrapper, Permissions::from_mode(0o700)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_cortado"))
        .args(["run", "-j1", "-n0", env!("CARGO")])
        .args(["build", "--offline", "--quiet", "--target-dir", "out", ":::", "once"])
        .env("RUSTC_WRAPPER", &wrapper)
        .env("LOG", session.path().join("log"))
        .env_remove("CARGO_MAKEFLAGS")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .current_dir(session.path())
        .stdin(Stdio::null())
        .output()
        .expect("a program that starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = std::fs::read_to_string(session.path().join("log")).unwrap();
    assert!(log.matches('+').count() >= 5, "every crate is compiled: {log}");
    assert_eq!(most_at_once(&log), 1, "{log}");
}
