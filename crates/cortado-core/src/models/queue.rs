//! The local queue: every task comes out exactly once, whoever takes it, also where positions wrap
//! around the ring.

use loom::sync::Arc;
use loom::thread;

use super::{each_once, item, number};
use crate::queue::{CAPACITY, Queue};
use crate::task::Runnable;

/// A queue whose next position is the last of the ring.
fn about_to_wrap() -> Arc<Queue> {
    let queue = Queue::new();
    for _ in 0..CAPACITY - 1 {
        assert!(queue.push_back(item()).is_ok());
        drop(queue.pop_front());
    }
    Arc::new(queue)
}

fn numbers(tasks: &[Runnable]) -> Vec<u64> {
    tasks.iter().map(number).collect()
}

/// What a thief brings home.
fn steal_once(victim: &Queue) -> Vec<Runnable> {
    let own = Queue::new();
    let mut stolen: Vec<_> = victim.steal_into(&own).into_iter().collect();
    stolen.extend(own.drain());
    stolen
}

fn thief(victim: &Arc<Queue>) -> thread::JoinHandle<Vec<Runnable>> {
    let victim = victim.clone();
    thread::spawn(move || steal_once(&victim))
}

#[test]
fn loom_owner_and_thief_over_the_wrap() {
    loom::model(|| {
        let queue = about_to_wrap();
        let tasks: Vec<_> = (0..4).map(|_| item()).collect();
        let expected = numbers(&tasks);
        let mut tasks = tasks.into_iter();
        for task in tasks.by_ref().take(2) {
            assert!(queue.push_back(task).is_ok());
        }
        let thief = thief(&queue);
        let mut taken = Vec::new();
        for task in tasks {
            assert!(queue.push_back(task).is_ok());
            taken.extend(queue.pop_front());
        }
        taken.extend(queue.drain());
        taken.extend(thief.join().unwrap());
        each_once(numbers(&taken), expected);
    });
}

#[test]
fn loom_overflow_while_a_thief_steals() {
    loom::model(|| {
        let queue = about_to_wrap();
        let tasks: Vec<_> = (0..CAPACITY + 1).map(|_| item()).collect();
        let expected = numbers(&tasks);
        let mut tasks = tasks.into_iter();
        for task in tasks.by_ref().take(CAPACITY) {
            assert!(queue.push_back(task).is_ok());
        }
        let thief = thief(&queue);
        let mut taken = Vec::new();
        if let Err(overflow) = queue.push_back(tasks.next().expect("one is left")) {
            taken.extend(overflow);
        }
        taken.extend(queue.drain());
        taken.extend(thief.join().unwrap());
        each_once(numbers(&taken), expected);
    });
}

#[test]
fn loom_two_thieves_and_the_owner() {
    loom::model(|| {
        let queue = about_to_wrap();
        let tasks: Vec<_> = (0..3).map(|_| item()).collect();
        let expected = numbers(&tasks);
        for task in tasks {
            assert!(queue.push_back(task).is_ok());
        }
        let thieves = [thief(&queue), thief(&queue)];
        let mut taken: Vec<_> = queue.pop_front().into_iter().collect();
        for thief in thieves {
            taken.extend(thief.join().unwrap());
        }
        taken.extend(queue.drain());
        each_once(numbers(&taken), expected);
    });
}

/// The slot of the next task is taken by the owner, displaced by another task, or stolen.
#[test]
fn loom_next_task_displaced_taken_or_stolen() {
    loom::model(|| {
        let queue = Arc::new(Queue::new());
        let (first, second) = (item(), item());
        let expected = vec![number(&first), number(&second)];
        assert!(queue.set_next(first).is_none());
        let thief = thief(&queue);
        let mut taken = Vec::new();
        if let Some(displaced) = queue.set_next(second) {
            assert!(queue.push_back(displaced).is_ok());
        }
        taken.extend(queue.take_next());
        taken.extend(queue.pop_front());
        taken.extend(thief.join().unwrap());
        taken.extend(queue.drain());
        each_once(numbers(&taken), expected);
    });
}

/// A robber takes what it finds while the owner goes on: the ring and the slot of the next task.
#[test]
fn loom_owner_and_robber() {
    loom::model(|| {
        let queue = about_to_wrap();
        let tasks: Vec<_> = (0..3).map(|_| item()).collect();
        let expected = numbers(&tasks);
        let mut tasks = tasks.into_iter();
        for task in tasks.by_ref().take(2) {
            assert!(queue.push_back(task).is_ok());
        }
        let shared = queue.clone();
        let robber = thread::spawn(move || shared.rob().collect::<Vec<_>>());
        let mut taken: Vec<_> = tasks.filter_map(|task| queue.set_next(task)).collect();
        taken.extend(queue.pop_front());
        taken.extend(robber.join().unwrap());
        taken.extend(queue.drain());
        each_once(numbers(&taken), expected);
    });
}

/// Whoever sees that a task was pushed before finds the queue not empty while nobody takes it.
#[test]
fn loom_a_queue_with_a_task_never_looks_empty() {
    loom::model(|| {
        let queue = about_to_wrap();
        for _ in 0..2 {
            assert!(queue.push_back(item()).is_ok());
        }
        let shared = queue.clone();
        let observer = thread::spawn(move || shared.is_empty());
        let taken = queue.pop_front();
        assert!(queue.push_back(item()).is_ok());
        assert!(!observer.join().unwrap());
        drop((taken, queue.drain()));
    });
}
