//! Where hyper's futures run: in tasks of a runtime, or of the event loop.

use std::future::Future;

use crate::Handle;

/// Runs hyper's futures, such as the streams of an HTTP/2 connection, in tasks of a runtime.
///
/// The default one takes the runtime that the thread is in at the time.
///
/// # Panics
/// `execute` panics outside of a runtime, unless it was made by [`on`](Self::on).
#[derive(Debug, Clone, Default)]
pub struct Executor {
    handle: Option<Handle>,
}

impl Executor {
    /// For the runtime that the thread is in whenever hyper starts something.
    pub fn new() -> Executor {
        Executor { handle: None }
    }

    /// For this runtime, wherever hyper is polled.
    pub fn on(handle: Handle) -> Executor {
        Executor { handle: Some(handle) }
    }
}

impl<F> ::hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        drop(match &self.handle {
            Some(handle) => handle.spawn(future),
            None => crate::spawn(future),
        });
    }
}

/// Runs hyper's futures in tasks of the event loop of the current thread, so that they need not be
/// `Send`.
///
/// # Panics
/// `execute` panics anywhere but inside of [`LocalRuntime::block_on`](crate::LocalRuntime::block_on).
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalExecutor;

impl<F> ::hyper::rt::Executor<F> for LocalExecutor
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        drop(crate::spawn_local(future));
    }
}
