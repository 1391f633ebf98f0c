//! A started example: its output line by line, and an end to it whatever the test does.

use std::io::{BufRead, BufReader, Lines, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A running example. Dropped, it is killed.
pub(crate) struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts the program at `path`, which cargo has built, with standard output in a pipe.
    pub(crate) fn start(path: &str, arguments: &[&str]) -> Program {
        let mut child = Command::new(path)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{path} cannot be started: {error}"));
        let stdout = child.stdout.take().expect("it is piped");
        Program { child, lines: BufReader::new(stdout).lines() }
    }

    /// The next line of its output.
    pub(crate) fn line(&mut self) -> String {
        let line = self.lines.next().expect("the program prints one more line");
        line.expect("its output is text")
    }

    /// The address in the line by which a server says that it listens.
    pub(crate) fn address(&mut self) -> SocketAddr {
        let line = self.line();
        let address = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}"));
        address.parse().unwrap_or_else(|error| panic!("{address:?}: {error}"))
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let id = i32::try_from(self.child.id()).expect("the id of a process");
        let id = Pid::from_raw(id).expect("no process has the id 0");
        kill_process(id, Signal::INT).expect("the program still runs");
    }

    /// All other lines of its output, once it has ended, and how it ended.
    pub(crate) fn end(mut self) -> (Vec<String>, ExitStatus) {
        let lines = self.lines.by_ref().map(|line| line.expect("its output is text")).collect();
        (lines, self.child.wait().expect("it is our child"))
    }

    /// Runs it to its end, which must be a success.
    pub(crate) fn run(path: &str, arguments: &[&str]) -> Vec<String> {
        let (lines, status) = Program::start(path, arguments).end();
        assert!(status.success(), "{path} ended with {status}: {lines:#?}");
        lines
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail where it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads until the other side closes.
pub(crate) fn read_all(stream: &mut impl Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("text until the end");
    text
}
