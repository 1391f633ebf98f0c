//! `compute`: a closure that a task awaits, in the work lane.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::{Location, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_core::work;
use cortado_core::{Handle, JoinError, JoinHandle};
use cortado_probe::{Wait, turn};

use crate::install::handle;
use crate::learned::{self, Place};

type Closure<T> = Box<dyn FnOnce() -> T + Send>;

/// A closure that computes, as a future; see [`compute`].
///
/// **Cancel safety:** dropped before the closure has begun, it takes the closure with it. One that has
/// begun goes on, and its result is dropped.
#[must_use = "the closure begins when the future is polled: await it"]
pub struct Compute<T> {
    state: State<T>,
    name: Cow<'static, str>,
    location: &'static Location<'static>,
}

enum State<T> {
    Waits(Closure<T>),
    Runs(JoinHandle<T>, Handle),
    /// The runtime of the task that awaits this has ended.
    Lost,
    Done,
}

/// Runs a closure in the work lane, where it may compute for as long as it likes without delaying tasks
/// that wait. Joins, scopes and parallel iterators inside of it run on all cores.
///
/// The closure begins when the future is polled for the first time: by a task of any runtime, or of
/// somebody else's. It goes to the work lane of the current runtime, else to the one that
/// [`install`](crate::install) would use. Where closures from this place in the program have lately
/// been very short, it runs at once, on the thread that polls.
///
/// Inside of the closure nothing can be awaited, and `block_on` panics, since its thread is a worker.
///
/// # Panics
/// The future panics where the closure does, with the same payload; where the runtime ends before the
/// closure has begun; and where it is polled again after it has returned the result.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Runtime::new()?;
/// let primes = runtime.block_on(async {
///     cortado_par::compute(|| {
///         (2..5000_u32).filter(|n| (2..*n).all(|divisor| n % divisor != 0)).count()
///     })
///     .name("primes")
///     .await
/// });
/// assert_eq!(primes, 669);
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn compute<F, T>(closure: F) -> Compute<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let state = State::Waits(Box::new(closure));
    Compute { state, name: Cow::Borrowed(""), location: Location::caller() }
}

// The closure is moved out before it runs; nothing is pinned.
impl<T> Unpin for Compute<T> {}

impl<T: Send + 'static> Compute<T> {
    /// What reports call the closure.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Compute<T> {
        self.name = name.into();
        self
    }

    /// Begins, or is done at once.
    fn begin(&mut self, closure: Closure<T>) -> Option<T> {
        let (location, place) = (self.location, Place::from(self.location));
        let measured = move || learned::timed(place, closure);
        if learned::is_short(place) {
            return Some(measured());
        }
        let task = async move { measured() };
        let runtime = handle();
        let running = work::spawn_on(&runtime, task, mem::take(&mut self.name), location);
        self.state = State::Runs(running, runtime);
        None
    }
}

impl<T: Send + 'static> Future for Compute<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if let State::Waits(_) = &self.state {
            let progress = ready!(turn::proceed(context, self.location));
            if let State::Waits(closure) = mem::replace(&mut self.state, State::Done)
                && let Some(result) = self.begin(closure)
            {
                progress.made();
                return Poll::Ready(result);
            }
        }
        let (running, runtime) = match &mut self.state {
            State::Runs(running, runtime) => (running, runtime),
            State::Lost => return Poll::Pending,
            State::Waits(_) | State::Done => {
                panic!("a `Compute` was polled after it had returned the result, or panicked")
            }
        };
        let joined = ready!(running.poll_for(context, Wait::Compute));
        if joined.as_ref().is_err_and(JoinError::is_cancelled) && work::serves(runtime) {
            // The runtime ends, and drops the task that awaits this.
            self.state = State::Lost;
            return Poll::Pending;
        }
        self.state = State::Done;
        Poll::Ready(joined.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(payload) => resume_unwind(payload),
            Err(_) => panic!(
                "the runtime has ended before a computation had begun: keep the runtime until what \
                 awaits it has ended"
            ),
        }))
    }
}

impl<T> Drop for Compute<T> {
    fn drop(&mut self) {
        if let State::Runs(running, _) = &self.state {
            running.abort();
        }
    }
}

impl<T> fmt::Debug for Compute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Waits(_) => "waits",
            State::Runs(..) => "runs",
            State::Lost => "lost",
            State::Done => "done",
        };
        f.debug_struct("Compute").field("name", &self.name).field("state", &state).finish()
    }
}
