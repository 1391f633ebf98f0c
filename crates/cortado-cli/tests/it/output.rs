//! What jobs write arrives whole, where it was asked for, and however much it is.

use std::path::Path;

use super::session::{Ran, Session};

/// A job that writes two lines to each stream, and whose end is told by nothing else.
const TALK: &str = "echo {} 1; echo {} e >&2; echo {} 2";

/// The last line of a job's output, which is the peak of the memory of its `cortado run` in KiB.
fn peak_kib(ran: &Ran) -> u64 {
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let text = String::from_utf8_lossy(&ran.stdout[ran.stdout.len().saturating_sub(100)..]);
    let line = text.lines().rev().find(|line| line.contains("VmHWM")).expect("the peak");
    line.split_whitespace().rev().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn output_is_in_one_piece_in_order_and_tagged_as_was_asked() {
    let session = Session::new();
    // The third job can begin only when the second has ended, and the first waits for it.
    let wait = "test {} = a && while ! test -e c; do sleep 0.01; done; test {} = c && touch c; ";
    let job = format!("echo {{}} 1; {wait} echo {{}} 2");
    let run = |options: &[&str]| {
        let _ = std::fs::remove_file(session.path().join("c"));
        let words = [&["run", "-j2"], options, &[&job, ":::", "a", "b", "c"]].concat();
        session.cortado(&words).text().to_owned()
    };
    let ordered = "a 1\na 2\nb 1\nb 2\nc 1\nc 2\n";
    let grouped = run(&[]);
    assert!(grouped.starts_with("b 1\nb 2\n"), "{grouped}");
    assert!(grouped.contains("a 1\na 2\n") && grouped.contains("c 1\nc 2\n"), "{grouped}");
    assert_eq!(run(&["-k"]), ordered);
    assert_eq!(run(&["-k", "--line-buffer"]), ordered);
    assert_eq!(
        run(&["-k", "--tag"]).replace('\t', "|"),
        "\
        a|a 1\na|a 2\nb|b 1\nb|b 2\nc|c 1\nc|c 2\n"
    );
    for options in ["--line-buffer", "-u"] {
        let mut lines: Vec<String> = run(&[options]).lines().map(str::to_owned).collect();
        lines.sort();
        assert_eq!(lines, ordered.lines().collect::<Vec<_>>(), "{options}");
    }
}

#[test]
fn output_is_gnu_parallels() {
    if !super::like_parallel::is_installed() {
        return;
    }
    for options in [
        &["-k"][..],
        &["-k", "--tag"],
        &["-k", "--line-buffer"],
        &["-k", "--tag", "--line-buffer"],
        &["-j1", "-u"],
        &["-k", "--retries", "2"],
        &["-k", "-n2"],
    ] {
        let session = Session::new();
        session.file("will-cite", "");
        let args = [options, &[TALK, ":::", "a", "b c", "-n", "d;"]].concat();
        let ours = session.cortado(&[&["run"], &*args].concat());
        let theirs = session.run("parallel", &args);
        assert_eq!(ours.text(), theirs.text(), "{options:?}");
        assert_eq!(ours.stderr, theirs.stderr, "{options:?}");
    }
}

#[test]
fn results_are_the_files_of_gnu_parallel() {
    let session = Session::new();
    let job = ["printf '%s\\n' {1} {2}; echo e >&2", ":::", "a", "b c/d", ":::", "1"];
    let ran = session.cortado(&[&["run", "-k", "--results", "ours"], &job[..]].concat());
    assert_eq!(ran.text(), "a\n1\nb c/d\n1\n");
    assert_eq!(text(&session.path().join("ours/1/b c\\_d/2/1/stdout")), "b c/d\n1\n");
    assert_eq!(text(&session.path().join("ours/1/a/2/1/stderr")), "e\n");
    assert_eq!(text(&session.path().join("ours/1/b c\\_d/2/1/seq")), "2");
    if super::like_parallel::is_installed() {
        session.file("will-cite", "");
        session.run("parallel", &[&["-k", "--results", "theirs"], &job[..]].concat());
        let differences = session.run("diff", &["-r", "ours", "theirs"]);
        assert_eq!(differences.text(), "");
    }
}

#[test]
fn much_output_of_one_job_takes_little_memory() {
    const BYTES: usize = 200_000_000;
    for options in [&[][..], &["-k"], &["--line-buffer"], &["--tag"], &["--results", "files"]] {
        let session = Session::new();
        let job = format!("head -c {BYTES} /dev/zero; echo; grep VmHWM /proc/$PPID/status; : {{}}");
        let ran = session.cortado(&[&["run"], options, &[&job, ":::", "a"]].concat());
        assert!(ran.stdout.len() > BYTES, "{options:?}: {} bytes", ran.stdout.len());
        let peak = peak_kib(&ran);
        assert!(peak < 30 * 1024, "{options:?}: {peak} KiB");
    }
}

#[test]
fn a_disk_too_full_to_hold_output_back_is_an_error() {
    let session = Session::new();
    let script = "mkdir full && mount -t tmpfs -o size=1m tmpfs full && touch mounted && \
                  TMPDIR=full exec \"$@\"";
    let job = ["run", "head -c 8000000 /dev/zero; : {}", ":::", "a", "b"];
    let before = ["-rm", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_cortado")];
    let ran = session.run("unshare", &[&before[..], &job].concat());
    if !session.path().join("mounted").exists() {
        println!("skipped: no small disk can be mounted here: {}", ran.stderr);
        return;
    }
    assert_eq!(ran.status, Some(255), "{}", ran.stderr);
    assert!(ran.stderr.contains("No space left"), "{}", ran.stderr);
    assert!(ran.stderr.contains("TMPDIR"), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn progress_is_drawn_on_a_terminal_and_nowhere_else() {
    let session = Session::new();
    assert_eq!(session.cortado_run("--bar --eta true ::: a b").stderr, "");
    // The terminal is that of script(1).
    let cortado = env!("CARGO_BIN_EXE_cortado");
    let run = |option: &str| {
        let line = format!("{cortado} run -j1 {option} 'sleep 0.7; echo out {{}}' ::: a b c");
        let ran = session.run("script", &["-qec", &line, "typescript"]);
        (ran.status == Some(0)).then(|| String::from_utf8_lossy(&ran.stdout).into_owned())
    };
    let Some(bar) = run("--bar") else {
        println!("skipped: there is no script(1) to make a terminal");
        return;
    };
    assert!(bar.contains("[=") && bar.contains(" of 3 done"), "{bar}");
    assert!(bar.contains("out a") && bar.contains("out c"), "{bar}");
    // On a terminal the run explains itself.
    assert!(bar.contains("3 jobs in"), "{bar}");
    let eta = run("--eta").expect("as before");
    assert!(!eta.contains("[=") && eta.contains(" left"), "{eta}");
    let quiet = run("--quiet").expect("as before");
    assert_eq!(quiet.replace('\r', ""), "out a\nout b\nout c\n");
}
