//! A server that is measured, as a process of its own: it says in one line of JSON that it listens,
//! obeys words on its standard input, and answers in further lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::de::DeserializeOwned;

use crate::measured_child::Reaped;

/// A server that says nothing for so long hangs. One that ends 10,000 blocked threads takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server process that listens; it ends when dropped.
pub(crate) struct ServerProcess {
    process: Reaped,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl ServerProcess {
    /// Starts a server; returns what it says once it listens.
    pub(crate) fn start<R: DeserializeOwned>(command: &mut Command) -> Result<(Self, R)> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Reaped(command.spawn().context("start the server")?);
        let words = process.0.stdin.take().context("the server's input is a pipe")?;
        let output = process.0.stdout.take().context("the server's output is a pipe")?;
        let mut answers = BufReader::new(output);
        match read_answer(&mut answers) {
            Ok(ready) => Ok((Self { process, words, answers }, ready)),
            Err(_) => bail!("{}", complaint(&mut process.0)),
        }
    }

    /// Says a word that the server knows.
    pub(crate) fn say(&mut self, word: &str) -> Result<()> {
        writeln!(self.words, "{word}").with_context(|| complaint(&mut self.process.0))
    }

    /// What the server says next.
    pub(crate) fn answer<T: DeserializeOwned>(&mut self) -> Result<T> {
        read_answer(&mut self.answers)
    }
}

fn read_answer<T: DeserializeOwned>(answers: &mut BufReader<ChildStdout>) -> Result<T> {
    // Each answer is one line, written at once, and nothing is said unasked: so nothing is buffered here.
    let mut descriptors = [PollFd::new(answers.get_ref(), PollFlags::IN)];
    let limit = Timespec::try_from(PATIENCE)?;
    let speaks = poll(&mut descriptors, Some(&limit)).context("wait for the server's answer")? > 0;
    ensure!(speaks, "hangs: it did not answer within {} s", PATIENCE.as_secs());
    let mut line = String::new();
    answers.read_line(&mut line)?;
    serde_json::from_str(&line).with_context(|| format!("the server said {line:?}"))
}

/// What a server that has gone wrong printed; it is ended first, so that its output has an end.
fn complaint(process: &mut Child) -> String {
    // It fails only if the process has ended already.
    let _ = process.kill();
    let line = process.stderr.take().and_then(|errors| BufReader::new(errors).lines().next());
    match line {
        Some(Ok(line)) => line,
        Some(Err(_)) | None => "the server ended without a word".to_owned(),
    }
}
