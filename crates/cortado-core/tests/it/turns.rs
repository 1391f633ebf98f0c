//! A task that always finds something ready lets others have their turn all the same.

use std::cell::Cell;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;

use cortado_core::io::{AsyncFd, Direction};
use cortado_core::time::sleep;
use cortado_core::{LocalRuntime, Runtime, spawn_local, unconstrained, yield_now};

const STEPS: u32 = 1_000;
/// What `turn::BUDGET` leaves of so many steps: at least so many turns for the others.
const TURNS: u32 = STEPS / cortado_probe::turn::BUDGET;

/// Runs `busy` as a task; says how many turns another task has had before it was done.
fn turns_beside(busy: impl Future<Output = ()> + 'static) -> u32 {
    let runtime: LocalRuntime = Runtime::single().unwrap();
    runtime.block_on(async {
        let turns = Rc::new(Cell::new(0));
        let counted = turns.clone();
        let seen = turns.clone();
        let busy = spawn_local(async move {
            busy.await;
            seen.get()
        });
        let other = spawn_local(async move {
            loop {
                counted.set(counted.get() + 1);
                yield_now().await;
            }
        });
        let turns = busy.await.unwrap();
        other.abort();
        turns
    })
}

#[test]
fn timers_that_are_due() {
    let turns = turns_beside(async {
        for _ in 0..STEPS {
            sleep(Duration::ZERO).await;
        }
    });
    assert!(turns >= TURNS, "{turns} turns");
}

#[test]
fn tasks_that_have_ended() {
    let turns = turns_beside(async {
        let tasks: Vec<_> = (0..STEPS).map(|_| spawn_local(async {})).collect();
        yield_now().await;
        for task in tasks {
            assert!(task.is_finished());
            task.await.unwrap();
        }
    });
    assert!(turns >= TURNS, "{turns} turns");
}

#[test]
fn descriptors_that_are_ready() {
    let turns = turns_beside(async {
        let (near, far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        far.set_nonblocking(true).unwrap();
        let (near, far) = (AsyncFd::new(near).unwrap(), AsyncFd::new(far).unwrap());
        for _ in 0..STEPS / 2 {
            near.async_io(Direction::Write, |mut near| near.write(b"x")).await.unwrap();
            let mut byte = [0];
            far.async_io(Direction::Read, |mut far| far.read(&mut byte)).await.unwrap();
        }
    });
    assert!(turns >= TURNS, "{turns} turns");
}

#[test]
fn without_a_budget_nobody_else_runs() {
    let turns = turns_beside(unconstrained(async {
        for _ in 0..STEPS {
            sleep(Duration::ZERO).await;
        }
    }));
    assert_eq!(turns, 0);
}

/// A loop that polls inside of a turn and does not return from it is not held up for ever.
#[test]
fn a_foreign_block_on_inside_of_a_task() {
    let runtime = Runtime::single().unwrap();
    runtime.block_on(async {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        for _ in 0..STEPS {
            let mut due = std::pin::pin!(sleep(Duration::ZERO));
            while due.as_mut().poll(&mut context).is_pending() {}
        }
    });
}
