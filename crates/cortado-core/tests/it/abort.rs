//! Aborting a task in every state, and what the joiner then sees.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cortado_core::{Runtime, spawn, spawn_blocking, time, yield_now};

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn idle() {
    let runtime = Runtime::new().unwrap();
    let dropped = Arc::new(AtomicBool::new(false));
    let guard = SetOnDrop(dropped.clone());
    let result = runtime.block_on(async {
        let task = spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        time::sleep(Duration::from_millis(5)).await;
        task.abort();
        task.await
    });
    assert!(result.unwrap_err().is_cancelled());
    assert!(dropped.load(Ordering::SeqCst));
}

#[test]
fn scheduled_and_running() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        for round in 0..500 {
            let task = spawn(async {
                loop {
                    yield_now().await;
                }
            });
            if round % 3 == 0 {
                yield_now().await;
            }
            task.abort();
            let error = task.await.unwrap_err();
            assert!(error.is_cancelled());
        }
    });
}

#[test]
fn complete() {
    let runtime = Runtime::new().unwrap();
    let result = runtime.block_on(async {
        let task = spawn(async { 7 });
        while !task.is_finished() {
            time::sleep(Duration::from_millis(1)).await;
        }
        task.abort();
        task.await
    });
    assert_eq!(result.unwrap(), 7);
}

#[test]
fn a_task_aborts_itself() {
    let runtime = Runtime::new().unwrap();
    let result = runtime.block_on(async {
        let (send, receive) = std::sync::mpsc::channel::<cortado_core::AbortHandle>();
        let task = spawn(async move {
            while let Err(std::sync::mpsc::TryRecvError::Empty) =
                receive.try_recv().map(|own| own.abort())
            {
                yield_now().await;
            }
            pending::<()>().await;
        });
        send.send(task.abort_handle()).unwrap();
        task.await
    });
    assert!(result.unwrap_err().is_cancelled());
}

#[test]
fn a_closure_that_waits_for_a_thread() {
    let runtime = cortado_core::Builder::new().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (send, receive) = std::sync::mpsc::channel::<()>();
        let first = spawn_blocking(move || receive.recv());
        let second = spawn_blocking(|| unreachable!("it was aborted before it began"));
        second.abort();
        send.send(()).unwrap();
        first.await.unwrap().unwrap();
        let error = second.await.unwrap_err();
        assert!(error.is_cancelled());
    });
}

#[test]
fn detached_tasks_go_on() {
    let runtime = Runtime::new().unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let own = done.clone();
    drop(runtime.spawn(async move {
        time::sleep(Duration::from_millis(10)).await;
        own.store(true, Ordering::SeqCst);
    }));
    runtime.block_on(async {
        while !done.load(Ordering::SeqCst) {
            time::sleep(Duration::from_millis(1)).await;
        }
    });
}

#[test]
fn a_waker_outlives_its_task_and_its_runtime() {
    let runtime = Runtime::new().unwrap();
    let (send, receive) = std::sync::mpsc::channel();
    let task = runtime.spawn(std::future::poll_fn(move |cx| {
        send.send(cx.waker().clone()).unwrap();
        std::task::Poll::Ready(())
    }));
    runtime.block_on(task).unwrap();
    let waker = receive.recv().unwrap();
    waker.wake_by_ref();
    drop(runtime);
    waker.clone().wake();
    waker.wake();
}
