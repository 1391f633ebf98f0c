//! Where the system makes no further thread, those that are there do the work.

use std::time::{Duration, Instant};

use cortado_core::{Builder, MonitorMode, yield_now};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::child::in_a_process_of_its_own;

const STACK: usize = 256 << 20;

/// Leaves less of the address space than a worker's stack takes.
fn forbid_threads() {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    let current = Some(pages * rustix::param::page_size() as u64 + STACK as u64 / 4);
    let maximum = getrlimit(Resource::As).maximum;
    setrlimit(Resource::As, Rlimit { current, maximum }).unwrap();
}

fn one_of_two_threads_is_there() {
    // Nothing says when the monitor's thread has begun, and while it begins it allocates.
    let builder =
        Builder::new().worker_threads(2).thread_stack_size(STACK).monitor(MonitorMode::Off);
    let runtime = builder.build().unwrap();
    runtime.block_on(runtime.spawn(async {})).unwrap();
    forbid_threads();
    let yields = || async {
        for _ in 0..100_000 {
            yield_now().await;
        }
    };
    let busy: Vec<_> = (0..4).map(|_| runtime.spawn(yields())).collect();
    busy.into_iter().for_each(|task| runtime.block_on(task).unwrap());
    for round in 0..20 {
        // Longer than a worker takes to fall asleep.
        std::thread::sleep(Duration::from_millis(20));
        let task = runtime.spawn(async move { round });
        let limit = Instant::now() + Duration::from_secs(100);
        while !task.is_finished() {
            assert!(Instant::now() < limit, "nobody was woken for task {round}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_thread_that_cannot_be_made_keeps_no_other_asleep() {
    let name = "no_threads::a_thread_that_cannot_be_made_keeps_no_other_asleep";
    in_a_process_of_its_own(name, one_of_two_threads_is_there);
}
