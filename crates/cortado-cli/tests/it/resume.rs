//! A run that is resumed leaves out what the log of jobs lists, ours or GNU parallel's.

use super::session::Session;

const LOG: &str = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n\
                   2\t:\t1795201701.524\t     0.002\t0\t0\t0\t0\tls b\n\
                   3\t:\t1795201701.526\t     0.002\t0\t0\t1\t0\tls c\n";

#[test]
fn listed_jobs_are_left_out_and_the_others_keep_their_numbers() {
    let session = Session::new();
    session.file("log", LOG);
    let ran = session.cortado_run("--dry-run --joblog log --resume ls {} {#} ::: a b c d");
    assert_eq!(ran.text(), "ls a 1\nls d 4\n");
    let ran = session.cortado_run("--dry-run --joblog log --resume-failed ls {} {#} ::: a b c d");
    assert_eq!(ran.text(), "ls a 1\nls c 3\nls d 4\n");
}

#[test]
fn a_file_that_is_no_log_is_refused() {
    let session = Session::new();
    session.file("log", "some notes\n");
    let ran = session.cortado_run("--joblog log --resume ls ::: a");
    assert!(ran.error(255).contains("log is not a joblog"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(session.path().join("log")).unwrap(), "some notes\n");
}

#[test]
fn a_log_of_gnu_parallel_is_understood() {
    let session = Session::new();
    if !super::like_parallel::is_installed() {
        return;
    }
    session.run("parallel", &["-j1", "--joblog", "log", "exit {}", ":::", "0", "1", "0"]);
    let ran = session.cortado_run("--dry-run --joblog log --resume-failed ls ::: a b c d");
    assert_eq!(ran.text(), "ls b\nls d\n");
}
