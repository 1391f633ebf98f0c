//! The run shares the cores with makes among its jobs, and with a make above it, by GNU make's
//! jobserver: the processes at once do not multiply.

use std::process::{Command, Stdio};

use super::session::{Ran, Session, most_at_once};

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
             a b c: runs\n\t@echo + >> log; sleep 0.3; echo - >> log\n"
        ),
    );
    let ran = session.run("make", &["-s", "-j3"]);
    assert!(!ran.stderr.contains("tokens available"), "{}", ran.stderr);
    assert_eq!(most_at_once(&log(&session, &ran)), 3);
}
