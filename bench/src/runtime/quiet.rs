//! What a runtime costs that has little to do, or nothing.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::peer::{Peer, join_all};
use crate::stopwatch::Stopwatch;

/// A thread spawns a tiny task every millisecond.
pub(super) fn tiny_tasks<P: Peer>(watch: &Stopwatch) -> f64 {
    let runtime = P::start();
    share_of_core(watch, || P::detach(runtime.spawn_remote(async {})))
}

/// The thread alone.
pub(super) fn nothing(watch: &Stopwatch) -> f64 {
    share_of_core(watch, || {})
}

/// CPU time of the whole process while this thread does something every millisecond, as a share of a
/// core, in percent.
pub(crate) fn share_of_core(watch: &Stopwatch, mut each_ms: impl FnMut()) -> f64 {
    let span = watch.span(Duration::from_secs(3), Duration::from_millis(500));
    let (began, cpu_before) = (Instant::now(), cpu_time());
    let mut next = began;
    while began.elapsed() < span {
        each_ms();
        next += Duration::from_millis(1);
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let used = cpu_time() - cpu_before;
    100.0 * used.as_secs_f64() / began.elapsed().as_secs_f64()
}

/// How often the threads of a runtime that has nothing to do run, per second. A while passes before
/// the count: falling asleep may take its time.
pub(super) fn idle_wake_ups<P: Peer>(watch: &Stopwatch) -> f64 {
    let runtime = P::start();
    let nap = async { P::sleep(Duration::from_millis(1)).await };
    runtime.block_on(join_all([runtime.spawn_remote(nap)]));
    thread::sleep(Duration::from_millis(1_500));
    let span = watch.span(Duration::from_secs(4), Duration::from_secs(1));
    let before = context_switches();
    thread::sleep(span);
    (context_switches() - before) as f64 / span.as_secs_f64()
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("CPU time is not negative")
}

/// Switches of all threads of this process but the first, see proc_pid_status(5).
fn context_switches() -> u64 {
    let own = std::process::id().to_string();
    let threads = fs::read_dir("/proc/self/task").expect("/proc is mounted");
    let others = threads.filter_map(Result::ok).filter(|thread| thread.file_name() != *own);
    // A thread that has ended meanwhile has no file any more.
    let texts = others.filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok());
    texts.map(|text| switches_in(&text)).sum()
}

fn switches_in(status: &str) -> u64 {
    let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
    lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_switches_count() {
        let status =
            "Name:\tx\nvoluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\nEnd:\t7\n";
        assert_eq!(switches_in(status), 42);
    }
}
