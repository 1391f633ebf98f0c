//! Joining a task: its output as a future, and how it can fail.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_probe::{TaskId, Wait, turn};
use parking_lot::Mutex;

use super::cell::Task;
use super::joint::Joint;
use crate::context;

/// The right to the output of a task, as a future.
///
/// Dropping it *detaches* the task: it goes on, and its output is dropped when it ends.
///
/// **Cancel safety:** polling borrows nothing; a `&mut JoinHandle` in a `select` that is dropped
/// loses nothing.
///
/// # Panics
/// Where it is polled again after it has returned the output.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Runtime::new()?;
/// let answer = runtime.block_on(async {
///     let handle = cortado_core::spawn(async { 6 * 7 });
///     handle.await
/// });
/// assert_eq!(answer.unwrap(), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "dropping a JoinHandle detaches its task; await it, or say `drop(handle)`"]
pub struct JoinHandle<T> {
    joint: Joint<T>,
}

// The output passes through the handle to whoever has it; the future behind it does not.
impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    pub(crate) fn new(joint: Joint<T>) -> JoinHandle<T> {
        JoinHandle { joint }
    }

    /// Asks the task to end without another poll. Its future is dropped by the scheduler, soon;
    /// the handle then returns an error for which [`JoinError::is_cancelled`] holds. A task that
    /// has ended already is left as it is.
    pub fn abort(&self) {
        self.joint.task().abort();
    }

    /// A handle that can only abort.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle { task: self.joint.task().clone() }
    }

    /// True where the task has ended.
    pub fn is_finished(&self) -> bool {
        self.joint.task().is_complete()
    }

    /// The number of the task.
    pub fn id(&self) -> TaskId {
        self.joint.task().header().id()
    }

    /// Polls as the future does, for futures of other crates that wait in this one for something
    /// with a name of its own, such as a file: the wait is reported for the place where the task
    /// or the closure was spawned, with the reason `why`.
    ///
    /// # Panics
    /// As the future.
    pub fn poll_for(&mut self, context: &mut Context<'_>, why: Wait) -> Poll<Result<T, JoinError>> {
        let location = self.joint.task().header().location();
        let progress = ready!(turn::proceed(context, location));
        let polled = self.poll_quietly(context);
        match &polled {
            Poll::Ready(_) => progress.made(),
            Poll::Pending => context::waits(why, location),
        }
        polled
    }

    /// Polls without telling the probe, for who waits for more than this task.
    pub(crate) fn poll_quietly(&mut self, context: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        self.joint.join(context.waker())
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_for(context, Wait::Join)
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// Can abort a task, and knows whether it has ended.
#[derive(Clone)]
pub struct AbortHandle {
    task: Task,
}

impl AbortHandle {
    /// As [`JoinHandle::abort`].
    pub fn abort(&self) {
        self.task.abort();
    }

    /// True where the task has ended.
    pub fn is_finished(&self) -> bool {
        self.task.is_complete()
    }

    /// The number of the task.
    pub fn id(&self) -> TaskId {
        self.task.header().id()
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("id", &self.id()).finish()
    }
}

/// Why a task has no output: it was cancelled, or it panicked.
pub struct JoinError(Box<Failure>);

struct Failure {
    task: TaskId,
    /// `None`: cancelled. The mutex only makes the payload shareable; it is never contended.
    panic: Option<Mutex<Box<dyn Any + Send>>>,
}

impl JoinError {
    pub(crate) fn cancelled(task: TaskId) -> JoinError {
        JoinError(Box::new(Failure { task, panic: None }))
    }

    pub(crate) fn panicked(task: TaskId, panic: Box<dyn Any + Send>) -> JoinError {
        JoinError(Box::new(Failure { task, panic: Some(Mutex::new(panic)) }))
    }

    /// The task was aborted, or its runtime ended first.
    pub fn is_cancelled(&self) -> bool {
        self.0.panic.is_none()
    }

    /// The task's future panicked.
    pub fn is_panic(&self) -> bool {
        self.0.panic.is_some()
    }

    /// The number of the task.
    pub fn id(&self) -> TaskId {
        self.0.task
    }

    /// The payload of the panic, for `std::panic::resume_unwind`.
    ///
    /// # Errors
    /// Gives the error back where the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send>, JoinError> {
        match self.0.panic {
            Some(panic) => Ok(panic.into_inner()),
            None => Err(self),
        }
    }

    /// As [`try_into_panic`](Self::try_into_panic).
    ///
    /// # Panics
    /// Where the task was cancelled.
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        match self.try_into_panic() {
            Ok(panic) => panic,
            Err(error) => panic!("into_panic on a task that did not panic: {error}"),
        }
    }

    fn message(&self) -> Option<String> {
        let panic = self.0.panic.as_ref()?.lock();
        panic
            .downcast_ref::<&'static str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = self.0.task;
        match (&self.0.panic, self.message()) {
            (None, _) => write!(f, "task {task} was cancelled"),
            (Some(_), Some(message)) => write!(f, "task {task} panicked: {message}"),
            (Some(_), None) => write!(f, "task {task} panicked"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl std::error::Error for JoinError {}
