//! Fork-join in a task of the wait lane: on several threads from the first call on, also where the same
//! place in the program was short before; and a panic ends the task, and nobody else.

use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use cortado_core::work::serving;
use cortado_core::{Builder, Runtime};
use cortado_par::prelude::*;
use cortado_par::{install, join, scope};
use cortado_probe::Lane;

/// Two closures that meet run at the same time.
#[derive(Default)]
struct Meeting {
    came: Mutex<u32>,
    all: Condvar,
}

impl Meeting {
    fn come(&self) {
        let mut came = self.came.lock().unwrap();
        *came += 1;
        self.all.notify_all();
        let limit = Duration::from_secs(100);
        let (_came, waited) =
            self.all.wait_timeout_while(came, limit, |came| *came < 2).expect("nobody panics");
        assert!(!waited.timed_out(), "the other one did not come");
    }
}

fn runtime() -> Runtime {
    Builder::new().worker_threads(2).build().expect("threads and descriptors")
}

/// Runs the closure in a task of the wait lane.
fn in_a_task<R: Send + 'static>(closure: impl FnOnce() -> R + Send + 'static) -> R {
    let runtime = runtime();
    let task = runtime.spawn(async {
        assert_eq!(serving().map(|(_, lane)| lane), Some(Lane::Wait));
        closure()
    });
    runtime.block_on(task).expect("no panic")
}

/// Longer than a short one may be.
fn long() {
    thread::sleep(Duration::from_millis(1));
}

#[test]
fn a_join_runs_on_two_threads() {
    in_a_task(|| {
        let meeting = Meeting::default();
        join(|| meeting.come(), || meeting.come());
    });
}

#[test]
fn so_does_one_in_an_install() {
    in_a_task(|| {
        let meeting = Meeting::default();
        install(|| join(|| meeting.come(), || meeting.come()));
    });
}

#[test]
fn a_parallel_iterator_runs_on_two_threads() {
    in_a_task(|| {
        let meeting = Meeting::default();
        (0..2).into_par_iter().for_each(|_| meeting.come());
    });
}

/// The first half is over by the time that it is found out to be long.
#[test]
fn so_does_the_second_half_of_one_that_was_short() {
    in_a_task(|| {
        for is_long in [false, false, false, true] {
            let meeting = Meeting::default();
            (0..16).into_par_iter().with_max_len(4).for_each(|n| match n {
                _ if !is_long => {}
                8 | 15 => meeting.come(),
                _ => long(),
            });
        }
    });
}

#[test]
fn a_scope_runs_on_two_threads() {
    in_a_task(|| {
        let meeting = Meeting::default();
        scope(|scope| (0..2).for_each(|_| scope.spawn(|_| meeting.come())));
    });
}

/// The owner begins with what was spawned last.
#[test]
fn so_does_the_rest_of_one_that_was_short() {
    in_a_task(|| {
        for is_long in [false, false, false, true] {
            let meeting = Meeting::default();
            scope(|scope| {
                if is_long {
                    (0..2).for_each(|_| scope.spawn(|_| meeting.come()));
                    scope.spawn(|_| long());
                }
            });
        }
    });
}

#[test]
fn a_panic_ends_the_task_alone() {
    let panics: [fn(); 5] = [
        || _ = join(|| panic!("first"), || ()),
        || _ = join(|| (), || panic!("second")),
        || scope(|_| panic!("body")),
        || scope(|scope| scope.spawn(|_| panic!("spawned"))),
        || (0..100).into_par_iter().for_each(|n| assert!(n < 70, "item")),
    ];
    let runtime = runtime();
    // From the third time on they are known to be short, and plain calls.
    for panics in [panics; 4].into_iter().flatten() {
        let task = runtime.spawn(async move { panics() });
        assert!(runtime.block_on(task).expect_err("it panics").is_panic());
        let next = runtime.spawn(async { join(|| 1, || 2) });
        assert_eq!(runtime.block_on(next).expect("no panic"), (1, 2));
    }
}
