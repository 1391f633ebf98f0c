//! The list of tasks has each that has not ended, with what it does, while others come and go.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};

use cortado_core::{Activity, Handle, Runtime, TaskBuilder, TaskInfo, spawn, task_id, yield_now};

fn of_name<'a>(tasks: &'a [TaskInfo], name: &str) -> Option<&'a TaskInfo> {
    tasks.iter().find(|task| task.name.as_deref() == Some(name))
}

#[test]
fn each_task_is_told_with_what_it_does() {
    for single in [false, true] {
        let scene = async {
            let waiting = TaskBuilder::new().name("waiting").spawn(pending::<()>());
            yield_now().await;
            let line = line!() + 1;
            let looks = TaskBuilder::new().name("looks").spawn(async {
                loop {
                    let tasks = Handle::current().tasks();
                    // The other one may still be on its way to its first poll.
                    let other = of_name(&tasks, "waiting").expect("it is there");
                    if other.activity == Activity::Waiting {
                        return (task_id(), tasks);
                    }
                    yield_now().await;
                }
            });
            let (own, tasks) = looks.await.unwrap();
            let looks = of_name(&tasks, "looks").unwrap();
            assert_eq!((looks.id, looks.activity), (own, Activity::Running));
            assert_eq!(looks.location.line(), line);
            assert!(looks.location.file().ends_with("task_list.rs"));
            waiting.abort();
            assert!(waiting.await.unwrap_err().is_cancelled());
            let left = Handle::current().tasks();
            assert!(left.is_empty(), "{left:?}");
        };
        match single {
            true => Runtime::single().unwrap().block_on(scene),
            false => Runtime::new().unwrap().block_on(scene),
        }
    }
}

#[test]
fn it_is_read_while_tasks_come_and_go() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let runtime = Runtime::new().unwrap();
    let churn = runtime.spawn(async {
        while !STOP.load(Ordering::Relaxed) {
            TaskBuilder::new().name("brief").spawn(yield_now()).await.unwrap();
        }
    });
    let stays = runtime.spawn(pending::<()>());
    for _ in 0..2_000 {
        let tasks = runtime.handle().tasks();
        assert!(tasks.iter().any(|task| task.id == stays.id()));
        // It is no snapshot: a brief task and those after it may all have been met. But each once.
        let numbers: BTreeSet<u64> = tasks.iter().map(|task| task.id.get()).collect();
        assert_eq!(numbers.len(), tasks.len(), "{tasks:?}");
    }
    STOP.store(true, Ordering::Relaxed);
    runtime.block_on(async { churn.await.unwrap() });
    runtime.block_on(async { spawn(async {}).await.unwrap() });
}
