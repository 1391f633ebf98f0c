//! The floor under every job runner: threads that each start a program, wait for it and start the
//! next, with nothing around it. Standard library commands without `pre_exec` use posix_spawn.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Context, Result, bail};

/// Starts `program` `jobs` times, `threads` at once.
pub(super) fn run(jobs: u64, threads: u64, program: &str) -> Result<()> {
    let next = AtomicU64::new(1);
    thread::scope(|scope| {
        let start = |_| scope.spawn(|| spawn_until(&next, jobs, program));
        let all: Vec<_> = (0..threads).map(start).collect();
        all.into_iter().try_for_each(|one| one.join().expect("a spawning thread panicked"))
    })
}

fn spawn_until(next: &AtomicU64, jobs: u64, program: &str) -> Result<()> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number > jobs {
            return Ok(());
        }
        let mut command = Command::new(program);
        command.arg(number.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().with_context(|| format!("start {program}"))?;
        if !status.success() {
            bail!("{program} {number} ended with {status}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_runs_and_a_failure_is_reported() {
        run(5, 2, "true").unwrap();
        assert!(run(5, 2, "false").is_err());
        assert!(run(1, 1, "no-such-program-at-all").is_err());
    }
}
