//! A Tokio runtime beside ours: where it is there, where its tasks run, and how it ends.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cortado::tokio_context::{BuilderExt, TokioContext, in_tokio};
use cortado::{Builder, Runtime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Handle;

fn with_context() -> (Builder, TokioContext) {
    let context = TokioContext::new().expect("a thread");
    (Builder::new().worker_threads(2).tokio_context(context.clone()), context)
}

/// Says in its drop whether Tokio was there.
struct Witness(mpsc::Sender<bool>);

impl Drop for Witness {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.send(Handle::try_current().is_ok());
    }
}

#[test]
fn tokio_is_there_in_tasks_in_block_on_and_on_the_blocking_pool() {
    let (builder, context) = with_context();
    let runtime = builder.build().expect("a runtime");
    let id = context.handle().id();
    let here = || Handle::try_current().map(|handle| handle.id()).ok();
    assert_eq!(here(), None);
    assert_eq!(runtime.block_on(async { here() }), Some(id));
    assert_eq!(runtime.block_on(runtime.spawn(async move { here() })).unwrap(), Some(id));
    assert_eq!(runtime.block_on(runtime.spawn_blocking(here)).unwrap(), Some(id));
    assert_eq!(here(), None);
}

#[test]
fn tokio_is_there_on_the_event_loop() {
    let (builder, context) = with_context();
    let id = context.handle().id();
    let runtime = builder.build_single().expect("a runtime");
    let task = runtime.block_on(async {
        cortado::spawn_local(async { Handle::current().id() }).await.expect("no panic")
    });
    assert_eq!(task, id);
}

#[test]
fn tokios_sockets_and_timers_work_in_our_tasks() {
    let (builder, _) = with_context();
    let runtime = builder.build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let server = cortado::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("somebody comes");
            let mut bytes = [0; 5];
            stream.read_exact(&mut bytes).await.expect("five bytes");
            tokio::time::sleep(Duration::from_millis(1)).await;
            stream.write_all(&bytes).await.expect("it is read");
        });
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
        stream.write_all(b"hello").await.expect("it is read");
        let mut back = [0; 5];
        stream.read_exact(&mut back).await.expect("the echo");
        assert_eq!(&back, b"hello");
        server.await.expect("no panic");
    });
}

#[test]
fn tokio_spawn_goes_to_tokios_own_thread() {
    let (builder, _) = with_context();
    let runtime = builder.build().expect("a runtime");
    let name = || thread::current().name().map(str::to_owned);
    let task = runtime.block_on(async move { tokio::spawn(async move { name() }).await });
    assert_eq!(task.expect("no panic").as_deref(), Some("cortado-tokio"));
}

#[test]
fn one_future_can_be_in_tokio_where_the_runtime_is_not() {
    let runtime = Runtime::new().expect("a runtime");
    let task = runtime.block_on(async {
        let inside = cortado::spawn(in_tokio(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Handle::try_current().is_ok()
        }));
        (inside.await.expect("no panic"), Handle::try_current().is_ok())
    });
    assert_eq!(task, (true, false));
}

#[test]
fn a_future_is_dropped_where_it_was_polled() {
    let (sender, receiver) = mpsc::channel();
    let runtime = Runtime::new().expect("a runtime");
    let witness = Witness(sender.clone());
    let aborted = runtime.spawn(in_tokio(async move {
        let _witness = witness;
        std::future::pending::<()>().await;
    }));
    aborted.abort();
    assert_eq!(receiver.recv(), Ok(true), "aborted");
    let witness = Witness(sender.clone());
    drop(in_tokio(async move { drop(witness) }));
    assert_eq!(receiver.recv(), Ok(true), "never polled");

    let (builder, _) = with_context();
    let runtime = builder.build().expect("a runtime");
    let witness = Witness(sender);
    drop(runtime.spawn(async move {
        let _witness = witness;
        std::future::pending::<()>().await;
    }));
    drop(runtime);
    assert_eq!(receiver.recv(), Ok(true), "at the end of the runtime");
}

#[test]
fn a_panic_leaves_tokio_again() {
    let runtime = Runtime::new().expect("a runtime");
    let result = runtime.block_on(runtime.spawn(in_tokio(async { panic!("on purpose") })));
    assert!(result.expect_err("it panics").is_panic());
    let gone = runtime.block_on(runtime.spawn(async { Handle::try_current().is_err() }));
    assert!(gone.expect("no panic"));
}

#[test]
fn the_last_owner_may_be_a_task_of_tokios_own() {
    let context = TokioContext::new().expect("a thread");
    let (sender, receiver) = mpsc::channel();
    let (go, went) = tokio::sync::oneshot::channel::<()>();
    let own = context.clone();
    drop(context.handle().spawn(async move {
        let _ = went.await;
        drop(own);
        // The test waits for it.
        let _ = sender.send(());
    }));
    drop(context);
    go.send(()).expect("the task waits");
    assert_eq!(receiver.recv(), Ok(()));
}

#[test]
fn a_runtime_that_is_there_can_be_entered() {
    let theirs = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let context = TokioContext::of(theirs.handle().clone());
    let runtime = Builder::new().tokio_context(context).build().expect("a runtime");
    let seen = runtime.block_on(runtime.spawn(async { Handle::current().id() }));
    assert_eq!(seen.expect("no panic"), theirs.handle().id());
}
