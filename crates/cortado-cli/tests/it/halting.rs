//! `--halt` ends a run early, and says so with GNU parallel's exit status.

use super::session::Session;

#[test]
fn soon_lets_the_running_jobs_finish_and_starts_no_more() {
    let session = Session::new();
    // The second job goes on when the first has failed, and no third is started.
    let job = "touch began{#}; \
               test {} = fail && { while ! test -e began2; do sleep 0.01; done; exit 4; }; \
               sleep 0.5; touch done{#}";
    let args = ["run", "-j2", "--halt", "soon,fail=1", "--joblog", "log", job, ":::", "fail", "a"];
    let ran = session.cortado(&[&args[..], &["b"; 8]].concat());
    assert_eq!(ran.status, Some(4), "{}", ran.stderr);
    assert!(session.path().join("done2").exists());
    assert!(!session.path().join("began4").exists());
    assert!(ran.stderr.contains("starting no more"), "{}", ran.stderr);
}

#[test]
fn now_ends_the_running_jobs_and_does_not_log_them() {
    let session = Session::new();
    let job = "test {} = fail && { sleep 0.3; exit 4; }; sleep 76; touch done";
    let args = ["run", "-j2", "--halt", "now,fail=1", "--joblog", "log", job, ":::", "a", "fail"];
    let ran = session.cortado(&args);
    assert_eq!(ran.status, Some(4), "{}", ran.stderr);
    assert!(!session.path().join("done").exists());
    let log = std::fs::read_to_string(session.path().join("log")).unwrap();
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(log.lines().nth(1).unwrap().starts_with("2\t"), "{log}");
}

/// `done=` is left out: GNU parallel 20221122 exits with 101 where all jobs succeed under it.
#[test]
fn the_exit_status_is_gnu_parallels() {
    if !super::like_parallel::is_installed() {
        return;
    }
    for policy in [
        "never",
        "now,fail=1",
        "now,fail=2",
        "soon,fail=1",
        "soon,fail=3",
        "now,success=1",
        "soon,success=2",
        "now,fail=50%",
        "soon,fail=30%",
        "now,success=50%",
        "1",
        "2",
        "-1",
        "-2",
    ] {
        for exits in [&["0", "0", "0"][..], &["0", "3", "1", "4"], &["5", "5", "0", "0", "0"]] {
            let session = Session::new();
            session.file("will-cite", "");
            let args = [&["-j1", "--halt", policy, "exit {}", ":::"], exits].concat();
            let ours = session.cortado(&[&["run"], &*args].concat());
            let theirs = session.run("parallel", &args);
            assert_eq!(ours.status, theirs.status, "--halt {policy} with {exits:?}");
        }
    }
}
