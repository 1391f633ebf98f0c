//! Failed jobs are counted, tried again, and ended when their time is up.

use super::session::Session;

/// The columns of the log's lines from the seventh on: exit value, signal, command.
fn logged(session: &Session) -> Vec<String> {
    let log = std::fs::read_to_string(session.path().join("log")).unwrap();
    let mut lines: Vec<String> = log
        .lines()
        .skip(1)
        .map(|line| line.splitn(7, '\t').nth(6).expect("seven columns").to_owned())
        .collect();
    lines.sort();
    lines
}

#[test]
fn failures_are_the_exit_status() {
    let session = Session::new();
    let ran = session.cortado(&["run", "exit {}", ":::", "0", "3", "0", "1"]);
    assert_eq!(ran.status, Some(2));
    let ran = session.cortado(&["run", "kill -9 $$", ":::", "x"]);
    assert_eq!(ran.status, Some(1));
}

#[test]
fn a_failed_job_is_tried_again_and_only_its_last_try_counts() {
    let session = Session::new();
    let job = "echo {} >> tries; echo out {}; exit {}";
    let args = ["run", "--retries", "3", "--joblog", "log", "-k", job, ":::", "0", "7"];
    let ran = session.cortado(&args);
    assert_eq!((ran.status, ran.stdout), (Some(1), b"out 0\nout 7\n".to_vec()), "{}", ran.stderr);
    let mut tries: Vec<String> = std::fs::read_to_string(session.path().join("tries"))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    tries.sort();
    assert_eq!(tries, ["0", "7", "7", "7"]);
    let job = |exit| format!("{exit}\t0\techo {exit} >> tries; echo out {exit}; exit {exit}");
    assert_eq!(logged(&session), [job(0), job(7)]);
}

#[test]
fn a_job_that_succeeds_in_the_end_has_succeeded() {
    let session = Session::new();
    let job = "echo {} >> tries; test $(wc -l < tries) -ge 3";
    assert_eq!(session.cortado(&["run", "--retries", "0", job, ":::", "a"]).text(), "");
    let tries = std::fs::read_to_string(session.path().join("tries")).unwrap();
    assert_eq!(tries.lines().count(), 3);
}

#[test]
fn a_job_whose_time_is_up_is_ended_with_all_that_it_started() {
    let session = Session::new();
    let job = ": {}; (sleep 77 & echo $! > child; wait) & wait";
    // The time counts from before the shell is there, which is to have started all that by then.
    let args = ["run", "--timeout", "3", "--joblog", "log", job, ":::", "a"];
    let ran = session.cortado(&args);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("--timeout"), "{}", ran.stderr);
    assert_eq!(logged(&session), [format!("-1\t15\t{}", job.replace("{}", "a"))]);
    let child = std::fs::read_to_string(session.path().join("child")).unwrap();
    assert!(super::session::is_gone(child.trim()), "a process of the job still runs");
}

#[test]
fn a_job_that_ignores_term_is_killed() {
    let session = Session::new();
    let job = "trap '' TERM; echo before {}; sleep 78; sleep 78";
    // Enough for the shell to have reached its `trap`.
    let ran = session.cortado(&["run", "--timeout", "3", "--joblog", "log", job, ":::", "a"]);
    assert_eq!((ran.status, ran.stdout), (Some(1), b"before a\n".to_vec()));
    assert_eq!(logged(&session), [format!("-1\t9\t{}", job.replace("{}", "a"))]);
}

#[test]
fn a_job_that_is_told_to_end_and_ends_well_has_failed_all_the_same() {
    let session = Session::new();
    let job = "trap 'exit 0' TERM; : {}; sleep 79 & wait";
    let ran = session.cortado(&["run", "--timeout", "0.2", job, ":::", "a"]);
    assert_eq!(ran.status, Some(1));
}
