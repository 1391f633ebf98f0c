//! The pieces of work that jobs of the `jobs` group do, each a subcommand of `bench workload`, so
//! that the work is the same on every machine and needs no other tools.

mod spawn_loop;

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{io, thread};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// A piece of work.
#[derive(Subcommand)]
pub(crate) enum Work {
    /// Start PROGRAM again and again with nothing around it: the floor under every job runner.
    SpawnLoop {
        /// How many times in all.
        #[arg(long)]
        jobs: u64,
        /// How many at once.
        #[arg(long)]
        threads: u64,
        /// The program, started with the number of the job as its argument.
        program: String,
    },
    /// Wait, then use the CPU.
    WaitCpu {
        /// Milliseconds to wait.
        wait_ms: u64,
        /// Milliseconds of CPU time to use, however long the machine takes to grant them.
        cpu_ms: u64,
        /// Ignored: the input of the job.
        input: Option<String>,
    },
    /// Fetch a URL and check that the answer is 200.
    Fetch {
        /// An `http://` URL.
        url: String,
        /// Ignored: the input of the job.
        input: Option<String>,
    },
    /// Become PROGRAM with its standard output thrown away, without a shell in between.
    Quiet {
        /// The program and its arguments.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Print the monotonic clock in nanoseconds.
    Clock {
        /// Ignored: the input of the job.
        input: Option<String>,
    },
}

pub(crate) fn run(work: &Work) -> Result<()> {
    match work {
        Work::SpawnLoop { jobs, threads, program } => spawn_loop::run(*jobs, *threads, program),
        Work::WaitCpu { wait_ms, cpu_ms, input: _ } => {
            thread::sleep(Duration::from_millis(*wait_ms));
            use_cpu(Duration::from_millis(*cpu_ms));
            Ok(())
        }
        Work::Fetch { url, input: _ } => fetch(url),
        Work::Quiet { command } => Err(become_quiet(command)),
        Work::Clock { input: _ } => Ok(writeln!(io::stdout(), "{}", monotonic_ns())?),
    }
}

/// Replaces this process; returns only if that fails.
fn become_quiet(words: &[String]) -> anyhow::Error {
    let failure = Command::new(&words[0]).args(&words[1..]).stdout(Stdio::null()).exec();
    anyhow::Error::new(failure).context(format!("start {}", words[0]))
}

/// Nanoseconds of the monotonic clock, which all processes share.
pub(crate) fn monotonic_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

fn nanoseconds(time: Timespec) -> u64 {
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Computes until this thread has used so much CPU time; being preempted does not count.
fn use_cpu(time: Duration) {
    let clock = || nanoseconds(clock_gettime(ClockId::ThreadCPUTime));
    let end = clock() + time.as_nanos() as u64;
    let mut state = 1_u64;
    while clock() < end {
        for _ in 0..10_000 {
            state = black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
    }
}

/// One HTTP/1.0 request; anything but a complete answer of 200 is an error.
pub(crate) fn fetch(url: &str) -> Result<()> {
    let rest = url.strip_prefix("http://").context("only http:// URLs can be fetched")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut connection = TcpStream::connect(host).with_context(|| format!("connect to {host}"))?;
    write!(connection, "GET /{path} HTTP/1.0\r\nhost: {host}\r\n\r\n")?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    if !(answer.starts_with(b"HTTP/1.0 200") || answer.starts_with(b"HTTP/1.1 200")) {
        bail!("{url} answered {:?}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn using_cpu_takes_at_least_that_long() {
        let before = monotonic_ns();
        use_cpu(Duration::from_millis(5));
        assert!(monotonic_ns() - before >= 5_000_000);
    }

    #[test]
    fn a_url_of_another_scheme_is_refused() {
        assert!(fetch("ftp://127.0.0.1/").is_err());
    }
}
