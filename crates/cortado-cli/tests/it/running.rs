//! Jobs run: each once, with its inputs as they are, in a slot, with the variables, the directory
//! and the standard input that were asked for.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::session::{Session, THREE_MEET, comes_within, most_at_once};

#[test]
fn every_job_runs_once() {
    let session = Session::new();
    let names: Vec<String> = (0..20).map(|number| format!("file {number}.txt")).collect();
    for name in &names {
        session.file(name, format!("text of {name}\n").repeat(1000));
    }
    let mut args = vec!["run", "gzip", "-k", "{}", ":::"];
    args.extend(names.iter().map(String::as_str));
    assert_eq!(session.cortado(&args).text(), "");
    for name in &names {
        let unpacked = session.run("gzip", &["-dc", &format!("{name}.gz")]);
        assert_eq!(unpacked.text(), format!("text of {name}\n").repeat(1000));
    }
}

#[test]
fn inputs_arrive_byte_for_byte() {
    let session = Session::new();
    for name in [&b"\xff\xfe"[..], b"it's", b"a\nb", b"$HOME", b" ", b"", b"-n", b"*"] {
        let name = OsStr::from_bytes(name);
        let words = [OsStr::new("run"), OsStr::new("printf"), OsStr::new("[%s]"), OsStr::new("{}")];
        let direct = session.cortado(&[&words[..], &[OsStr::new(":::"), name]].concat());
        assert_eq!(direct.stdout, [b"[", name.as_bytes(), b"]"].concat());
        let line =
            [OsStr::new("run"), OsStr::new("printf '[%s]' {} | cat"), OsStr::new(":::"), name];
        assert_eq!(session.cortado(&line).stdout, [b"[", name.as_bytes(), b"]"].concat());
    }
    let nul_ended = Session::with_stdin("a b\nc\0d\0");
    assert_eq!(nul_ended.cortado_run("-0 -k printf [%s]").text(), "[a b\nc][d]");
}

#[test]
fn no_input_is_no_job_and_no_error() {
    let session = Session::new();
    for args in ["touch made", "-r touch made", "--pipe touch made"] {
        assert_eq!(session.cortado_run(args).text(), "", "{args}");
    }
    assert!(!session.path().join("made").exists());
}

#[test]
fn slots_are_the_lowest_free_numbers() {
    let session = Session::new();
    let ran = session.cortado_run("-j1 -k echo {%} ::: a b c");
    assert_eq!(ran.text(), "1\n1\n1\n");
    // Each job holds its slot as a directory, which fails where another job has it.
    let ran = session.cortado(
        &[&["run", "-j3", "mkdir s{%} && sleep 0.02 && rmdir s{%}", ":::"], &["x"; 30][..]]
            .concat(),
    );
    assert_eq!(ran.text(), "");
    let highest = session.cortado_run("-j3 echo {%} ::: 1 2 3 4 5 6 7 8 9");
    assert!(highest.text().lines().all(|slot| ["1", "2", "3"].contains(&slot)));
}

#[test]
fn a_fixed_number_is_never_exceeded() {
    let session = Session::new();
    session.cortado(&[&["run", "-j3", THREE_MEET, ":::"], &["x"; 20][..]].concat()).text();
    let log = std::fs::read_to_string(session.path().join("log")).unwrap();
    assert_eq!(most_at_once(&log), 3, "{log}");
}

#[test]
fn env_cwd_and_nice_hold_for_the_jobs() {
    let session = Session::new();
    std::fs::create_dir(session.path().join("sub")).unwrap();
    let args = ["run", "--env", "COLOUR=red", "--cwd", "sub", "echo $COLOUR; pwd", ":::", "x"];
    let ran = session.cortado(&args);
    assert!(ran.text().starts_with("red\n") && ran.text().ends_with("/sub\n"), "{}", ran.text());
    let nice = session.run("nice", &[] as &[&str]).text().trim().parse::<i32>().unwrap();
    let raised = (nice + 3).min(19);
    let ran = session.cortado_run(&format!("--nice {raised} -n0 nice ::: x"));
    assert_eq!(ran.text(), format!("{raised}\n"));
}

#[test]
fn jobs_read_nothing_from_our_standard_input() {
    let session = Session::with_stdin("a\nb\n");
    assert_eq!(session.cortado(&["run", "-k", "-j1", "echo {}; cat"]).text(), "a\nb\n");
    assert_eq!(session.cortado(&["run", "cat", ":::", "/dev/stdin"]).text(), "");
}

#[test]
fn what_can_only_be_found_while_running_is_a_failed_job_told_once() {
    let session = Session::new();
    let script = session.file("script", "#!/no/such/interpreter\n");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let ran = session.cortado_run("--joblog log ./script ::: a b c");
    assert_eq!(ran.status, Some(3), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    let log = std::fs::read_to_string(session.path().join("log")).unwrap();
    assert_eq!(log.matches("\t127\t0\t./script").count(), 3, "{log}");
    let huge = Session::with_stdin(vec![b'x'; 200_000]).cortado_run("echo");
    assert_eq!(huge.status, Some(1), "{}", huge.stderr);
    assert!(huge.stderr.contains("too long"), "{}", huge.stderr);
}

#[test]
fn a_script_without_an_interpreter_line_is_run_by_the_shell() {
    let session = Session::new();
    let script = session.file("script", "echo \"script $1\"\n");
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(session.cortado_run("./script ::: a").text(), "script a\n");
}

#[test]
fn a_process_left_in_the_background_is_not_waited_for() {
    let session = Session::new();
    // It would live until somebody made the file, which nobody does before the run has ended.
    let job = "(while ! test -e go; do sleep 0.02; done; touch gone) & echo {}";
    assert_eq!(session.cortado(&["run", job, ":::", "a"]).text(), "a\n");
    assert!(!session.path().join("gone").exists());
    session.file("go", "");
    let gone = || session.path().join("gone").exists();
    assert!(comes_within(Duration::from_secs(100), gone), "the process in the background has gone");
}
