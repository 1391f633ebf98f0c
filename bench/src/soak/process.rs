//! What the kernel says of this process: descriptors, threads, memory, CPU time, children.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use cortado::Runtime;
use cortado::process::Command;
use rustix::io::Errno;
use rustix::process::{WaitId, WaitIdOptions, waitid};
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
    let runtime = Runtime::single()?;
    // On a loaded machine a child may have ended before it is dropped, and needs no reaper then.
    while !threads().iter().any(|thread| thread.starts_with("cortado-reaper")) {
        runtime.block_on(async {
            let mut command = Command::new("sleep");
            drop(command.arg("0.1").spawn().await.context("start a child to drop")?);
            anyhow::Ok(())
        })?;
    }
    while descriptors().iter().any(|descriptor| descriptor.contains("pidfd")) {
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// No child may be left, neither running nor as a zombie.
pub(crate) fn check_children() {
    for _ in 0..500 {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if let Err(Errno::CHILD) = waitid(WaitId::All, look) {
            return;
        }
        // A dropped child that nobody killed ends by itself, and is reaped a moment later.
        std::thread::sleep(Duration::from_millis(10));
    }
    census::finding("at the end a child runs on, or nobody has reaped it".to_owned());
}
