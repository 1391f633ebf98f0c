//! Many inputs, few descriptors, full disks: the run stays small and says what is wrong.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::session::{Session, comes_within};

#[test]
fn many_inputs_take_little_memory() {
    let session = Session::new();
    let lines: String = (0..200_000).map(|number| format!("input number {number}\n")).collect();
    session.file("inputs", lines);
    let mut child = Command::new(env!("CARGO_BIN_EXE_cortado"))
        // The first job waits until the whole file could have been read, and then ends the run.
        .args(["run", "-j1", "--halt", "now,done=1", "-a", "inputs"])
        .arg("sleep 0.5; grep -e VmHWM -e VmRSS /proc/$PPID/status; : {}")
        .current_dir(session.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a program that starts");
    let mut status = String::new();
    child.stdout.take().unwrap().read_to_string(&mut status).unwrap();
    child.wait().expect("a child");
    let kib = |line: &str| line.split_whitespace().nth(1)?.parse::<u64>().ok();
    let peak = status.lines().filter_map(kib).max().expect("figures");
    assert!(peak < 30 * 1024, "{status}");
}

#[test]
fn long_commands_take_little_memory() {
    let numbers: String = (0..1_000_000).map(|number| format!("{number}\n")).collect();
    let long = format!("{}\n", "x".repeat(100_000)).repeat(500);
    // The jobs are short, so that commands are prepared ahead. The last one looks.
    for (stdin, options) in [(numbers, "-n5000"), (long, "-n1")] {
        let session = Session::with_stdin(stdin);
        session.file("peak", "");
        let job = "grep VmHWM /proc/$PPID/status > peak; true";
        let ran = session.cortado(&["run", "-j2", options, "sh", "-c", job, "sh"]);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        let peak = std::fs::read_to_string(session.path().join("peak")).unwrap();
        let kib: u64 = peak.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap();
        assert!(kib < 30 * 1024, "{options}: {peak}");
    }
}

#[test]
fn a_want_of_descriptors_means_fewer_at_once_and_no_failure() {
    let session = Session::new();
    let cortado = env!("CARGO_BIN_EXE_cortado");
    let script =
        format!("ulimit -n 40; exec {cortado} run -j60 'sleep 0.05; echo {{}}' ::: \"$@\"");
    let numbers: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let mut args = vec!["-c", script.as_str(), "sh"];
    args.extend(numbers.iter().map(String::as_str));
    let ran = session.run("sh", &args);
    let mut seen: Vec<u32> = ran.text().lines().map(|line| line.parse().unwrap()).collect();
    seen.sort();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

#[test]
fn a_full_disk_is_an_error() {
    let session = Session::new();
    let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full");
    let output = Command::new(env!("CARGO_BIN_EXE_cortado"))
        .args(["run", "echo", ":::", "a", "b", "c"])
        .stdin(Stdio::null())
        .stdout(full)
        .output()
        .expect("a program that starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(255), "{stderr}");
    assert_eq!(stderr.matches("No space left").count(), 1, "{stderr}");
    let ran = session.cortado_run("--joblog /dev/full echo ::: a b");
    assert_eq!(ran.status, Some(255), "{}", ran.stderr);
    assert!(ran.stderr.contains("/dev/full"), "{}", ran.stderr);
}

#[test]
fn files_of_results_count_against_the_descriptors() {
    let session = Session::new();
    let cortado = env!("CARGO_BIN_EXE_cortado");
    for jobs in ["auto", "60"] {
        let script = format!(
            "ulimit -n 84; exec {cortado} run -j {jobs} --results out 'sleep 0.05; echo {{}}' ::: \"$@\""
        );
        let numbers: Vec<String> = (0..40).map(|number| number.to_string()).collect();
        let mut args = vec!["-c", script.as_str(), "sh"];
        args.extend(numbers.iter().map(String::as_str));
        let ran = session.run("sh", &args);
        assert_eq!(ran.text().lines().count(), 40);
        assert_eq!(ran.stderr.contains("4 at once instead of 60"), jobs == "60", "{}", ran.stderr);
    }
}

#[test]
fn memory_that_is_not_there_and_a_load_that_is_too_high_hold_jobs_back() {
    let session = Session::new();
    // On an idle machine it takes somebody to be a load.
    let spins = "while :; do :; done";
    let spinner = Ended(Command::new("sh").args(["-c", spins]).spawn().expect("a shell"));
    for args in ["--memfree 100000G", "--load 0.01"] {
        if args.starts_with("--load") && !is_a_load() {
            println!("skipped: {args}: /proc/loadavg counts no ready threads here");
            continue;
        }
        let child = Command::new(env!("CARGO_BIN_EXE_cortado"))
            .arg("run")
            .args(args.split(' '))
            .args(["touch", "made", ":::", "x"])
            .current_dir(session.path())
            .stdin(Stdio::null())
            .spawn()
            .expect("a program that starts");
        let mut child = Ended(child);
        let pid = rustix::process::Pid::from_child(&child.0);
        let begin = Instant::now();
        while !catches_interrupts(&child.0) {
            assert_eq!(child.0.try_wait().expect("a child"), None, "{args}: it has ended");
            assert!(begin.elapsed().as_secs() < 60, "{args}: it does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(300));
        assert!(!session.path().join("made").exists(), "{args}");
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        assert_eq!(child.0.wait().unwrap().code(), Some(130), "{args}");
    }
    drop(spinner);
    assert_eq!(session.cortado_run("--memfree 1K --load 9999 echo ::: a").text(), "a\n");
}

/// A process that is ended when this is dropped, also by a test that fails.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether the system counts the spinner beside the thread that asks (proc_loadavg(5)). In some
/// containers the number is always 0.
fn is_a_load() -> bool {
    let ready = || {
        let text = std::fs::read_to_string("/proc/loadavg").ok()?;
        text.split(' ').nth(3)?.split('/').next()?.parse::<u32>().ok()
    };
    comes_within(Duration::from_secs(2), || ready().is_some_and(|ready| ready >= 2))
}

/// Whether a process handles `INT` (proc_pid_status(5)), rather than be ended by it.
fn catches_interrupts(child: &Child) -> bool {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << 1) != 0)
}
