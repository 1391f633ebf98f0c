//! Children start as told, end with the status that they chose, and can be signalled until they
//! are reaped and not after.

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use cortado_io::process::Command;
use cortado_io::signal::SignalKind;
use cortado_io::{AsyncReadExt, AsyncWriteExt};

use crate::on_both;

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script);
    command
}

#[test]
fn exit_codes_come_back() {
    on_both(async || {
        assert!(Command::new("true").status().await.unwrap().success());
        assert_eq!(sh("exit 42").status().await.unwrap().code(), Some(42));
        assert_eq!(sh("kill -9 $$").status().await.unwrap().signal(), Some(9));
    });
}

#[test]
fn a_child_can_be_started_on_this_thread() {
    on_both(async || {
        let mut child = Command::new("false").spawn_here().unwrap();
        assert_eq!(child.wait().await.unwrap().code(), Some(1));
    });
}

#[test]
fn a_newborn_is_waited_for_on_a_plain_thread() {
    let mut child = sh("echo out; echo err >&2; exit 5")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn_newborn()
        .unwrap();
    while !child.wait_exited_for(Duration::from_secs(5)).unwrap() {}
    let text = |fd: Option<OwnedFd>| std::io::read_to_string(File::from(fd.unwrap())).unwrap();
    assert_eq!(text(child.stdout.take()), "out\n");
    assert_eq!(text(child.stderr.take()), "err\n");
    let handle = child.handle();
    handle.signal(SignalKind::kill()).expect("a zombie can still be signalled");
    assert_eq!(child.reap().unwrap().0.code(), Some(5));
    assert_eq!(handle.signal(SignalKind::kill()).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_newborn_that_lives_on_is_handed_to_the_reactor() {
    on_both(async || {
        let mut command = sh("read line; echo $line");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut newborn = command.spawn_newborn().unwrap();
        assert!(!newborn.wait_exited_for(Duration::ZERO).unwrap());
        assert_eq!(newborn.reap().unwrap_err().kind(), ErrorKind::WouldBlock);
        let mut child = newborn.attend().unwrap();
        child.stdin.take().unwrap().write_all(b"hello\n").await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"hello\n"[..]));
    });
}

#[test]
fn a_command_can_be_started_again() {
    on_both(async || {
        let mut command = sh("exit 3");
        for _ in 0..3 {
            assert_eq!(command.status().await.unwrap().code(), Some(3));
        }
    });
}

#[test]
fn a_second_wait_has_the_same_answer() {
    on_both(async || {
        let mut child = sh("exit 7").spawn().await.unwrap();
        let first = child.wait().await.unwrap();
        assert_eq!(child.wait().await.unwrap(), first);
        assert_eq!(child.try_wait().unwrap(), Some(first));
        assert_eq!(child.reap().unwrap().0, first);
    });
}

#[test]
fn a_program_that_does_not_exist_is_said_by_name() {
    on_both(async || {
        let error = Command::new("no-such-program-here").spawn().await.unwrap_err();
        assert!(error.is_not_found() && !error.is_exhausted());
        assert!(error.to_string().contains("\"no-such-program-here\""), "{error}");
        let error = Command::new("/dev/null").spawn().await.unwrap_err();
        assert!(error.is_permission_denied());
    });
}

#[test]
fn environment_directory_and_name_arrive() {
    on_both(async || {
        let mut command = Command::new("/bin/sh");
        command.arg0("barista").arg("-c").arg("echo $0 $A ${B-none} $(pwd)");
        command.env_clear().env("A", "1").env("B", "2").env_remove("B").current_dir("/");
        let output = command.output().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "barista 1 none /\n");
        assert_eq!(command.as_std().get_program(), "/bin/sh");
    });
}

#[test]
fn a_signal_ends_a_child_and_a_reaped_child_takes_none() {
    on_both(async || {
        let mut child = Command::new("sleep").arg("1000").spawn().await.unwrap();
        let handle = child.handle();
        assert_eq!(child.try_wait().unwrap(), None);
        assert_eq!(child.reap().unwrap_err().kind(), ErrorKind::WouldBlock);
        handle.signal(SignalKind::terminate()).unwrap();
        assert_eq!(child.wait().await.unwrap().signal(), Some(15));
        let refused = [
            handle.signal(SignalKind::terminate()),
            handle.signal_group(SignalKind::terminate()),
            child.start_kill(),
        ];
        for result in refused {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::NotFound);
        }
        child.kill().await.unwrap();
    });
}

#[test]
fn kill_ends_a_child_that_ignores_the_polite_signal() {
    on_both(async || {
        let mut command = sh("trap '' TERM; echo ready; while :; do sleep 1000; done");
        command.stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().await.unwrap();
        let mut ready = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut ready).await.unwrap();
        child.signal(SignalKind::terminate()).unwrap();
        assert_eq!(child.try_wait().unwrap(), None);
        child.signal_group(SignalKind::kill()).unwrap();
        assert_eq!(child.wait().await.unwrap().signal(), Some(9));
    });
}

#[test]
fn a_group_signal_reaches_grandchildren() {
    on_both(async || {
        // The pipe ends only when both the shell and its own child are gone.
        let mut command = sh("sleep 1000 & echo started; wait");
        command.stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().await.unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut started = [0; 8];
        stdout.read_exact(&mut started).await.unwrap();
        child.signal_group(SignalKind::kill()).unwrap();
        let mut rest = Vec::new();
        assert_eq!(stdout.read_to_end(&mut rest).await.unwrap(), 0);
        assert_eq!(child.wait().await.unwrap().signal(), Some(9));
    });
}

#[test]
fn many_children_at_once_are_all_told_apart() {
    on_both(async || {
        let mut children = Vec::new();
        for code in 0..40 {
            children.push((code, sh(&format!("exit {code}")).spawn().await.unwrap()));
        }
        for (code, child) in &mut children {
            assert_eq!(child.wait().await.unwrap().code(), Some(*code));
        }
    });
}

#[test]
fn a_command_of_the_standard_library_runs_as_a_user_and_a_group() {
    on_both(async || {
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        let mut std = std::process::Command::new("sh");
        std.args(["-c", "id -u; id -g"]);
        let mut command = Command::from(std);
        let output = command.uid(user.as_raw()).gid(group.as_raw()).output().await.unwrap();
        let expected = format!("{}\n{}\n", user.as_raw(), group.as_raw());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    });
}
