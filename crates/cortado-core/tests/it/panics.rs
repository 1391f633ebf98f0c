//! A panic ends its task and nobody else.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use cortado_core::{Runtime, spawn, spawn_blocking};

struct PanicsInDrop(bool);

impl Future for PanicsInDrop {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

struct OutputPanicsInDrop;

impl Drop for OutputPanicsInDrop {
    fn drop(&mut self) {
        panic!("output in drop");
    }
}

#[test]
fn in_poll() {
    let runtime = Runtime::new().unwrap();
    let error = runtime.block_on(async { spawn(async { panic!("boom") }).await }).unwrap_err();
    assert!(error.is_panic());
    assert!(error.to_string().ends_with("panicked: boom"), "{error}");
    assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "boom");
    assert_eq!(runtime.block_on(async { spawn(async { 1 }).await }).unwrap(), 1);
}

#[test]
fn in_the_drop_of_the_future() {
    let runtime = Runtime::new().unwrap();
    let ready = runtime.block_on(async { spawn(PanicsInDrop(true)).await }).unwrap_err();
    assert!(ready.is_panic());
    let aborted = runtime.block_on(async {
        let task = spawn(PanicsInDrop(false));
        task.abort();
        task.await
    });
    assert!(aborted.unwrap_err().is_panic());
    assert_eq!(runtime.block_on(async { spawn(async { 1 }).await }).unwrap(), 1);
}

#[test]
fn in_the_drop_of_a_detached_output() {
    let runtime = Runtime::new().unwrap();
    for _ in 0..100 {
        drop(runtime.spawn(async { OutputPanicsInDrop }));
    }
    assert_eq!(runtime.block_on(async { spawn(async { 1 }).await }).unwrap(), 1);
}

#[test]
fn in_a_closure_on_the_blocking_pool() {
    let runtime = Runtime::new().unwrap();
    let error = runtime.block_on(async { spawn_blocking(|| panic!("boom")).await }).unwrap_err();
    assert!(error.is_panic());
}

#[test]
fn in_shutdown() {
    let runtime = Runtime::new().unwrap();
    for _ in 0..10 {
        drop(runtime.spawn(PanicsInDrop(false)));
    }
    drop(runtime);
}

#[test]
fn block_on_inside_of_a_task_says_what_to_do() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    let task = runtime.spawn(async move { handle.block_on(async { 1 }) });
    let error = runtime.block_on(task).unwrap_err();
    assert!(error.to_string().contains("inside of a task"), "{error}");
}

#[test]
#[should_panic(expected = "no cortado runtime on this thread")]
fn spawn_outside_of_a_runtime_says_what_to_do() {
    drop(spawn(async {}));
}
