//! At the end the run explains itself, where that was asked for, in words and as JSON.

use serde_json::Value;

use super::session::Session;

#[test]
fn the_summary_is_one_json_object_on_standard_error() {
    let session = Session::new();
    let ran = session.cortado(&["run", "-j2", "--json", "exit {}", ":::", "0", "0", "1"]);
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    let summary: Value = serde_json::from_str(ran.stderr.trim()).expect("one object");
    assert_eq!((&summary["jobs"], &summary["failed"]), (&3.into(), &1.into()));
    assert_eq!(summary["chosen"]["limit"], 2);
    let (total, wall) = (&summary["at_once_mean"], &summary["wall_s"]);
    let parts = ["working_s", "queued_s", "waiting_s"].map(|part| summary[part].as_f64().unwrap());
    let whole = total.as_f64().unwrap() * wall.as_f64().unwrap();
    assert!((parts.iter().sum::<f64>() - whole).abs() < 1e-6, "{summary}");
}

#[test]
fn a_run_that_ends_early_says_so() {
    let session = Session::new();
    let ran = session.cortado(&[
        "run",
        "-j1",
        "--json",
        "--halt",
        "now,fail=1",
        "exit {}",
        ":::",
        "1",
        "2",
    ]);
    let summary = ran.stderr.lines().last().expect("a summary");
    let summary: Value = serde_json::from_str(summary).expect("one object");
    assert_eq!((&summary["jobs"], &summary["ended_early"]), (&1.into(), &true.into()));
    let ran = session.cortado(&["run", "-j1", "--json", "true", ":::", "1", "2"]);
    let summary: Value = serde_json::from_str(ran.stderr.trim()).expect("one object");
    assert_eq!(summary["ended_early"], false);
}

#[test]
fn what_keeps_slots_free_is_named() {
    let session = Session::new();
    let cortado = env!("CARGO_BIN_EXE_cortado");
    let holdback = |ran: super::session::Ran| {
        let summary = ran.stderr.lines().last().expect("a summary");
        let summary: Value = serde_json::from_str(summary).expect("one object");
        let share = summary["holdback_share"].as_f64().expect("a share");
        assert!((0.0..=1.0).contains(&share), "{summary}");
        summary["holdback"].as_str().unwrap_or_default().to_owned()
    };
    // The second input comes late even if the run takes long to begin.
    let slow = format!(
        "(echo a; while ! test -e began; do sleep 0.01; done; sleep 0.5; echo b) | \
         {cortado} run --json 'touch began; : {{}}'"
    );
    assert_eq!(holdback(session.run("sh", &["-c", &slow])), "input");
    let ran = session.cortado_run("-j8 --json --delay 0.2 true ::: a b c");
    assert_eq!(holdback(ran), "delay");
    // A make above us has a single token beside the one that everybody has.
    let fifo = session.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
        .expect("a named pipe");
    let script = format!(
        "exec 9<>fifo; printf + >&9; MAKEFLAGS=' -j2 --jobserver-auth=fifo:fifo' \
         {cortado} run -j8 --json sleep ::: 0.2 0.2 0.2 0.2"
    );
    assert_eq!(holdback(session.run("sh", &["-c", &script])), "make");
    let free = session.cortado_run("-j2 --json sleep ::: 0.2 0.2 0.2 0.2");
    assert_ne!(holdback(free), "make");
}

#[test]
fn an_explanation_that_nobody_reads_is_no_failure() {
    let session = Session::new();
    let cortado = env!("CARGO_BIN_EXE_cortado");
    // The reader is gone for certain when the run ends: it opens the pipe, closes it, and says so.
    let script = format!(
        "mkfifo pipe; (: < pipe; : > gone) & {cortado} run --explain \
         'while ! test -e gone; do sleep 0.01; done; : {{}}' ::: a 2> pipe"
    );
    assert_eq!(session.run("sh", &["-c", &script]).status, Some(0));
}

#[test]
fn the_explanation_is_given_when_it_is_wanted() {
    let session = Session::new();
    assert_eq!(session.cortado_run("true ::: a b").stderr, "");
    let ran = session.cortado_run("--explain sleep ::: 0.3 0.3 0.3 0.3");
    assert!(ran.stderr.contains("4 jobs"), "{}", ran.stderr);
    // Where starting them takes long, the jobs are not found to be what they are.
    let verdicts = ["CPU-bound.", "I/O-bound.", "Mixed:"];
    assert!(verdicts.iter().any(|verdict| ran.stderr.contains(verdict)), "{}", ran.stderr);
    let quiet = session.cortado_run("--quiet --json --retries 2 sleep ::: 0");
    assert!(serde_json::from_str::<Value>(quiet.stderr.trim()).is_ok(), "{}", quiet.stderr);
}
