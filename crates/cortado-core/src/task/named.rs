//! Tasks with a name.

use std::borrow::Cow;
use std::future::Future;
use std::panic::Location;

use super::JoinHandle;
use crate::handle::Handle;
use crate::spawn::{local_loop, spawn_here, spawn_on, spawn_on_loop};

/// Spawns a task with settings of its own.
///
/// # Examples
/// ```
/// use cortado_core::{Runtime, TaskBuilder};
/// let runtime = Runtime::new()?;
/// let done = runtime.block_on(async {
///     TaskBuilder::new().name("resize").spawn(async { "done" }).await
/// });
/// assert_eq!(done.unwrap(), "done");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a task builder does nothing until `spawn`"]
pub struct TaskBuilder {
    name: Cow<'static, str>,
}

impl TaskBuilder {
    /// A task without a name yet.
    pub fn new() -> TaskBuilder {
        TaskBuilder::default()
    }

    /// What reports call the task.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> TaskBuilder {
        self.name = name.into();
        self
    }

    /// Starts the task on the current runtime; see [`spawn`](crate::spawn).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let name: Box<str> = self.name.into();
        spawn_here(future, name)
    }

    /// Starts the task on the runtime of `handle`; see [`Handle::spawn`].
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let name: Box<str> = self.name.into();
        spawn_on(handle, future, name, Location::caller())
    }

    /// Starts a task that need not be `Send`, on the event loop of the current thread; see
    /// [`spawn_local`](crate::spawn_local).
    ///
    /// # Panics
    /// Anywhere but inside of [`LocalRuntime::block_on`](crate::LocalRuntime::block_on).
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let name: Box<str> = self.name.into();
        spawn_on_loop(&local_loop(), future, name, Location::caller())
    }
}
