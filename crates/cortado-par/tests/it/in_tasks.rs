//! Fork-join in a task of the wait lane: on several threads from the first call on, also where the same
//! place in the program was short before; and a panic ends the task, and nobody else.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use cortado_core::work::serving;
use cortado_core::{Builder, Runtime};
use cortado_par::prelude::*;
use cortado_par::{install, join, scope};
use cortado_probe::Lane;
use parking_lot::{Condvar, Mutex};

/// Two closures that meet run at the same time.
#[derive(Default)]
struct Meeting {
    came: Mutex<u32>,
    all: Condvar,
}

impl Meeting {
    fn come(&self) {
        let mut came = self.came.lock();
        *came += 1;
        self.all.notify_all();
        let limit = Duration::from_secs(100);
        let waited = self.all.wait_while_for(&mut came, |came| *came < 2, limit);
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
    fn panic_if(panics: bool) {
        if panics {
            resume_unwind(Box::new(()));
        }
    }
    let kinds: [fn(bool); 5] = [
        |panics| _ = join(|| panic_if(panics), || ()),
        |panics| _ = join(|| (), || panic_if(panics)),
        |panics| scope(|_| panic_if(panics)),
        |panics| scope(|scope| scope.spawn(move |_| panic_if(panics))),
        |panics| (0..100).into_par_iter().for_each(|n| panic_if(panics && n == 70)),
    ];
    let runtime = runtime();
    let run = |kind: fn(bool), panics| {
        let ended = runtime.block_on(runtime.spawn(async move { kind(panics) }));
        assert_eq!(ended.is_err(), panics);
    };
    for kind in kinds {
        // First at an unknown place, then at one that is known to be short, as a rule: in plain calls.
        run(kind, true);
        (0..10).for_each(|_| run(kind, false));
        run(kind, true);
        run(kind, false);
    }
}
