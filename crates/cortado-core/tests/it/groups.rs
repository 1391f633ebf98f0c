//! Groups: results as they come, cancelling with the group, and that nothing is lost on the way.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use cortado_core::{
    GroupError, JoinError, LocalRuntime, Runtime, TaskGroup, spawn_blocking, yield_now,
};
use futures_core::Stream;

/// Counts how many of its clones were dropped.
#[derive(Clone)]
pub(crate) struct Dropped(Arc<AtomicUsize>);

impl Dropped {
    pub(crate) fn new() -> Dropped {
        Dropped(Arc::default())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) fn single() -> LocalRuntime {
    Runtime::single().unwrap()
}

#[test]
fn results_come_in_the_order_of_the_ends() {
    let order = single().block_on(async {
        let mut group = TaskGroup::new();
        for turns in [3, 1, 2] {
            group.spawn(async move {
                for _ in 0..turns {
                    yield_now().await;
                }
                turns
            });
        }
        assert_eq!(group.len(), 3);
        let mut order = Vec::new();
        while let Some(turns) = group.next().await {
            order.push(turns.unwrap());
        }
        assert!(group.is_empty());
        assert!(group.next().await.is_none());
        order
    });
    assert_eq!(order, [1, 2, 3]);
}

#[test]
fn a_group_can_be_used_again_after_its_end() {
    single().block_on(async {
        let mut group = TaskGroup::new();
        for round in 0..3 {
            group.spawn(async move { round });
            assert_eq!(group.next().await.unwrap().unwrap(), round);
            assert!(group.next().await.is_none());
        }
    });
}

#[test]
fn a_hundred_thousand_tasks() {
    const TASKS: usize = 100_000;
    let sum = Runtime::new().unwrap().block_on(async {
        let mut group: TaskGroup<usize> = TaskGroup::new();
        for n in 0..TASKS {
            group.spawn(async move {
                yield_now().await;
                n
            });
        }
        group.join_all().await.into_iter().sum::<usize>()
    });
    assert_eq!(sum, TASKS * (TASKS - 1) / 2);
}

#[test]
fn it_is_a_stream() {
    let outputs = single().block_on(async {
        let mut group = TaskGroup::new();
        group.spawn(async { 1 });
        group.spawn(async { 2 });
        assert_eq!(group.size_hint(), (2, Some(2)));
        let mut outputs = Vec::new();
        while let Some(output) = poll_fn(|cx| Stream::poll_next(Pin::new(&mut group), cx)).await {
            outputs.push(output.unwrap());
        }
        outputs
    });
    assert_eq!(outputs, [1, 2]);
}

#[test]
fn a_panic_ends_its_task_alone_and_has_its_number() {
    single().block_on(async {
        let mut group = TaskGroup::new();
        let bad = group.spawn(async { panic!("a bad bean") });
        let good = group.spawn(async { 5 });
        let (first, failed) = group.next_with_id().await.unwrap();
        let error: JoinError = failed.unwrap_err();
        assert_eq!((first, error.id()), (bad.id(), bad.id()));
        assert!(error.to_string().ends_with("panicked: a bad bean"), "{error}");
        let (second, output) = group.next_with_id().await.unwrap();
        assert_eq!((second, output.unwrap()), (good.id(), 5));
    });
}

#[test]
fn a_panic_in_the_drop_of_a_future_is_its_result() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    single().block_on(async {
        let mut group = TaskGroup::new();
        let bomb = Bomb;
        group.spawn(async move { drop_at_the_end(&bomb).await });
        let bomb = Bomb;
        let aborted = group.spawn(async move {
            pending::<()>().await;
            drop(bomb);
        });
        assert!(group.next().await.unwrap().unwrap_err().is_panic());
        aborted.abort();
        assert!(group.next().await.unwrap().unwrap_err().is_panic());
    });
}

async fn drop_at_the_end<T>(_: &T) {
    yield_now().await;
}

#[test]
fn aborted_tasks_come_as_cancelled() {
    single().block_on(async {
        let mut group = TaskGroup::new();
        let one = group.spawn(pending::<()>());
        group.spawn(pending::<()>());
        one.abort();
        let (id, result) = group.next_with_id().await.unwrap();
        assert_eq!(id, one.id());
        assert!(result.unwrap_err().is_cancelled());
        assert_eq!(group.len(), 1);
        group.abort_all();
        assert!(group.next().await.unwrap().unwrap_err().is_cancelled());
        assert!(group.next().await.is_none());
    });
}

#[test]
fn dropping_the_group_cancels_its_tasks() {
    let dropped = Dropped::new();
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let mut group = TaskGroup::new();
        for _ in 0..10 {
            let own = dropped.clone();
            group.spawn(async move {
                pending::<()>().await;
                drop(own);
            });
        }
        yield_now().await;
        drop(group);
        while dropped.count() < 10 {
            yield_now().await;
        }
    });
}

#[test]
fn shutdown_waits_until_every_future_is_dropped() {
    let dropped = Dropped::new();
    Runtime::new().unwrap().block_on(async {
        let mut group = TaskGroup::new();
        for turns in 0..100 {
            let own = dropped.clone();
            group.spawn(async move {
                for _ in 0..turns {
                    yield_now().await;
                }
                pending::<()>().await;
                drop(own);
            });
        }
        group.shutdown().await;
        assert_eq!(dropped.count(), 100);
        assert!(group.is_empty());
    });
}

#[test]
fn shutdown_waits_for_closures_that_have_begun() {
    Runtime::new().unwrap().block_on(async {
        let mut group = TaskGroup::new();
        let (began, has_begun) = mpsc::channel();
        let (go, goes) = mpsc::channel();
        let ended = Arc::new(AtomicUsize::new(0));
        let own = ended.clone();
        group.spawn_blocking(move || {
            began.send(()).unwrap();
            goes.recv().unwrap();
            own.store(1, Ordering::SeqCst);
        });
        spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
        let wait = group.shutdown();
        go.send(()).unwrap();
        wait.await;
        assert_eq!(ended.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn detached_tasks_go_on() {
    let runtime = single();
    let done = Rc::new(Cell::new(0));
    let own = done.clone();
    runtime.block_on(async move {
        let mut group = TaskGroup::new();
        for _ in 0..5 {
            let done = own.clone();
            group.spawn_local(async move {
                yield_now().await;
                done.set(done.get() + 1);
            });
        }
        group.detach_all();
        assert!(group.is_empty());
        group.spawn_local(async {});
        assert!(group.next().await.unwrap().is_ok());
        assert!(group.next().await.is_none());
        drop(group);
        while own.get() < 5 {
            yield_now().await;
        }
    });
    assert_eq!(done.get(), 5);
}

#[test]
fn the_first_error_cancels_the_rest() {
    let dropped = Dropped::new();
    let own = dropped.clone();
    let result = Runtime::new().unwrap().block_on(async move {
        let mut group: TaskGroup<Result<u32, &str>> = TaskGroup::new();
        for _ in 0..10 {
            let own = own.clone();
            group.spawn(async move {
                pending::<()>().await;
                drop(own);
                Ok(1)
            });
        }
        group.spawn(async { Err("no beans") });
        let result = group.try_join_all().await;
        assert_eq!(own.count(), 10, "the error comes after the end of all tasks");
        result
    });
    assert!(matches!(result, Err(GroupError::Failed("no beans"))));
}

#[test]
fn try_next_gives_values_and_then_the_error() {
    single().block_on(async {
        let mut group: TaskGroup<Result<u32, String>> = TaskGroup::new();
        group.spawn(async { Ok(1) });
        group.spawn(async { panic!("burnt") });
        group.spawn(async {
            pending::<()>().await;
            Ok(2)
        });
        assert_eq!(group.try_next().await.unwrap(), Some(1));
        let error = group.try_next().await.unwrap_err();
        assert!(matches!(&error, GroupError::Join(error) if error.is_panic()));
        assert!(error.to_string().contains("burnt"), "{error}");
        let rest = group.try_next().await.unwrap_err();
        assert!(matches!(rest, GroupError::Join(error) if error.is_cancelled()));
        assert_eq!(group.try_next().await.unwrap(), None);
    });
}

#[test]
fn join_all_passes_a_panic_on() {
    let runtime = single();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let mut group = TaskGroup::<()>::new();
            group.spawn(pending());
            group.spawn(async { panic!("spilt") });
            group.join_all().await
        })
    }));
    let payload = outcome.unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"spilt"));
}

#[test]
fn nested_groups_end_with_the_outer_one() {
    let dropped = Dropped::new();
    Runtime::new().unwrap().block_on(async {
        let mut outer: TaskGroup<()> = TaskGroup::new();
        let started = Arc::new(AtomicUsize::new(0));
        for _ in 0..4 {
            let (dropped, started) = (dropped.clone(), started.clone());
            outer.spawn(async move {
                let mut inner = TaskGroup::new();
                for _ in 0..4 {
                    let (own, started) = (dropped.clone(), started.clone());
                    inner.spawn(async move {
                        started.fetch_add(1, Ordering::SeqCst);
                        pending::<()>().await;
                        drop(own);
                    });
                }
                inner.next().await;
            });
        }
        while started.load(Ordering::SeqCst) < 16 {
            yield_now().await;
        }
        outer.shutdown().await;
        // The inner tasks and the clones of the outer ones.
        while dropped.count() < 20 {
            yield_now().await;
        }
    });
}

#[test]
fn a_group_may_be_dropped_on_another_thread() {
    let dropped = Dropped::new();
    let runtime = single();
    runtime.block_on(async {
        let mut group = TaskGroup::<()>::new();
        for _ in 0..10 {
            let own = dropped.clone();
            // The future is not `Send`, so it must be dropped here and not over there.
            let stays = Rc::new(std::thread::current().id());
            group.spawn_local(async move {
                let guard = OnThread(stays);
                pending::<()>().await;
                drop((guard, own));
            });
        }
        yield_now().await;
        std::thread::spawn(move || drop(group)).join().unwrap();
        while dropped.count() < 10 {
            yield_now().await;
        }
    });
}

struct OnThread(Rc<std::thread::ThreadId>);

impl Drop for OnThread {
    fn drop(&mut self) {
        assert_eq!(*self.0, std::thread::current().id());
    }
}

#[test]
fn outputs_need_not_be_send_on_an_event_loop() {
    single().block_on(async {
        let mut group = TaskGroup::new();
        group.spawn_local(async { Rc::new(3) });
        assert_eq!(*group.next().await.unwrap().unwrap(), 3);
    });
}

#[test]
fn a_group_outlives_the_runtime_of_its_tasks() {
    let mut group = TaskGroup::<u32>::new();
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    group.spawn_on(pending(), &handle);
    drop(runtime);
    group.spawn_on(async { 1 }, &handle);
    single().block_on(async {
        for _ in 0..2 {
            assert!(group.next().await.unwrap().unwrap_err().is_cancelled());
        }
        assert!(group.next().await.is_none());
    });
}

#[test]
fn spawning_outside_of_a_runtime_leaves_the_group_as_it_was() {
    let mut group = TaskGroup::new();
    assert!(catch_unwind(AssertUnwindSafe(|| group.spawn(async { 1 }))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| group.spawn_local(async { 1 }))).is_err());
    assert!(group.is_empty());
    single().block_on(async {
        group.spawn(async { 2 });
        assert_eq!(group.join_all().await, [2]);
    });
}

#[test]
fn without_waiting_only_what_has_ended_comes() {
    single().block_on(async {
        let mut group = TaskGroup::new();
        group.spawn(async { 1 });
        assert!(group.next_if_ended().is_none());
        while group.next_if_ended().is_none() {
            yield_now().await;
        }
        assert!(group.is_empty());
    });
}
