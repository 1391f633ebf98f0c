//! Spawning: how tasks come into a runtime.

use std::borrow::Cow;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cortado_probe::{Event, Lane, emit};

use crate::context;
use crate::handle::{Flavour, Handle};
use crate::lanes::Lanes;
use crate::share::Share;
use crate::shim::atomic::Ordering;
use crate::single::{self, Loop};
use crate::task::{Header, JoinHandle, Joint, Name, Runnable, Schedule, Task, new_task};
use crate::timer::Held;

/// Starts a task: a future that the runtime polls on its own, at the same time as others.
///
/// Dropping the handle detaches the task. A panic in the task ends only the task and arrives at
/// the handle.
///
/// # Panics
/// Outside of a runtime. On a runtime that is ending, the task is cancelled at once instead.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Runtime::new()?;
/// let sum = runtime.block_on(async {
///     let tasks: Vec<_> = (0..10).map(|n| cortado_core::spawn(async move { n * n })).collect();
///     let mut sum = 0;
///     for task in tasks {
///         sum += task.await.unwrap();
///     }
///     sum
/// });
/// assert_eq!(sum, 285);
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    spawn_here(future, ())
}

/// Starts a task that need not be `Send`, on the event loop of the current thread.
///
/// # Panics
/// Anywhere but inside of [`LocalRuntime::block_on`](crate::LocalRuntime::block_on).
///
/// # Examples
/// ```
/// use std::rc::Rc;
/// let runtime = cortado_core::Runtime::single()?;
/// let text = runtime.block_on(async {
///     let shared = Rc::new("not Send");
///     let own = shared.clone();
///     cortado_core::spawn_local(async move { own.len() + shared.len() }).await
/// });
/// assert_eq!(text.unwrap(), 16);
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    spawn_on_loop(&local_loop(), future, (), Location::caller())
}

/// The event loop of the current thread.
///
/// # Panics
/// Where the thread is not in the `block_on` of one.
#[track_caller]
pub(crate) fn local_loop() -> Arc<Loop> {
    match single::current_loop() {
        Some(shared) => shared,
        None => panic!(
            "`spawn_local` outside of an event loop: call it inside of the `block_on` of a \
             runtime made by `Runtime::single`"
        ),
    }
}

/// Runs a closure that may block on a thread of the blocking pool.
///
/// The pool has a bound (512 threads unless the builder says otherwise); beyond it, closures wait
/// in a queue, in their order. The queue has no bound: this function neither waits nor fails, so
/// where callers can hand in closures faster than they end, let each take a permit of a semaphore
/// first. [`Metrics`](crate::Metrics) has the threads, those that are idle, and the closures that
/// wait. Aborting the handle drops a closure that has not begun; one that has, goes on.
///
/// It is for calls that sleep in the operating system. Code that computes needs no closure: the
/// monitor moves a task that computes aside. Nor is there a `block_in_place`: a worker whose poll
/// blocks loses its seat to another one without being asked.
///
/// # Panics
/// Outside of a runtime. A panic of the closure arrives at the handle.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Runtime::new()?;
/// let text = runtime.block_on(async {
///     cortado_core::spawn_blocking(|| std::fs::read_to_string("Cargo.toml")).await
/// });
/// assert!(text.unwrap()?.contains("[package]"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn_blocking<F, T>(job: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    spawn_blocking_on(&context::handle(), job, Location::caller())
}

/// Starts a task on the current thread's runtime.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub(crate) fn spawn_here<F, N>(future: F, name: N) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
    N: Name,
{
    let location = Location::caller();
    context::with_handle(|handle| prepare(handle, future, name, location)).start()
}

pub(crate) fn spawn_on<F, N>(
    handle: &Handle,
    future: F,
    name: N,
    location: &'static Location<'static>,
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
    N: Name,
{
    prepare(handle, future, name, location).start()
}

/// Starts a task in the work lane, whatever is known of its location.
pub(crate) fn spawn_to_work<F>(
    handle: &Handle,
    future: F,
    name: Cow<'static, str>,
    location: &'static Location<'static>,
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    match handle.flavour() {
        Flavour::Lanes(lanes) if name.is_empty() => {
            prepare_in_lane(lanes, future, (), location, true).start()
        }
        Flavour::Lanes(lanes) => {
            let name: Box<str> = name.into();
            prepare_in_lane(lanes, future, name, location, true).start()
        }
        Flavour::Loop(shared) => {
            let handle = prepare_on_loop(shared, future, (), location).start();
            handle.abort();
            handle
        }
    }
}

/// Starts a task in the work lane for another worker than the calling one, which has a long poll before
/// it: the task goes to the lane's injector, and a worker is woken for it.
pub(crate) fn spawn_to_others<F>(
    lanes: &Arc<Lanes>,
    future: F,
    location: &'static Location<'static>,
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let prepared = prepare_in_lane(lanes, future, (), location, true);
    prepared.start_by(|runnable| lanes.inject(Lane::Work, runnable))
}

/// A task that nobody knows of yet.
struct Prepared<T> {
    task: Task,
    runnable: Runnable,
    joint: Joint<T>,
}

impl<T> Prepared<T> {
    /// Starts the task where its scheduler puts it.
    fn start(self) -> JoinHandle<T> {
        self.start_by(Runnable::schedule)
    }

    /// Tells of the task, takes it into the registry and has it queued; a runtime that ends refuses it,
    /// and it is cancelled. It is told of first: once it is in the registry, it may be cancelled.
    fn start_by(self, schedule: impl FnOnce(Runnable)) -> JoinHandle<T> {
        let Prepared { task, runnable, joint } = self;
        let header = runnable.header();
        emit(|| Event::TaskSpawned {
            task: header.id(),
            name: task.name(),
            location: header.location(),
            lane: if header.in_work_lane() { Lane::Work } else { Lane::Wait },
        });
        match runnable.admit(task) {
            true => schedule(runnable),
            false => drop(runnable),
        }
        JoinHandle::new(joint)
    }
}

/// Makes a task. No user code runs here, so it may be called inside of a borrow.
fn prepare<F, N>(
    handle: &Handle,
    future: F,
    name: N,
    location: &'static Location<'static>,
) -> Prepared<F::Output>
where
    F: Future + 'static,
    N: Name,
{
    match handle.flavour() {
        Flavour::Lanes(lanes) => prepare_on_lanes(lanes, future, name, location),
        Flavour::Loop(shared) => prepare_on_loop(shared, future, name, location),
    }
}

fn prepare_on_lanes<F, N>(
    lanes: &Arc<Lanes>,
    future: F,
    name: N,
    location: &'static Location<'static>,
) -> Prepared<F::Output>
where
    F: Future + 'static,
    N: Name,
{
    let work = lanes.placement().starts_in_work_lane(location);
    prepare_in_lane(lanes, future, name, location, work)
}

fn prepare_in_lane<F, N>(
    lanes: &Arc<Lanes>,
    future: F,
    name: N,
    location: &'static Location<'static>,
    work: bool,
) -> Prepared<F::Output>
where
    F: Future + 'static,
    N: Name,
{
    let (share, slot) = Share::take(lanes);
    let (task, runnable, joint) = new_task(future, share, name, location, work);
    if work {
        lanes.placement().assume_computing(task.header());
    }
    task.header().slot.store(slot, Ordering::Relaxed);
    Prepared { task, runnable, joint }
}

/// Starts a task on an event loop, from its own thread or another.
pub(crate) fn spawn_on_loop<F, N>(
    shared: &Arc<Loop>,
    future: F,
    name: N,
    location: &'static Location<'static>,
) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    N: Name,
{
    prepare_on_loop(shared, future, name, location).start()
}

fn prepare_on_loop<F, N>(
    shared: &Arc<Loop>,
    future: F,
    name: N,
    location: &'static Location<'static>,
) -> Prepared<F::Output>
where
    F: Future + 'static,
    N: Name,
{
    let (task, runnable, joint) = new_task(future, shared.clone(), name, location, false);
    Prepared { task, runnable, joint }
}

pub(crate) fn spawn_blocking_on<F, T>(
    handle: &Handle,
    job: F,
    location: &'static Location<'static>,
) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let (task, runnable, joint) =
        new_task(Closure(Some(job)), OnPool(handle.clone()), (), location, false);
    runnable.admit(task);
    OnPool(handle.clone()).schedule(runnable);
    JoinHandle::new(joint)
}

/// A closure as a future that runs it at the first poll.
struct Closure<F>(Option<F>);

// The closure is moved out before it runs; nothing is pinned.
impl<F> Unpin for Closure<F> {}

impl<F: FnOnce() -> T, T> Future for Closure<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        match self.0.take() {
            Some(closure) => Poll::Ready(closure()),
            None => cortado_probe::stop("T1", "a blocking closure was polled twice"),
        }
    }
}

/// The scheduler of closures: the blocking pool.
struct OnPool(Handle);

impl Schedule for OnPool {
    /// The pool's own queue knows what it has; the registry does not.
    fn admit(&self, _: Task) -> bool {
        true
    }

    fn schedule(&self, task: Runnable) {
        let handle = self.0.clone();
        let held = Held::new(handle.resources().poller());
        let job = Box::new(move || {
            let _entered = handle.enter();
            handle.resources().around().run(|| task.run_untold());
            drop(held);
        });
        // A pool that is closed gives the job back; dropping it cancels the task.
        drop(self.0.resources().blocking().spawn(job));
    }

    fn noticed(&self, _: &Header) {}

    fn forget(&self, _: &Header) -> bool {
        false
    }
}
