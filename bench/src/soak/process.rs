//! What the kernel says of this process: descriptors, threads, memory, CPU time, children.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use cortado::Runtime;
use cortado::process::Command;
use rustix::io::Errno;
use rustix::process::{WaitOptions, wait};
use rustix::time::{ClockId, clock_gettime};

use super::census;

/// The open descriptors, each with what it is, without the one that looks.
pub(crate) fn descriptors() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return Vec::new() };
    let named = |entry: fs::DirEntry| {
        // Gone already: the descriptor that lists the directory, or another thread's.
        let target = fs::read_link(entry.path()).ok()?;
        let target = target.to_string_lossy().into_owned();
        let looks = target.starts_with("/proc/") && target.ends_with("/fd");
        (!looks).then(|| format!("{} {target}", entry.file_name().to_string_lossy()))
    };
    let mut all: Vec<_> = entries.flatten().filter_map(named).collect();
    all.sort();
    all
}

/// The names of the threads, each with its state.
pub(crate) fn threads() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    let named = |entry: fs::DirEntry| {
        let read = |file| fs::read_to_string(entry.path().join(file)).ok();
        let (name, stat) = (read("comm")?, read("stat")?);
        let state = stat.rsplit(')').next()?.split_whitespace().next()?.to_owned();
        Some(format!("{} {state}", name.trim()))
    };
    let mut all: Vec<_> = entries.flatten().filter_map(named).collect();
    all.sort();
    all
}

/// The memory that this process occupies, in KiB.
pub(crate) fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The CPU time of all threads so far.
pub(crate) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Starts the thread that reaps dropped children, which is the process's own and stays: it is not
/// to be taken for one that is left.
pub(crate) fn start_reaper() -> Result<()> {
    Runtime::single()?.block_on(async {
        let mut command = Command::new("sleep");
        drop(command.arg("0.01").spawn().await.context("start a child to drop")?);
        Ok(())
    })
}

/// No child may be left, neither running nor as a zombie.
pub(crate) fn check_children() {
    for _ in 0..500 {
        match wait(WaitOptions::NOHANG) {
            Err(Errno::CHILD) => return,
            Ok(Some((pid, status))) => {
                census::finding(format!(
                    "nobody reaped child {pid:?}, which ended with {status:?}"
                ));
            }
            // One runs still: a dropped child that nobody killed ends by itself.
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    census::finding("a child runs on at the end".to_owned());
}
