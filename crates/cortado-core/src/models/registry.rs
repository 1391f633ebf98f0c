//! The registry: a viewer, tasks that end, and tasks that take freed slots.
//!
//! The race of `insert` with `close` is not here: it rests on sequentially consistent accesses,
//! which loom weakens to acquire and release, so it would report a failure that cannot happen.

use std::panic::Location;

use loom::sync::Arc;
use loom::thread;

use super::{each_once, number};
use crate::registry::Registry;
use crate::task::{Header, Runnable, Schedule, Task, new_task};

/// The scheduler of tasks that are only registered.
struct Registered(Arc<Registry>);

impl Schedule for Registered {
    fn admit(&self, task: Task) -> bool {
        self.0.insert(task).is_ok()
    }

    fn schedule(&self, _: Runnable) {
        unreachable!("the task is never woken");
    }

    fn noticed(&self, _: &Header) {}

    fn forget(&self, task: &Header) -> bool {
        self.0.remove(task)
    }
}

/// A task in the registry. It ends, and is removed, when the result is dropped.
#[track_caller]
fn add(registry: &Arc<Registry>) -> Runnable {
    let scheduler = Registered(registry.clone());
    let (task, runnable, joint) = new_task(async {}, scheduler, (), Location::caller(), false);
    drop(joint);
    assert!(runnable.admit(task));
    runnable
}

fn all(registry: &Arc<Registry>) -> Vec<u64> {
    let mut found = Vec::new();
    registry.view(|task| found.push(task.header().id().get()));
    found
}

#[test]
fn loom_a_viewer_and_a_task_that_ends() {
    loom::model(|| {
        let registry = Arc::new(Registry::new());
        let (stays, ends) = (add(&registry), add(&registry));
        let completer = thread::spawn(move || drop(ends));
        let mut viewed = Vec::new();
        registry.view(|task| viewed.push(task.clone()));
        assert!(viewed.iter().any(|task| task.header().id() == stays.header().id()));
        completer.join().unwrap();
        drop(viewed);
        each_once(all(&registry), vec![number(&stays)]);
        drop(stays);
        assert!(all(&registry).is_empty());
    });
}

/// Two threads end a task and add another one each: the freed slots are not handed out twice.
#[test]
fn loom_freed_slots_are_taken_once() {
    loom::model(|| {
        let registry = Arc::new(Registry::new());
        let turns: Vec<_> = (0..2)
            .map(|_| {
                let (registry, old) = (registry.clone(), add(&registry));
                thread::spawn(move || {
                    drop(old);
                    add(&registry)
                })
            })
            .collect();
        let mut added: Vec<_> = turns.into_iter().map(|turn| turn.join().unwrap()).collect();
        added.push(add(&registry));
        each_once(all(&registry), added.iter().map(number).collect());
    });
}

/// A slot that another thread pops, uses and frees again between the two steps of a pop.
#[test]
fn loom_a_slot_that_comes_back_is_not_taken_for_the_old_one() {
    loom::model(|| {
        let registry = Arc::new(Registry::new());
        let (first, second) = (add(&registry), add(&registry));
        drop((first, second));
        let shared = registry.clone();
        let other = thread::spawn(move || {
            let (one, two) = (add(&shared), add(&shared));
            drop(one);
            two
        });
        let own = add(&registry);
        let two = other.join().unwrap();
        let next = add(&registry);
        each_once(all(&registry), vec![number(&own), number(&two), number(&next)]);
    });
}

/// One thread takes two slots at once while another takes one, uses it and frees it again.
#[test]
fn loom_several_slots_are_taken_in_one_step() {
    loom::model(|| {
        let registry = Arc::new(Registry::new());
        drop((add(&registry), add(&registry)));
        let shared = registry.clone();
        let other = thread::spawn(move || {
            drop(add(&shared));
            shared.take_slot()
        });
        let mut taken = Vec::new();
        let first = registry.take_slots(&mut taken, 1);
        taken.push(first);
        taken.push(other.join().unwrap());
        each_once(
            taken.iter().copied().map(u64::from).collect(),
            (0..taken.len() as u64).collect(),
        );
    });
}

/// Two threads need the next segment at once: one is kept, the other thrown away.
#[test]
fn loom_two_threads_make_a_segment() {
    loom::model(|| {
        let registry = Arc::new(Registry::new());
        let shared = registry.clone();
        let other = thread::spawn(move || add(&shared));
        let own = add(&registry);
        let theirs = other.join().unwrap();
        each_once(all(&registry), vec![number(&own), number(&theirs)]);
    });
}
