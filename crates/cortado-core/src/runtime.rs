//! A runtime with several threads, and the order in which it ends.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cortado_probe::Lane;

use crate::builder::Builder;
use crate::context;
use crate::handle::Handle;
use crate::lanes::{Config, Lanes};
use crate::monitor::{self, MonitorMode};
use crate::resources::Resources;
use crate::single::{LocalRuntime, end_all};
use crate::spawner::{Answer, vital};
use crate::task::JoinHandle;

/// Runs a future, and the tasks that it spawns, on a new runtime with the default settings; the
/// runtime ends with the future, as by its drop.
///
/// # Panics
/// Where the system gives no descriptor or no thread ([`Runtime::new`] returns that as an error),
/// inside of another runtime's task or `block_on`, and where the future panics.
///
/// # Examples
/// ```
/// let answer = cortado_core::run(async {
///     cortado_core::spawn(async { 6 * 7 }).await.expect("no panic")
/// });
/// assert_eq!(answer, 42);
/// ```
pub fn run<F: Future>(future: F) -> F::Output {
    match Runtime::new() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => panic!(
            "no runtime can be made: {error}. Raise the limits on threads and open files, or handle \
             the error of `Runtime::new`"
        ),
    }
}

/// A runtime: two lanes of workers on the usable cores, a poller, timers, a blocking pool.
///
/// Dropping it ends it: no task is polled again once the polls under way have returned, every task
/// is dropped, and the drop waits for those polls and for closures on the blocking pool that have
/// begun. [`shutdown_timeout`](Self::shutdown_timeout) bounds the wait. Dropped inside of a task,
/// which would wait for itself, it does not wait.
///
/// With nothing to do it sleeps, and uses no CPU time. Where one event follows another within some 30 µs, as
/// from a client that asks again at each answer, one thread looks for the next one all the while instead of
/// falling asleep: that costs less than to sleep and wake, and keeps up to one core busy, which it yields to
/// whoever else wants to run there. It does not where a CPU quota is below the number of workers.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Runtime::new()?;
/// let doubled = runtime.block_on(async { cortado_core::spawn(async { 21 * 2 }).await });
/// assert_eq!(doubled.unwrap(), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Runtime {
    lanes: Arc<Lanes>,
    /// A shutdown was asked for, and has waited as long as it may.
    ended: bool,
}

impl Runtime {
    /// A runtime with the default settings; [`Builder`] has others.
    ///
    /// # Errors
    /// Where the system gives no descriptor or no thread.
    pub fn new() -> io::Result<Runtime> {
        Builder::new().build()
    }

    /// The event loop of one thread: the current one.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn single() -> io::Result<LocalRuntime> {
        Builder::new().build_single()
    }

    pub(crate) fn start(config: Config, resources: Arc<Resources>) -> Runtime {
        let lanes = Lanes::new(config, resources);
        // One worker from the start, to wait in the poller; others come when there is work.
        lanes.begin();
        if lanes.config().monitor == MonitorMode::Off {
            return Runtime { lanes, ended: false };
        }
        let (watched, name) = (lanes.clone(), format!("{}-monitor", lanes.config().thread_name));
        let body = vital(move || monitor::watch(watched));
        let retrying = lanes.clone();
        let on_error = Box::new(
            move |_: &io::Error| {
                if retrying.is_closing() { Answer::GiveUp } else { Answer::Retry }
            },
        );
        lanes.resources().spawner().spawn_thread(name, None, body, on_error);
        Runtime { lanes, ended: false }
    }

    /// A handle, to spawn into the runtime from anywhere.
    pub fn handle(&self) -> Handle {
        Handle::of_lanes(self.lanes.clone())
    }

    /// Runs a future on the current thread until it has finished; the tasks that it spawns run on
    /// the runtime's workers.
    ///
    /// # Panics
    /// Inside of a task or of another `block_on`, and where the future panics.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle().block_on(future)
    }

    /// Spawns a task; see [`spawn`](crate::spawn).
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle().spawn(future)
    }

    /// Runs a blocking closure on the blocking pool; see [`spawn_blocking`](crate::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, job: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle().spawn_blocking(job)
    }

    /// Ends the runtime as its drop does, but waits at most `timeout`. False where polls or closures
    /// are still under way then: their threads end when they return.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> bool {
        self.ended = true;
        self.end(Some(timeout))
    }

    /// Ends the runtime without waiting.
    pub fn shutdown_background(self) {
        self.shutdown_timeout(Duration::ZERO);
    }

    /// (1) New tasks are refused. (2) Workers and monitor are told to end after what they do now.
    /// (3) Tasks that nobody polls are dropped, here. (4) Tasks that are polled are marked, and
    /// dropped by their workers. (5) The blocking pool drops what it has not begun. (6) Wait for
    /// all threads. (7) What is still queued is dropped; it has no futures any more.
    fn end(&self, timeout: Option<Duration>) -> bool {
        let began = Instant::now();
        let handle = self.handle();
        let _entered = context::enter(handle);
        self.lanes.close();
        let resources = self.lanes.resources();
        resources.around().run(|| end_all(self.lanes.registry()));
        let left = || timeout.map(|timeout| timeout.saturating_sub(began.elapsed()));
        let pool_ended = resources.blocking().shutdown(left());
        let workers_ended = resources.spawner().wait_all(left());
        if workers_ended {
            self.lanes.poller().clear_timers();
        }
        self.lanes.bury();
        pool_ended && workers_ended
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if !self.ended {
            self.end(context::is_worker().then_some(Duration::ZERO));
        }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seats = self.lanes.lane(Lane::Wait).idle.seats();
        f.debug_struct("Runtime").field("worker_threads", &seats).finish_non_exhaustive()
    }
}
