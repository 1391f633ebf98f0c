//! The meter on real processes: a reader waits, a shell's children count as the shell's.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::job::{Meter, split};

/// Waits until the process has ended, and leaves it to be waited for.
fn wait_unreaped(child: &Child) {
    let pid = Pid::from_child(child);
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).expect("waitid");
}

#[test]
fn parts_add_up_whatever_is_given() {
    let ms = Duration::from_millis;
    let one = split(ms(100), ms(40), ms(10));
    assert_eq!((one.working, one.queued, one.waiting), (ms(40), ms(10), ms(50)));
    let threads = split(ms(100), ms(190), ms(50));
    assert_eq!((threads.working, threads.queued, threads.waiting), (ms(100), ms(0), ms(0)));
    let crowded = split(ms(100), ms(30), ms(500));
    assert_eq!(crowded.total(), ms(100));
    assert_eq!(crowded.waiting, ms(0));
}

#[test]
fn a_process_that_reads_an_empty_pipe_waits() {
    let mut meter = Meter::default();
    let mut cat = Command::new("cat");
    let mut child =
        cat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    // On a busy machine it may not have run yet, and have no memory. Its answer shows that it has.
    let (input, output) = (child.stdin.as_mut().expect("piped"), child.stdout.as_mut());
    input.write_all(b"?").expect("it reads");
    output.expect("piped").read_exact(&mut [0]).expect("it answers");
    // Times are made up and long, so that what a busy machine adds to them does not count.
    let hour = Duration::from_secs(3600);
    meter.started(child.id(), Duration::ZERO, Duration::ZERO);
    let live = meter.look(hour);
    assert!(live.wait_share() > 0.9, "{live:?}");
    drop(child.stdin.take());
    wait_unreaped(&child);
    let used = meter.ended(child.id(), 2 * hour).expect("announced").seen_from_outside();
    child.wait().expect("wait");
    assert!(used.split.wait_share() > 0.9, "{used:?}");
    assert_eq!((used.split.total(), used.wall), (2 * hour, 2 * hour));
    assert!(used.peak_memory > 0);
    assert!(meter.ended(child.id(), 2 * hour).is_none());
}

#[test]
fn children_of_a_shell_count_as_the_shell() {
    let begin = Instant::now();
    let mut meter = Meter::default();
    // The shell sleeps in wait while the inner one computes, for ever, until it has been seen.
    let mut child = Command::new("sh")
        .args(["-c", "sh -c 'while :; do :; done' & read line; kill $!; wait $!; true"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    meter.started(child.id(), begin.elapsed(), begin.elapsed());
    let mut live = Duration::ZERO;
    // A hang here is the failure: the inner shell is never seen.
    while live < Duration::from_millis(50) {
        std::thread::sleep(Duration::from_millis(30));
        let seen = meter.look(begin.elapsed());
        live += seen.working + seen.queued;
    }
    drop(child.stdin.take());
    wait_unreaped(&child);
    let used = meter.ended(child.id(), begin.elapsed()).expect("announced").seen_from_outside();
    child.wait().expect("wait");
    assert!(!used.cpu.is_zero(), "{used:?}");
}

#[test]
fn looks_add_up_to_the_time_of_the_jobs() {
    let mut meter = Meter::default();
    let second = Duration::from_secs(1);
    // Processes that do not exist: nothing can be read, the time still counts.
    meter.started(u32::MAX - 1, Duration::ZERO, Duration::ZERO);
    // The second one is announced when it has lived for half a second.
    meter.started(u32::MAX - 2, second / 2, second);
    assert_eq!(meter.look(2 * second).total(), 3 * second + second / 2);
    assert_eq!(meter.look(3 * second).total(), 2 * second);
    let used = meter.ended(u32::MAX - 1, 4 * second).expect("announced").with_cpu(second);
    assert_eq!((used.wall, used.cpu), (4 * second, second));
    assert_eq!(meter.look(5 * second).total(), 3 * second);
    // One that was never announced counts with what it used.
    meter.came_and_went(second, second / 4, Some(second / 4));
    let seen = meter.look(6 * second);
    assert_eq!((seen.total(), seen.wait_share()), (2 * second, 0.5));
    // The next, which was not measured, as that one.
    let used = meter.came_and_went(2 * second, second, None);
    assert_eq!((used.split.working, used.split.queued), (second, second / 2));
    assert_eq!(meter.job_peak(), 0);
}
