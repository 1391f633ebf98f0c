//! Whenever `cortado run` is killed with KILL, resuming it loses nothing and repeats nothing that
//! the log calls finished.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::session::Session;

const JOBS: usize = 60;
/// Marks its beginning and its end.
const JOB: &str = "echo {} >> began; sleep 0.0{#}; echo {} >> ended; echo out {}";

fn args() -> Vec<String> {
    let mut args: Vec<String> =
        ["run", "-j4", "--joblog", "log", "--resume", JOB, ":::"].map(str::to_owned).to_vec();
    args.extend((1..=JOBS).map(|number| number.to_string()));
    args
}

/// How often each job is named in a file of marks.
fn marks(session: &Session, file: &str) -> BTreeMap<usize, usize> {
    let text = std::fs::read_to_string(session.path().join(file)).unwrap_or_default();
    let mut marks = BTreeMap::new();
    for line in text.lines() {
        *marks.entry(line.parse().expect("a number")).or_default() += 1;
    }
    marks
}

/// The jobs that the log lists in whole lines.
fn logged(session: &Session) -> Vec<usize> {
    let log = std::fs::read_to_string(session.path().join("log")).unwrap_or_default();
    let whole = log.rfind('\n').map_or("", |end| &log[..end]);
    let number = |line: &str| line.split('\t').next()?.parse().ok();
    whole.lines().skip(1).filter_map(number).collect()
}

#[test]
fn a_killed_run_resumes_without_loss_or_repetition() {
    let session = Session::new();
    let fifo = session.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
        .expect("a named pipe");
    // Points in time that are spread over the run; the last ones may come after its end.
    for round in 0..12_u64 {
        let before = logged(&session);
        let began_before = marks(&session, "began");
        // The run and all its jobs inherit the pipe.
        let mut child = Command::new("sh")
            .args(["-c", "exec 9> fifo; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_cortado")])
            .args(args())
            .current_dir(session.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a program that starts");
        let mut pipe = File::open(&fifo).expect("the other end of the pipe");
        std::thread::sleep(Duration::from_millis(30 + 17 * round));
        child.kill().expect("a child to kill");
        child.wait().expect("a child");
        // Jobs that it left behind come to their end before the next run.
        pipe.read_to_end(&mut Vec::new()).expect("the end of the last job");
        let (began, ended) = (marks(&session, "began"), marks(&session, "ended"));
        for job in &before {
            assert_eq!(began.get(job), began_before.get(job), "job {job} was run again");
        }
        for job in logged(&session) {
            assert!(ended.contains_key(&job), "job {job} is logged and has not ended");
        }
    }
    let resumed = session.cortado(&args());
    assert_eq!(resumed.status, Some(0), "{}", resumed.stderr);
    let ended = marks(&session, "ended");
    assert_eq!(ended.len(), JOBS, "jobs that never came to their end");
    let mut listed = logged(&session);
    listed.sort();
    assert_eq!(listed, (1..=JOBS).collect::<Vec<_>>(), "each job is logged once");
}

#[test]
fn a_logged_job_has_written_its_output() {
    let session = Session::new();
    for round in 0..8_u64 {
        let out = std::fs::File::options()
            .create(true)
            .append(true)
            .open(session.path().join("out"))
            .expect("a file");
        let mut child = Command::new(env!("CARGO_BIN_EXE_cortado"))
            .args(args())
            .current_dir(session.path())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(Stdio::null())
            .spawn()
            .expect("a program that starts");
        std::thread::sleep(Duration::from_millis(40 + 13 * round));
        child.kill().expect("a child to kill");
        child.wait().expect("a child");
        let out = std::fs::read_to_string(session.path().join("out")).unwrap();
        for job in logged(&session) {
            let line = format!("out {job}\n");
            assert!(out.contains(&line), "job {job} is logged and its output is missing");
        }
    }
}
