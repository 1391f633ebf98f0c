//! Runs the command with given arguments and standard input, in a directory of its own that is
//! removed afterwards.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A directory to run the command in.
pub(crate) struct Session {
    dir: tempfile::TempDir,
    stdin: Vec<u8>,
}

/// What a run of the command left.
pub(crate) struct Ran {
    /// Its exit status; none if a signal ended it.
    pub(crate) status: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
}

impl Session {
    /// An empty directory and an empty standard input.
    pub(crate) fn new() -> Session {
        Session { dir: tempfile::tempdir().expect("a temporary directory"), stdin: Vec::new() }
    }

    /// The same with something on standard input.
    pub(crate) fn with_stdin(text: impl Into<Vec<u8>>) -> Session {
        Session { stdin: text.into(), ..Session::new() }
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file into the directory.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).expect("a file in a temporary directory");
        path
    }

    /// Runs `cortado` with these arguments.
    pub(crate) fn cortado<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        self.run(env!("CARGO_BIN_EXE_cortado"), args)
    }

    /// Runs `cortado run` with arguments that are separated by blanks.
    pub(crate) fn cortado_run(&self, args: &str) -> Ran {
        self.cortado(&[&["run"], &*args.split_whitespace().collect::<Vec<_>>()].concat())
    }

    /// Runs any program with these arguments.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, program: &str, args: &[S]) -> Ran {
        let mut child = Command::new(program)
            .args(args)
            .current_dir(self.path())
            .env("PARALLEL_HOME", self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program that starts");
        let mut input = child.stdin.take().expect("a pipe");
        let text = self.stdin.clone();
        // A program that ends without reading everything breaks the pipe, which is its right.
        let writer = std::thread::spawn(move || drop(input.write_all(&text)));
        let Output { status, stdout, stderr } = child.wait_with_output().expect("a child");
        writer.join().expect("a writer");
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        Ran { status: status.code(), stdout, stderr }
    }
}

impl Ran {
    /// Standard output as text, of a run that must have succeeded.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        assert_eq!(self.status, Some(0), "{}", self.stderr);
        str::from_utf8(&self.stdout).expect("text")
    }

    /// Standard error, of a run that must have failed with this status and done nothing else.
    #[track_caller]
    pub(crate) fn error(&self, status: i32) -> &str {
        assert_eq!(self.status, Some(status), "{}", self.stderr);
        assert_eq!(self.stdout.escape_ascii().to_string(), "");
        &self.stderr
    }
}

/// Of a log of `+` and `-` lines, the most that had begun and not ended at any point.
pub(crate) fn most_at_once(log: &str) -> i32 {
    let (mut now, mut most) = (0, 0);
    for line in log.lines() {
        now += if line == "+" { 1 } else { -1 };
        most = most.max(now);
    }
    most
}

/// A job that leaves its marks in `log`. The first three wait for each other, up to a minute: they
/// are three at once for certain where so many may be.
pub(crate) const THREE_MEET: &str = "echo + >> log; tries=0; \
    while test $(grep -c + log) -lt 3 && test $tries -lt 1200; \
    do sleep 0.05; tries=$((tries + 1)); done; \
    sleep 0.02; echo - >> log";

/// Whether the condition holds, or does so within that time.
pub(crate) fn comes_within(limit: Duration, condition: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if begin.elapsed() > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the process with this number has ended, or does so soon: within a minute.
pub(crate) fn is_gone(pid: &str) -> bool {
    // A zombie that nobody has waited for yet has ended, too.
    let ended = || match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")),
        Err(_) => true,
    };
    comes_within(Duration::from_secs(60), ended)
}
