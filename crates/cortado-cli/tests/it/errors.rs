//! What is wrong is found before the first job starts, said in a sentence, and told by the exit
//! status.

use super::session::Session;

#[test]
fn a_program_that_does_not_exist_is_one_error() {
    let session = Session::with_stdin("x\n".repeat(10_000));
    let ran = session.cortado_run("--dry-run no-such-program");
    let error = ran.error(127);
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("no program `no-such-program` in PATH"), "{error}");
    let ran = session.cortado_run("--dry-run no-such-program {} > x");
    assert!(ran.error(127).contains("no-such-program"));
    session.file("data", "");
    assert!(session.cortado_run("--dry-run /tmp").error(126).contains("is a directory"));
    assert!(session.cortado_run("--dry-run ./data").error(126).contains("cannot be executed"));
}

#[test]
fn the_search_for_the_program_heeds_env_and_cwd() {
    let session = Session::with_stdin("x\n");
    session.cortado_run("--dry-run --env PATH=/nowhere ls").error(127);
    std::fs::create_dir(session.path().join("sub")).unwrap();
    std::os::unix::fs::symlink("/bin/sh", session.path().join("sub/tool")).unwrap();
    session.cortado_run("--dry-run ./tool").error(127);
    assert_eq!(session.cortado_run("--dry-run --cwd sub ./tool").text(), "./tool x\n");
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let session = Session::with_stdin("x\n");
    for (args, part) in [
        ("-k -u ls", "cannot be used with"),
        ("--resume ls", "--joblog"),
        ("--pipe ls ::: a", "takes no values"),
        ("--pipe", "needs a command"),
        ("--pipe wc {}", "has no input"),
        ("ls {3} ::: a ::: b", "names input 3"),
        ("ls :::+ a", "none"),
        ("-a - ls :::: -", "named twice"),
        ("ls :::: missing", "missing cannot be read"),
        ("--cwd missing ls", "--cwd"),
        ("--env NO_SUCH_VARIABLE ls", "is not set"),
        ("--halt sometimes ls", "soon,fail=30%"),
        ("--jobs many ls", "number of jobs"),
        ("--block 1X --pipe wc", "no size"),
        ("--timeout soon ls", "no duration"),
        ("--bogus ls", "--bogus"),
        ("--results out/{#} ls", "replacement strings"),
        ("--results out.csv ls", "no tables"),
    ] {
        let ran = session.cortado_run(args);
        let error = ran.error(255);
        assert!(error.contains(part), "{args}: {error}");
    }
}

#[test]
fn options_of_gnu_parallel_that_are_not_there_name_what_is() {
    let session = Session::new();
    for (args, part) in [
        ("-X echo ::: a", "-n N"),
        ("--progress echo ::: a", "--bar"),
        ("--colsep , echo ::: a", "-0"),
        ("-S server echo ::: a", "this machine only"),
        ("--tagstring x echo ::: a", "--tag"),
        ("--recend x --pipe wc", "line ends"),
        ("--tmpdir x echo ::: a", "TMPDIR"),
        ("echo {=s/a/b/=} ::: a", "let the shell"),
        ("echo x{2=$_++=}y ::: a ::: b", "let the shell"),
    ] {
        let ran = session.cortado_run(args);
        let error = ran.error(255);
        assert!(error.lines().last().unwrap().contains(part), "{args}: {error}");
    }
}

#[test]
fn a_placeholder_that_cannot_be_quoted_is_refused() {
    let session = Session::with_stdin("x\n");
    let ran = session.cortado(&["run", "--dry-run", "echo `cat {}`"]);
    assert!(ran.error(255).contains("backticks"), "{}", ran.stderr);
    let ran = session.cortado(&["run", "--dry-run", "ls # note"]);
    assert!(ran.error(255).contains("ends in a comment"), "{}", ran.stderr);
}

#[test]
fn input_that_is_no_list_ends_the_run_with_its_place() {
    let session = Session::with_stdin("a\nb\0c\n");
    let ran = session.cortado_run("--dry-run ls");
    assert_eq!(ran.status, Some(255));
    assert_eq!(ran.stdout, b"ls a\n");
    assert!(ran.stderr.contains("standard input, input 2") && ran.stderr.contains("use -0"));
}
