//! No zombie stays, whatever is dropped when; and between death and reaping a child can be looked
//! at.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use cortado_core::Runtime;
use cortado_io::AsyncReadExt;
use cortado_io::pipe::pipe;
use cortado_io::process::Command;

use crate::{on_both, until};

pub(crate) fn proc(id: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{id}"))
}

fn state(id: u32) -> String {
    let stat = std::fs::read_to_string(proc(id).join("stat")).unwrap();
    stat.rsplit(") ").next().unwrap()[..1].to_owned()
}

#[test]
fn a_child_that_has_ended_can_be_looked_at_before_it_is_reaped() {
    on_both(async || {
        let mut child = Command::new("sh").arg("-c").arg("exit 9").spawn().await.unwrap();
        child.wait_exited().await.unwrap();
        child.wait_exited().await.unwrap();
        assert_eq!(state(child.id()), "Z");
        let (status, usage) = child.reap().unwrap();
        assert_eq!(status.code(), Some(9));
        assert!(!proc(child.id()).exists());
        assert_eq!(child.reap().unwrap(), (status, usage));
        child.wait_exited().await.unwrap();
    });
}

#[test]
fn what_a_child_used_is_plausible() {
    on_both(async || {
        let script = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
        let mut child = Command::new("sh").arg("-c").arg(script).spawn().await.unwrap();
        let (status, usage) = child.wait_with_usage().await.unwrap();
        assert!(status.success());
        // A shell needs some CPU for 100,000 rounds and some memory to be a shell at all.
        assert!(usage.user > Duration::from_millis(1), "{usage:?}");
        assert!(usage.user + usage.system < Duration::from_secs(600), "{usage:?}");
        assert!((500..1_000_000).contains(&usage.max_rss_kib), "{usage:?}");
        assert!(usage.minor_faults > 0, "{usage:?}");
    });
}

#[test]
fn a_dropped_child_that_has_ended_is_reaped() {
    on_both(async || {
        let mut child = Command::new("true").spawn().await.unwrap();
        let id = child.id();
        child.wait_exited().await.unwrap();
        drop(child);
        assert!(!proc(id).exists());
    });
}

#[test]
fn a_dropped_child_runs_on_and_is_reaped_when_it_ends() {
    on_both(async || {
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped());
        let mut child = command.spawn().await.unwrap();
        let id = child.id();
        let stdin = child.stdin.take();
        drop(child);
        assert_ne!(state(id), "Z");
        drop(stdin);
        until(|| !proc(id).exists());
    });
}

#[test]
fn a_dropped_child_is_killed_where_that_was_asked_for() {
    on_both(async || {
        let mut command = Command::new("sleep");
        let child = command.arg("1000").kill_on_drop(true).spawn().await.unwrap();
        let id = child.id();
        drop(child);
        until(|| !proc(id).exists());
    });
}

#[test]
fn a_child_outlives_its_runtime_and_is_reaped() {
    let runtime = Runtime::new().unwrap();
    let mut command = Command::new("cat");
    command.stdin(Stdio::piped());
    let mut child = runtime.block_on(async { command.spawn().await.unwrap() });
    let id = child.id();
    let stdin = child.stdin.take();
    drop(runtime);
    drop(child);
    drop(stdin);
    until(|| !proc(id).exists());
}

#[test]
fn a_spawn_that_nobody_waits_for_leaves_no_child_behind() {
    on_both(async || {
        let (lifeline, stdin) = pipe().unwrap();
        let (stdout, mut announced) = pipe().unwrap();
        let mut command = Command::new("sh");
        command.arg("-c").arg("echo $$; exec cat");
        command.stdin(Stdio::try_from(stdin).unwrap()).stdout(Stdio::try_from(stdout).unwrap());
        drop(command.spawn());
        drop((command, lifeline));
        // The pipe ends when the child has ended, or will never be made.
        let mut id = String::new();
        announced.read_to_string(&mut id).await.unwrap();
        if let Ok(id) = id.trim().parse() {
            until(|| !proc(id).exists());
        }
    });
}
