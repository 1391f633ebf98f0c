//! Loom models of the scheduler's lock-free parts, a file per part. Those of the task's state, the
//! timers, the reactor and the parker stand beside these.
//!
//! Each model is small enough for loom to go through all orders of its steps in seconds. A task
//! that a model needs only as something to pass on is an `Item`.

mod alarm;
mod depot;
mod idle;
mod inbox;
mod queue;
mod registry;
mod seat;

use std::panic::Location;

use crate::task::{Header, Runnable, Schedule, Task, new_task};

/// The scheduler of tasks that are never woken.
pub(crate) struct Nobody;

impl Schedule for Nobody {
    fn admit(&self, _: Task) -> bool {
        unreachable!("the model has no registry");
    }

    fn schedule(&self, _: Runnable) {
        unreachable!("the task is never woken");
    }

    fn noticed(&self, _: &Header) {}

    fn forget(&self, _: &Header) -> bool {
        true
    }
}

/// A detached task as its `Runnable`; what the registry would hold is given back when it ends.
#[track_caller]
pub(crate) fn item() -> Runnable {
    let (task, runnable, joint) = new_task(async {}, Nobody, (), Location::caller(), false);
    let _ = task.into_ptr();
    drop(joint);
    runnable
}

/// Which task it is.
pub(crate) fn number(runnable: &Runnable) -> u64 {
    runnable.header().id().get()
}

/// Fails unless `found` holds each of `expected` exactly once.
#[track_caller]
pub(crate) fn each_once(mut found: Vec<u64>, mut expected: Vec<u64>) {
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}
