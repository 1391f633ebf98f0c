//! Signals to the run: one Ctrl-C lets the running jobs finish, a second one ends them, as do TERM
//! and HUP; Ctrl-Z stops them, and the run; a signal that was ignored stays ignored.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::session::{Session, comes_within, is_gone};

/// A run that is signalled while it goes on. Its process is dropped before its directory.
struct Going {
    child: Run,
    session: Session,
}

/// The process of a run. Dropped before its end, as by a test that fails, it is told to end its jobs
/// and itself.
struct Run(Option<Child>);

impl Run {
    fn get(&mut self) -> &mut Child {
        self.0.as_mut().expect("it is taken at its end only")
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let Some(child) = &mut self.0 else { return };
        let pid = Pid::from_child(child);
        let mut goes_on = || matches!(child.try_wait(), Ok(None));
        if !goes_on() {
            return;
        }
        // It may be stopped.
        for signal in [Signal::TERM, Signal::CONT] {
            let _ = kill_process(pid, signal);
        }
        let begin = Instant::now();
        while goes_on() && begin.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Going {
    fn start(args: &[&str]) -> Going {
        let session = Session::new();
        let child = command(&session, args).spawn().expect("a program that starts");
        Going::of(session, child)
    }

    fn of(session: Session, child: Child) -> Going {
        Going { child: Run(Some(child)), session }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(self.child.0.as_ref().expect("it is taken at its end only"))
    }

    /// Waits until a file of the directory is there.
    fn wait_for(&self, name: &str) {
        let appeared = || self.session.path().join(name).exists();
        assert!(comes_within(Duration::from_secs(60), appeared), "{name} does not appear");
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a process to signal");
    }

    /// Waits until the run says something on standard error; the line in which it does.
    fn hear(&mut self, part: &str) -> String {
        let stderr = self.child.get().stderr.as_mut().expect("a pipe");
        let mut line = Vec::new();
        loop {
            // Byte by byte: what comes after the line is left for `end`.
            let mut byte = [0];
            std::io::Read::read_exact(stderr, &mut byte).expect("the line before the end");
            line.extend(byte);
            if byte == *b"\n" {
                let text = String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned();
                if text.contains(part) {
                    return text;
                }
            }
        }
    }

    fn end(mut self) -> (Session, Output) {
        let child = self.child.0.take().expect("it is taken at its end only");
        (self.session, child.wait_with_output().expect("a child"))
    }
}

fn command(session: &Session, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cortado"));
    command
        .arg("run")
        .args(args)
        .current_dir(session.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits for the file `go`, and leaves a mark when it has come.
const WAITS: &str =
    "touch began{#}; while ! test -e go; do sleep 0.02; done; touch done{#}; echo {}";
/// Would run for ever. Its child's number is in `child`.
const ENDLESS: &str = "sleep 1234 & echo $! > child; touch began{#}; wait; sleep 1234; : {}";

#[test]
fn one_interrupt_lets_the_running_jobs_finish() {
    let mut going =
        Going::start(&["-j2", "-k", "--joblog", "log", WAITS, ":::", "a", "b", "c", "d"]);
    going.wait_for("began1");
    going.wait_for("began2");
    going.signal(Signal::INT);
    // The run takes note of it before the jobs may end.
    let told = going.hear("interrupted");
    assert!(told.contains("2 running jobs finish"), "{told}");
    going.session.file("go", "");
    let (session, output) = going.end();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert_eq!(output.stdout, b"a\nb\n");
    assert!(!session.path().join("began3").exists());
    let log = std::fs::read_to_string(session.path().join("log")).unwrap();
    assert_eq!(log.lines().count(), 3, "{log}");
    // What it did not start is run when it is resumed, and nothing else is.
    let resumed = session
        .cortado(&["run", "-k", "--joblog", "log", "--resume", WAITS, ":::", "a", "b", "c", "d"]);
    assert_eq!(resumed.text(), "c\nd\n");
}

#[test]
fn a_second_interrupt_ends_the_running_jobs() {
    let mut going = Going::start(&["-j1", "--joblog", "log", ENDLESS, ":::", "a", "b"]);
    going.wait_for("began1");
    going.signal(Signal::INT);
    going.hear("interrupted");
    going.signal(Signal::INT);
    let (session, output) = going.end();
    assert_eq!(output.status.code(), Some(130));
    let child = std::fs::read_to_string(session.path().join("child")).unwrap();
    assert!(is_gone(child.trim()), "a process of the job still runs");
    assert!(!session.path().join("began2").exists());
    let log = std::fs::read_to_string(session.path().join("log")).unwrap();
    assert_eq!(log.lines().count(), 1, "a job that was ended is not finished: {log}");
}

#[test]
fn jobs_that_ignore_term_are_killed_in_the_end() {
    let job = "trap '' TERM; touch began; while :; do sleep 1; done; : {}";
    let going = Going::start(&[job, ":::", "a"]);
    going.wait_for("began");
    going.signal(Signal::TERM);
    let (_, output) = going.end();
    assert_eq!(output.status.code(), Some(143));
}

/// Whether a signal is in the set that `/proc` shows by this name for the process.
fn is_in(set: &str, pid: &str, signal: Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let set = status.lines().find_map(|line| line.strip_prefix(set)).unwrap();
    u64::from_str_radix(set.trim(), 16).unwrap() >> (signal.as_raw() - 1) & 1 == 1
}

#[test]
fn term_and_hup_end_the_running_jobs_at_once() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        if is_in("SigIgn:", "self", signal) {
            println!(
                "Skipped: {signal:?}, which this process was started to ignore, and so the run does"
            );
            continue;
        }
        let going = Going::start(&["-j1", ENDLESS, ":::", "a", "b"]);
        going.wait_for("began1");
        going.signal(signal);
        let (session, output) = going.end();
        assert_eq!(output.status.code(), Some(status));
        let child = std::fs::read_to_string(session.path().join("child")).unwrap();
        assert!(is_gone(child.trim()), "a process of the job still runs");
    }
}

/// The states of a process that is stopped.
const STOPPED: &[char] = &['T'];
/// Those of a shell: one that the stop meets while it waits for its stopped child to begin (vfork)
/// shows as `D`. So does a run for a moment that goes on.
const SHELL_STOPPED: &[char] = &['T', 'D'];

/// Waits until the process with this number is in one of these states.
fn wait_until_stopped(pid: &str, states: &[char]) {
    wait_for_state(pid, |state| states.contains(&state));
}

/// Waits until the process with this number goes on.
fn wait_until_continued(pid: &str) {
    wait_for_state(pid, |state| state != 'T');
}

fn wait_for_state(pid: &str, is_there: impl Fn(char) -> bool) {
    let state = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
        let state = stat.rsplit(')').next().and_then(|rest| rest.trim_start().chars().next());
        state.expect("a state")
    };
    let comes = comes_within(Duration::from_secs(60), || is_there(state()));
    assert!(comes, "{pid} is in state {}", state());
}

#[test]
fn a_terminal_stop_stops_the_jobs_with_the_run_until_it_is_continued() {
    let job = format!("echo $$ > pid{{#}}; {WAITS}");
    let going = Going::start(&["-j2", "-k", &job, ":::", "a", "b", "c"]);
    going.wait_for("began1");
    going.wait_for("began2");
    let pid = |name: &str| {
        std::fs::read_to_string(going.session.path().join(name)).unwrap().trim().to_owned()
    };
    let (run, shells) = (going.pid().to_string(), [pid("pid1"), pid("pid2")]);
    for _ in 0..2 {
        going.signal(Signal::TSTP);
        wait_until_stopped(&run, STOPPED);
        shells.iter().for_each(|pid| wait_until_stopped(pid, SHELL_STOPPED));
        going.signal(Signal::CONT);
        wait_until_continued(&run);
        shells.iter().for_each(|pid| wait_until_continued(pid));
    }
    going.session.file("go", "");
    let (_, output) = going.end();
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"a\nb\nc\n".to_vec()));
}

#[test]
fn short_jobs_are_stopped_and_continued_too() {
    let session = Session::new();
    let mut child =
        command(&session, &["-j2", "-k", "echo"]).stdin(Stdio::piped()).spawn().expect("a run");
    // Without the last input the run cannot end before it was stopped three times.
    let mut stdin = child.stdin.take().expect("a pipe");
    let inputs: String = (1..3000).map(|number| format!("{number}\n")).collect();
    std::io::Write::write_all(&mut stdin, inputs.as_bytes()).unwrap();
    let going = Going::of(session, child);
    let pid = going.pid().to_string();
    let begin = Instant::now();
    while !is_in("SigCgt:", &pid, Signal::TSTP) {
        assert!(begin.elapsed() < Duration::from_secs(60), "the run does not listen");
        std::thread::sleep(Duration::from_millis(1));
    }
    for _ in 0..3 {
        going.signal(Signal::TSTP);
        wait_until_stopped(&pid, STOPPED);
        going.signal(Signal::CONT);
        wait_until_continued(&pid);
    }
    std::io::Write::write_all(&mut stdin, b"3000\n").unwrap();
    drop(stdin);
    let (_, output) = going.end();
    assert_eq!(output.status.code(), Some(0));
    let numbers: String = (1..=3000).map(|number| format!("{number}\n")).collect();
    assert!(output.stdout == numbers.as_bytes());
}

#[test]
fn an_interrupt_while_the_input_is_awaited_ends_the_run() {
    let session = Session::new();
    let mut child = command(&session, &["echo {}; touch began"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("a program that starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, b"a\n").unwrap();
    let going = Going::of(session, child);
    going.wait_for("began");
    going.signal(Signal::INT);
    let (_, output) = going.end();
    drop(stdin);
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(output.stdout, b"a\n");
}

#[test]
fn a_reader_that_reads_no_more_does_not_keep_the_run_from_its_end() {
    let job = "head -c 1000000 /dev/zero; touch done{#}; : {}";
    let going = Going::start(&["-j1", "--joblog", "log", job, ":::", "a", "b"]);
    going.wait_for("done1");
    std::thread::sleep(Duration::from_millis(200));
    going.signal(Signal::TERM);
    let Going { session, mut child } = going;
    let status = child.get().wait().expect("a child");
    assert_eq!(status.code(), Some(143));
    let log = std::fs::read_to_string(session.path().join("log")).unwrap();
    assert_eq!(log.lines().count(), 1, "output that nobody has read is not written: {log}");
}

#[test]
fn an_interrupt_ends_a_run_that_waits_for_its_reader_after_a_halt() {
    let job = "head -c 1000000 /dev/zero; touch done{#}; exit {}";
    let going = Going::start(&["-j1", "--halt", "now,fail=1", job, ":::", "1", "2"]);
    going.wait_for("done1");
    std::thread::sleep(Duration::from_millis(200));
    going.signal(Signal::INT);
    let Going { session: _session, mut child } = going;
    assert_eq!(child.get().wait().expect("a child").code(), Some(130));
}

#[test]
fn a_reader_that_leaves_ends_the_run_which_says_so() {
    for (quiet, told) in [(&[][..], true), (&["--quiet"][..], false)] {
        let args = [quiet, &["-j1", "echo", ":::", "a", "b"]].concat();
        let (reader, writer) = std::io::pipe().expect("a pipe");
        // It has left before the run begins, which so cannot have written all before.
        drop(reader);
        let session = Session::new();
        let child = command(&session, &args).stdout(writer).spawn().expect("a run");
        let (_, output) = Going::of(session, child).end();
        assert_eq!(output.status.code(), Some(141));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(stderr.contains("nobody reads standard output any more"), told, "{stderr}");
    }
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let session = Session::new();
    let cortado = env!("CARGO_BIN_EXE_cortado");
    let script = format!("trap '' HUP; exec {cortado} run \"$@\"");
    let child = Command::new("sh")
        .args(["-c", &script, "sh", WAITS, ":::", "a"])
        .current_dir(session.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    let going = Going::of(session, child);
    going.wait_for("began1");
    going.signal(Signal::HUP);
    std::thread::sleep(Duration::from_millis(100));
    going.session.file("go", "");
    let (_, output) = going.end();
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"a\n".to_vec()));
}
