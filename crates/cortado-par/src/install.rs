//! How a thread comes to where joins run: it is there, or it serves a lane, or it sends the closure to
//! the work lane and waits.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::ptr;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use cortado_core::work::{self, Standing};
use cortado_core::{Builder, Handle, Runtime};
use cortado_probe::Lane;

use crate::job::{FnContext, JobRef, StackJob};
use crate::latch::Latch;
use crate::learned::Place;
use crate::outside;
use crate::pool::Pool;
use crate::visit::{self, Visit};

/// Runs a closure where its joins and scopes run in parallel, and returns its result. On a thread that
/// is no worker, that is the work lane of its runtime, and the thread sleeps meanwhile; where such
/// closures have lately been very short, the thread calls it itself, as a worker does.
///
/// The runtime is that of the thread (inside of [`Runtime::block_on`], or after [`Handle::enter`]), else
/// one of its own that is made at the first need with the default settings and never ends.
///
/// Where the runtime is ending, or ends before the closure was begun, the closure runs on the thread
/// itself.
///
/// # Panics
/// Where the closure panics; and where no runtime can be made, for lack of threads or descriptors.
///
/// # Examples
/// ```
/// fn sum(numbers: &[u64]) -> u64 {
///     if let [number] = numbers { return *number }
///     let (left, right) = numbers.split_at(numbers.len() / 2);
///     let (left, right) = cortado_par::join(|| sum(left), || sum(right));
///     left + right
/// }
/// let numbers: Vec<u64> = (1..=1000).collect();
/// assert_eq!(cortado_par::install(|| sum(&numbers)), 500_500);
/// ```
#[track_caller]
pub fn install<F, R>(closure: F) -> R
where
    F: FnOnce() -> R + Send,
    R: Send,
{
    if is_home() { within(|_| closure()) } else { outside::install(closure) }
}

/// How many threads run jobs at the same time: the seats of the work lane of the thread's runtime, or of
/// the one that [`install`] would use.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Builder::new().worker_threads(3).build()?;
/// let _entered = runtime.handle().enter();
/// assert_eq!(cortado_par::current_num_threads(), 3);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn current_num_threads() -> usize {
    match visit::current(|visit| visit.pool().crew.seats()) {
        Ok(seats) => seats,
        Err(_) => pool().crew.seats(),
    }
}

/// The thread is in a visit, or is a worker, which begins its visits itself.
pub(crate) fn is_home() -> bool {
    visit::has_one() || work::serving().is_some()
}

/// Calls `body` in the thread's visit, in one of its own where the thread is a worker, or else in the
/// work lane.
#[track_caller]
pub(crate) fn within<B, R>(body: B) -> R
where
    B: FnOnce(&Visit) -> R + Send,
    R: Send,
{
    let body = match visit::current(body) {
        Ok(result) => return result,
        Err(body) => body,
    };
    if let Some((handle, lane)) = work::serving()
        && let Some(pool) = Pool::of(&handle)
    {
        let place = || Place::of_function(within::<B, R> as *const ());
        return visit::with(pool, (lane == Lane::Wait).then(place), body);
    }
    send(body)
}

/// The runtime that the thread is in, if it has a work lane, else the default one.
pub(crate) fn handle() -> Handle {
    let current = Handle::try_current().filter(|handle| work::seats(handle).is_some());
    current.unwrap_or_else(default_handle)
}

fn pool() -> Arc<Pool> {
    Pool::of(&handle()).unwrap_or_else(|| {
        cortado_probe::stop("V2", "a runtime with a work lane has no place for the pool")
    })
}

/// The runtime whose work lane is used outside of any other: it has the default settings, is made at the
/// first need, and never ends.
///
/// # Panics
/// Where it cannot be made, for lack of threads or descriptors.
///
/// # Examples
/// ```
/// let answer = cortado_par::default_handle().block_on(async { 6 * 7 });
/// assert_eq!(answer, 42);
/// ```
pub fn default_handle() -> Handle {
    default_runtime().handle()
}

fn default_runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| match Builder::new().thread_name("cortado-default").build() {
        Ok(runtime) => runtime,
        Err(error) => panic!(
            "no runtime can be made for a join outside of one: {error}. Raise the limits on threads \
             and open files, or call it inside of a runtime"
        ),
    })
}

/// Runs `body` as a task in the work lane, and waits for it.
#[track_caller]
pub(crate) fn send<B, R>(body: B) -> R
where
    B: FnOnce(&Visit) -> R + Send,
    R: Send,
{
    let pool = pool();
    // SAFETY: L2 (the thread has its parker until its end).
    let latch = unsafe { Latch::new(visit::PARKER.with(ptr::from_ref)) };
    let visited = pool.clone();
    let job = StackJob::new(move |_: FnContext| visit::with(visited, None, body), latch);
    let awaited = Awaited(job.latch());
    // SAFETY: J1 (`awaited` sees to it, and is not forgotten).
    let envoy = Envoy { job: Some(unsafe { job.lend() }) };
    match pool.runtime() {
        Some(runtime) => drop(work::spawn_on(&runtime, envoy, "".into(), Location::caller())),
        None => drop(envoy),
    }
    drop(awaited);
    job.end().unwrap_or_else(|closure| closure(FnContext::new(false)))
}

/// Waits when it is dropped.
struct Awaited<'a>(&'a Latch);

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        // The thread may be a worker of another runtime.
        let _standing = Standing::new();
        self.0.wait();
    }
}

/// The task that carries a job to the work lane.
struct Envoy {
    job: Option<JobRef>,
}

impl Future for Envoy {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if let Some(job) = self.job.take() {
            job.run();
        }
        Poll::Ready(())
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        if let Some(job) = self.job.take() {
            job.let_be();
        }
    }
}
