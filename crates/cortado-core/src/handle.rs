//! A handle to a runtime: spawn into it from anywhere, enter it, ask it for figures.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use crate::block_on;
use crate::context;
use crate::lanes::Lanes;
use crate::metrics::Metrics;
use crate::registry::Registry;
use crate::resources::Resources;
use crate::single::Loop;
use crate::spawn;
use crate::task::{JoinHandle, TaskInfo};

/// A reference to a runtime. Cheap to clone; it does not keep the runtime's threads running.
#[derive(Clone)]
pub struct Handle(Flavour);

#[derive(Clone)]
pub(crate) enum Flavour {
    /// Several threads.
    Lanes(Arc<Lanes>),
    /// The event loop of one thread.
    Loop(Arc<Loop>),
}

impl Handle {
    pub(crate) fn of_lanes(lanes: Arc<Lanes>) -> Handle {
        Handle(Flavour::Lanes(lanes))
    }

    pub(crate) fn of_loop(shared: Arc<Loop>) -> Handle {
        Handle(Flavour::Loop(shared))
    }

    pub(crate) fn flavour(&self) -> &Flavour {
        &self.0
    }

    pub(crate) fn resources(&self) -> &Arc<Resources> {
        match &self.0 {
            Flavour::Lanes(lanes) => lanes.resources(),
            Flavour::Loop(shared) => shared.resources(),
        }
    }

    /// The runtime that the current thread is in.
    ///
    /// # Panics
    /// Outside of a runtime. [`try_current`](Self::try_current) does not.
    #[track_caller]
    pub fn current() -> Handle {
        context::handle()
    }

    /// The runtime that the current thread is in, if it is in one.
    pub fn try_current() -> Option<Handle> {
        context::try_handle()
    }

    /// Makes this the current thread's runtime until the guard is dropped, so that what needs one
    /// can be made outside of a task: timers, descriptors, tasks.
    ///
    /// Guards must be dropped in the reverse order of their making.
    #[must_use = "the runtime is left when the guard is dropped"]
    pub fn enter(&self) -> EnterGuard {
        EnterGuard { _entered: context::enter(self.clone()) }
    }

    /// Spawns a task; see [`spawn`](crate::spawn).
    ///
    /// On a runtime that has ended the task is cancelled at once.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawn::spawn_on(self, future, (), Location::caller())
    }

    /// Runs a blocking closure on the blocking pool; see [`spawn_blocking`](crate::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, job: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        spawn::spawn_blocking_on(self, job, Location::caller())
    }

    /// Runs a future on the current thread, and the runtime's tasks on the runtime's threads, until
    /// the future has finished.
    ///
    /// On the event loop of one thread, nothing but the future runs here: its tasks run while the
    /// thread that owns it is in its own `block_on`.
    ///
    /// # Panics
    /// Inside of a task or of another `block_on`: the thread would stop serving its own tasks.
    /// Also where the future panics.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _entered = self.enter();
        self.resources().around().run(|| block_on::parked(future))
    }

    pub(crate) fn registry(&self) -> &Registry {
        match &self.0 {
            Flavour::Lanes(lanes) => lanes.registry(),
            Flavour::Loop(shared) => shared.registry(),
        }
    }

    /// The tasks that have not ended, in no order: for a report of what a program is at. Each of
    /// them is looked at once, while the others go on. What a task waits for, and where, a listener
    /// of the probe hears when it begins to wait.
    ///
    /// # Examples
    /// ```
    /// use cortado_core::{Activity, Runtime, TaskBuilder};
    ///
    /// let runtime = Runtime::single()?;
    /// runtime.block_on(async {
    ///     drop(TaskBuilder::new().name("sleeper").spawn(std::future::pending::<()>()));
    ///     cortado_core::yield_now().await;
    ///     let tasks = cortado_core::Handle::current().tasks();
    ///     assert_eq!(tasks[0].name.as_deref(), Some("sleeper"));
    ///     assert_eq!(tasks[0].activity, Activity::Waiting);
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn tasks(&self) -> Vec<TaskInfo> {
        let mut tasks = Vec::new();
        self.registry().view(|task| tasks.extend(TaskInfo::of(task)));
        tasks
    }

    /// Figures of the runtime now.
    pub fn metrics(&self) -> Metrics {
        Metrics::of(self)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flavour = match &self.0 {
            Flavour::Lanes(_) => "lanes",
            Flavour::Loop(_) => "loop",
        };
        f.debug_tuple("Handle").field(&flavour).finish()
    }
}

/// Leaves the runtime that [`Handle::enter`] entered when it is dropped.
pub struct EnterGuard {
    _entered: context::Entered,
}

impl fmt::Debug for EnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnterGuard").finish_non_exhaustive()
    }
}
