//! What the kernel says of this process: descriptors, threads, memory, CPU time, children.

use std::os::unix::process::CommandExt;
use std::time::Duration;
use std::{env, fs, process};

use anyhow::{Context, Result};
use cortado::Runtime;
use cortado::process::Command;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
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

/// Raises the limit of open files as far as this process may.
pub(crate) fn allow_descriptors() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        println!("the limit of open files cannot be raised: {error}");
    }
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

/// Starts this program anew with one arena of glibc's allocator, unless it is so already. With one
/// for each of several threads, memory grows for as long as new threads come to use them.
pub(crate) fn use_one_arena() -> Result<()> {
    const SETTING: &str = "MALLOC_ARENA_MAX";
    if env::var_os(SETTING).is_some() {
        return Ok(());
    }
    let mut again = process::Command::new(env::current_exe().context("the path of this program")?);
    let error = again.args(env::args_os().skip(1)).env(SETTING, "1").exec();
    Err(error).context("start this program anew")
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

/// No child may be left, neither running nor as a zombie. A dropped one that nobody killed ends by
/// itself, and is reaped a moment later.
pub(crate) fn check_children() {
    for _ in 0..500 {
        if children().is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    census::finding(format!("these children are left: {}", children().join(", ")));
}

/// The children of this process, each with its state, but for the one by which a sanitizer reads
/// the names of functions.
fn children() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let parent = process::id().to_string();
    let named = |entry: fs::DirEntry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let (name, rest) = (stat.split_once('(')?.1).rsplit_once(')')?;
        let mut fields = rest.split_whitespace();
        let (state, of) = (fields.next()?, fields.next()?);
        let symbolizer = name.starts_with("llvm-symbolizer") || name == "addr2line";
        (of == parent && !symbolizer).then(|| format!("{name} {state}"))
    };
    entries.flatten().filter_map(named).collect()
}
