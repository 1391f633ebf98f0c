//! The work lane, for crates that run jobs in it: tasks that stay in the lane, the seat given up
//! around a wait, and a place for what such a crate keeps for each runtime.
//!
//! The core knows nothing of joins, scopes or closures: a crate that runs jobs comes to its threads by
//! tasks, which queue, wake and are watched like any other.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::{Arc, Weak};

use cortado_probe::Lane;
use parking_lot::{Mutex, RwLock};

use crate::context;
use crate::handle::{Flavour, Handle};
use crate::lanes::Lanes;
use crate::spawn;
use crate::spawner::Answer;
use crate::sys;
use crate::task::JoinHandle;

pub use crate::park::Parker;

/// The runtime and the lane that the current thread serves, if it is a worker.
///
/// # Examples
/// ```
/// use cortado_core::work::serving;
/// let runtime = cortado_core::Runtime::new()?;
/// assert!(serving().is_none());
/// let lane = runtime.block_on(runtime.spawn(async { serving().map(|(_, lane)| lane) }));
/// assert_eq!(lane.unwrap(), Some(cortado_probe::Lane::Wait));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn serving() -> Option<(Handle, Lane)> {
    let (lanes, record) = context::serving()?;
    Some((Handle::of_lanes(lanes), record.lane()))
}

/// The current thread is a worker of the runtime of `handle`.
pub fn serves(handle: &Handle) -> bool {
    let Flavour::Lanes(lanes) = handle.flavour() else { return false };
    context::serving().is_some_and(|(served, _)| Arc::ptr_eq(lanes, &served))
}

/// A reference to a runtime that does not keep its memory.
#[derive(Clone)]
pub struct WeakHandle(Weak<Lanes>);

impl WeakHandle {
    /// Of a runtime with lanes; nothing for an event loop.
    pub fn new(handle: &Handle) -> Option<WeakHandle> {
        match handle.flavour() {
            Flavour::Lanes(lanes) => Some(WeakHandle(Arc::downgrade(lanes))),
            Flavour::Loop(_) => None,
        }
    }

    /// The handle, if the runtime's memory is still there.
    pub fn upgrade(&self) -> Option<Handle> {
        self.0.upgrade().map(Handle::of_lanes)
    }
}

impl fmt::Debug for WeakHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakHandle").finish_non_exhaustive()
    }
}

/// How many seats the work lane has; nothing on an event loop, which has no lanes.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Builder::new().worker_threads(2).build()?;
/// assert_eq!(cortado_core::work::seats(&runtime.handle()), Some(2));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn seats(handle: &Handle) -> Option<usize> {
    match handle.flavour() {
        Flavour::Lanes(lanes) => Some(lanes.config().seats),
        Flavour::Loop(_) => None,
    }
}

/// What a crate that runs jobs keeps for the runtime: made by `make` at the first call, the same
/// ever after, and dropped with the runtime's last handle. Nothing on an event loop, and where a
/// value of another type was kept before.
pub fn attached<T: Any + Send + Sync>(
    handle: &Handle,
    make: impl FnOnce() -> Arc<T>,
) -> Option<Arc<T>> {
    let Flavour::Lanes(lanes) = handle.flavour() else { return None };
    lanes.attached().get_or(|| make()).downcast().ok()
}

/// A place for one value. Its lock is no danger to the wait lane: it is held exclusively once in a
/// runtime's life, for the store of a value that is made before.
#[derive(Default)]
pub(crate) struct Attached(RwLock<Option<Arc<dyn Any + Send + Sync>>>);

impl Attached {
    fn get_or(
        &self,
        make: impl FnOnce() -> Arc<dyn Any + Send + Sync>,
    ) -> Arc<dyn Any + Send + Sync> {
        if let Some(value) = &*self.0.read() {
            return value.clone();
        }
        let made = make();
        self.0.write().get_or_insert(made).clone()
    }
}

/// Spawns a task that is born in the work lane and stays there as long as its polls are long.
///
/// On a runtime that has ended the task is cancelled at once, and so it is on an event loop.
pub fn spawn_on<F>(
    handle: &Handle,
    future: F,
    name: Cow<'static, str>,
    location: &'static Location<'static>,
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    spawn::spawn_to_work(handle, future, name, location)
}

/// The same for a task that helps the calling one: it is for another worker, which is woken for it at
/// once, however long the poll under way goes on.
pub fn spawn_to_others<F>(
    handle: &Handle,
    future: F,
    location: &'static Location<'static>,
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    match handle.flavour() {
        Flavour::Lanes(lanes) => spawn::spawn_to_others(lanes, future, location),
        Flavour::Loop(_) => spawn::spawn_to_work(handle, future, "".into(), location),
    }
}

/// Makes a thread of its own that has the priority of the work lane, and under a quota its CPUs, and lives
/// beside the lane's workers, for code that brings its own scheduler. The runtime's spawner makes it, and the end of the runtime
/// waits for it.
///
/// # Errors
/// Where the system makes no thread, and on an event loop, which has no work lane.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Runtime::new()?;
/// let (sender, receiver) = std::sync::mpsc::channel();
/// let body = move || sender.send(std::thread::current().name().map(str::to_owned)).unwrap();
/// cortado_core::work::spawn_thread(&runtime.handle(), "other-0".into(), None, body)?;
/// assert_eq!(receiver.recv().unwrap().as_deref(), Some("other-0"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn spawn_thread(
    handle: &Handle,
    name: String,
    stack_size: Option<usize>,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let Flavour::Lanes(lanes) = handle.flavour() else {
        return Err(io::Error::other("an event loop has no work lane: use a runtime with threads"));
    };
    let outcome = Arc::new(Outcome { error: Mutex::new(None), told: Parker::new() });
    let (began, failed) = (outcome.clone(), outcome.clone());
    let placing = lanes.clone();
    let body = Box::new(move || {
        placing.lowering().place_own(Lane::Work, placing.records());
        drop(placing);
        began.told.unpark();
        body();
    });
    let on_error = Box::new(move |error: &io::Error| {
        *failed.error.lock() = Some(io::Error::new(error.kind(), error.to_string()));
        failed.told.unpark();
        Answer::GiveUp
    });
    lanes.resources().spawner().spawn_thread(name, stack_size, body, on_error);
    outcome.told.park();
    outcome.error.lock().take().map_or(Ok(()), Err)
}

/// What came of the request for a thread.
struct Outcome {
    error: Mutex<Option<io::Error>>,
    told: Parker,
}

/// The CPU that the thread runs on, as of some moment. It costs about as much as a look at the clock.
pub fn current_cpu() -> usize {
    sys::current_cpu()
}

/// Moves the thread to another CPU of those that it may run on, if there is one.
///
/// A thread that was woken to help another one finds itself in that one's place at times, ahead of it and
/// beside an idle CPU: in a virtual machine the kernel takes a halted CPU for one that its host has no
/// time for, and does not think of it again for milliseconds. The move takes a few µs, and waking the
/// other CPU 20 to 40.
pub fn leave_cpu() {
    sys::leave_cpu();
}

/// Somebody waits for the worker that the current thread is: its seat was taken, or tasks wait in its
/// lane. A task that would begin something long lets others run first.
pub fn is_wanted() -> bool {
    context::serving().is_some_and(|(lanes, record)| {
        !record.notice().is_seated() || lanes.lane(record.lane()).injected()
    })
}

/// The worker's seat is given up until this is dropped, as the monitor does it for a call that
/// blocks: another thread of the lane goes on meanwhile, within the lane's bound of threads. Then a
/// seat is taken again; where none is free, the poll goes on without one, as after such a call.
///
/// The thread's priority is not touched. On a thread that is no worker, and on one whose seat was
/// taken already, nothing happens. It must be dropped on the thread that made it, in the same poll.
///
/// # Examples
/// ```
/// use cortado_core::work::Standing;
/// let runtime = cortado_core::Builder::new().worker_threads(1).build()?;
/// let (sender, receiver) = std::sync::mpsc::channel();
/// let waits = runtime.spawn(async move {
///     let _standing = Standing::new();
///     receiver.recv()
/// });
/// // The one seat is free for this task, without the help of the monitor.
/// runtime.spawn(async move { sender.send(7) });
/// assert_eq!(runtime.block_on(waits).unwrap(), Ok(7));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the seat is taken again when it is dropped"]
pub struct Standing {
    gave_up: bool,
    /// It belongs to its thread.
    _local: PhantomData<*const ()>,
}

impl Standing {
    /// Gives the seat up.
    pub fn new() -> Standing {
        let gave_up = context::serving().is_some_and(|(lanes, record)| lanes.give_seat_up(&record));
        Standing { gave_up, _local: PhantomData }
    }
}

impl Default for Standing {
    fn default() -> Standing {
        Standing::new()
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        if self.gave_up
            && let Some((lanes, record)) = context::serving()
        {
            lanes.take_seat_again(&record);
        }
    }
}
