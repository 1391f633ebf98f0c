//! Groups of tasks: tasks that belong to the code that waits for them, and end with it.
//!
//! The group keeps a join handle per task, for `abort` and for the reason of an end without an
//! output; outputs themselves come through `delivery`. So an end costs the same whether the group
//! has ten tasks or a million: nothing here looks for what has ended.

mod delivery;
mod wait;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use cortado_probe::{Event, ObjectId, TaskId, Wait, emit, turn};
use futures_core::Stream;
use slab::Slab;

pub use self::wait::{GroupError, GroupNext, GroupNextWithId, JoinAll, Shutdown};
pub use self::wait::{TryJoinAll, TryNext};

use self::delivery::{Deliveries, Duty, Ended, Member};
use crate::context;
use crate::handle::Handle;
use crate::spawn::{local_loop, spawn_blocking_on, spawn_on, spawn_on_loop};
use crate::task::{AbortHandle, JoinError, JoinHandle, Name};

/// Tasks that end with the code that started them.
///
/// Results come in the order in which the tasks end: by [`next`](Self::next), as a
/// [`Stream`], or all at once by [`join_all`](Self::join_all). A panic ends only its task and comes
/// as a [`JoinError`]. Where tasks return a `Result`, [`try_next`](Self::try_next) and
/// [`try_join_all`](Self::try_join_all) cancel the rest at the first error.
///
/// **Dropping the group cancels its tasks**, soon and without waiting for them;
/// [`shutdown`](Self::shutdown) also waits. A task may have a group of its own: cancelling the outer
/// task drops the inner group.
///
/// A group may be sent to another thread, and spawn into any runtime. It costs about 60 bytes a
/// task beside the task itself, and gives no result twice.
///
/// # Examples
/// ```
/// use cortado_core::{Runtime, TaskGroup};
///
/// let total = Runtime::new()?.block_on(async {
///     let mut group = TaskGroup::new();
///     for n in 0..10 {
///         group.spawn(async move { n * n });
///     }
///     let mut total = 0;
///     while let Some(square) = group.next().await {
///         total += square.expect("no task panics");
///     }
///     total
/// });
/// assert_eq!(total, 285);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "dropping a group cancels its tasks"]
pub struct TaskGroup<T> {
    deliveries: Arc<Deliveries<T>>,
    /// The tasks whose end was not returned yet.
    members: Slab<JoinHandle<()>>,
    /// Ends that came and were not returned yet.
    arrived: VecDeque<Ended<T>>,
    /// A task that has ended without an output, until its join handle says why.
    failing: Option<JoinHandle<()>>,
    /// The group's number, once a listener has heard of it.
    object: Option<ObjectId>,
}

// Outputs are only kept here, never pinned.
impl<T> Unpin for TaskGroup<T> {}

impl<T> TaskGroup<T> {
    /// A group without tasks.
    pub fn new() -> TaskGroup<T> {
        TaskGroup {
            deliveries: Deliveries::new(),
            members: Slab::new(),
            arrived: VecDeque::new(),
            failing: None,
            object: None,
        }
    }

    /// How many tasks have not been returned yet, ended or not.
    pub fn len(&self) -> usize {
        self.members.len() + usize::from(self.failing.is_some())
    }

    /// True where every task's result was returned.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of the tasks that [`len`](Self::len) counts.
    pub fn ids(&self) -> impl Iterator<Item = TaskId> {
        self.failing.iter().chain(self.members.iter().map(|(_, task)| task)).map(JoinHandle::id)
    }

    /// Asks every task to end without another poll. Their ends still come, as results for which
    /// [`JoinError::is_cancelled`] holds; a task that has ended already keeps its result.
    pub fn abort_all(&self) {
        self.members.iter().for_each(|(_, task)| task.abort());
    }

    /// Lets every task go on by itself. The group is empty then; results that were not returned
    /// yet are dropped.
    pub fn detach_all(&mut self) {
        // What they deliver from now on goes with the list that they share.
        self.deliveries = Deliveries::new();
        self.failing = None;
        self.members.clear();
        self.arrived.clear();
    }

    /// Adds the task that `spawn` starts.
    fn add(&mut self, spawn: impl FnOnce(Duty<T>) -> JoinHandle<()>) -> AbortHandle {
        let duty = Duty::new(&self.deliveries, self.members.vacant_key());
        let task = spawn(duty);
        let handle = task.abort_handle();
        self.members.insert(task);
        handle
    }

    /// Starts a task on the current runtime; see [`spawn`](crate::spawn()).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_as(&context::handle(), future, (), Location::caller())
    }

    /// Starts a task that reports call `name`.
    ///
    /// # Panics
    /// Outside of a runtime.
    ///
    /// # Examples
    /// ```
    /// use cortado_core::{Runtime, TaskGroup};
    ///
    /// Runtime::new()?.block_on(async {
    ///     let mut group = TaskGroup::new();
    ///     for city in ["Porto", "Milan"] {
    ///         group.spawn_named(format!("weather of {city}"), async move { city.len() });
    ///     }
    ///     assert_eq!(group.join_all().await, [5, 5]);
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_named<F>(&mut self, name: impl Into<Cow<'static, str>>, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let name: Box<str> = name.into().into();
        self.spawn_as(&context::handle(), future, name, Location::caller())
    }

    /// Starts a task on the runtime of `handle`. On one that has ended, it is cancelled at once.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, future: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_as(handle, future, (), Location::caller())
    }

    fn spawn_as<F, N>(
        &mut self,
        handle: &Handle,
        future: F,
        name: N,
        location: &'static Location<'static>,
    ) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
        N: Name,
    {
        self.add(|duty| spawn_on(handle, Member::new(future, duty), name, location))
    }

    /// Starts a task that need not be `Send`, on the event loop of the current thread; see
    /// [`spawn_local`](crate::spawn_local).
    ///
    /// # Panics
    /// Anywhere but inside of [`LocalRuntime::block_on`](crate::LocalRuntime::block_on).
    #[track_caller]
    pub fn spawn_local<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
        T: 'static,
    {
        let (shared, location) = (local_loop(), Location::caller());
        self.add(|duty| spawn_on_loop(&shared, Member::new(future, duty), (), location))
    }

    /// Runs a closure that may block on the blocking pool; see
    /// [`spawn_blocking`](crate::spawn_blocking). Cancelling drops a closure that has not begun.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, job: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (handle, location) = (context::handle(), Location::caller());
        self.add(|mut duty| spawn_blocking_on(&handle, move || duty.deliver(job()), location))
    }

    /// Waits for the end of the task that ends next; `None` where there is no task.
    ///
    /// **Cancel safety:** a result is taken only by the poll that returns it, so nothing is lost
    /// where the future is dropped.
    #[track_caller]
    #[allow(clippy::should_implement_trait)] // It is the name that streams give it, too.
    pub fn next(&mut self) -> GroupNext<'_, T> {
        GroupNext::new(self, Location::caller())
    }

    /// As [`next`](Self::next), with the number of the task.
    ///
    /// **Cancel safety:** as `next`.
    #[track_caller]
    pub fn next_with_id(&mut self) -> GroupNextWithId<'_, T> {
        GroupNextWithId::new(self, Location::caller())
    }

    /// The result of a task that has ended already, without waiting.
    pub fn next_if_ended(&mut self) -> Option<Result<T, JoinError>> {
        match self.poll_ended(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(ended) => ended.map(|(_, result)| result),
            Poll::Pending => None,
        }
    }

    /// Polls as [`next`](Self::next) does. Only the last task that polled is woken.
    #[track_caller]
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        self.poll_and_tell(cx, Location::caller()).map(|ended| ended.map(|(_, result)| result))
    }

    /// Waits for all tasks, and returns their outputs in the order in which they ended.
    ///
    /// # Panics
    /// With the panic of the first task that panicked, and where a task was aborted. The others are
    /// cancelled then.
    ///
    /// **Cancel safety:** dropping the future cancels the tasks; what had ended is lost.
    #[track_caller]
    pub fn join_all(self) -> JoinAll<T> {
        JoinAll::new(self, Location::caller())
    }

    /// Cancels all tasks at once; the future waits until each of them has ended and its future is
    /// dropped. Results, panics too, are dropped.
    ///
    /// Closures of [`spawn_blocking`](Self::spawn_blocking) that have begun are waited for.
    ///
    /// **Cancel safety:** the tasks are cancelled by the call; dropping the future only ends the
    /// waiting, and a second call goes on with it.
    ///
    /// # Examples
    /// ```
    /// use cortado_core::{Runtime, TaskGroup};
    ///
    /// Runtime::new()?.block_on(async {
    ///     let mut group = TaskGroup::<()>::new();
    ///     group.spawn(std::future::pending());
    ///     group.shutdown().await;
    ///     assert!(group.is_empty());
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn shutdown(&mut self) -> Shutdown<'_, T> {
        self.abort_all();
        Shutdown::new(self, Location::caller())
    }

    fn poll_and_tell(
        &mut self,
        cx: &mut Context<'_>,
        location: &'static Location<'static>,
    ) -> Poll<Option<(TaskId, Result<T, JoinError>)>> {
        let progress = ready!(turn::proceed(cx, location));
        let polled = self.poll_ended(cx);
        if polled.is_ready() {
            progress.made();
        } else {
            let object = &mut self.object;
            emit(|| Event::TaskWaits {
                task: turn::task(),
                why: Wait::Group,
                object: Some(*object.get_or_insert_with(ObjectId::next)),
                location,
            });
        }
        polled
    }

    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<Option<(TaskId, Result<T, JoinError>)>> {
        loop {
            if let Some(task) = &mut self.failing {
                let (id, joined) = (task.id(), ready!(task.poll_quietly(cx)));
                self.failing = None;
                return Poll::Ready(Some((id, Err(failure(joined)))));
            }
            if let Some(Ended { key, output }) = self.arrived.pop_front() {
                let task = self.members.remove(key);
                match output {
                    Some(output) => return Poll::Ready(Some((task.id(), Ok(output)))),
                    None => self.failing = Some(task),
                }
            } else if self.members.is_empty() {
                return Poll::Ready(None);
            } else {
                self.deliveries.listen(cx.waker());
                self.arrived.extend(self.deliveries.take_all());
                if self.arrived.is_empty() {
                    return Poll::Pending;
                }
            }
        }
    }
}

fn failure(joined: Result<(), JoinError>) -> JoinError {
    match joined {
        Err(error) => error,
        Ok(()) => cortado_probe::stop("D1", "a task of a group returned without an output"),
    }
}

impl<T, E> TaskGroup<Result<T, E>> {
    /// Waits for the task that ends next, as [`next`](Self::next), and cancels the rest where it
    /// failed: with an error of its own, a panic, or by `abort`. `Ok(None)` where there is no task.
    ///
    /// The ends of the cancelled tasks still come; [`shutdown`](Self::shutdown) waits for them.
    ///
    /// **Cancel safety:** as `next`.
    #[track_caller]
    pub fn try_next(&mut self) -> TryNext<'_, T, E> {
        TryNext::new(self, Location::caller())
    }

    /// Waits for all tasks, and returns their outputs in the order in which they ended. At the
    /// first one that fails the others are cancelled; when they have ended too, its error is
    /// returned.
    ///
    /// # Errors
    /// That of the first task that failed.
    ///
    /// **Cancel safety:** dropping the future cancels the tasks; what had ended is lost.
    ///
    /// # Examples
    /// ```
    /// use cortado_core::{GroupError, Runtime, TaskGroup};
    ///
    /// let result = Runtime::new()?.block_on(async {
    ///     let mut group = TaskGroup::new();
    ///     group.spawn(async { "12".parse::<u32>() });
    ///     group.spawn(async { "a dozen".parse::<u32>() });
    ///     group.spawn(std::future::pending());
    ///     group.try_join_all().await
    /// });
    /// assert!(matches!(result, Err(GroupError::Failed(error)) if error.to_string().contains("digit")));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn try_join_all(self) -> TryJoinAll<T, E> {
        TryJoinAll::new(self, Location::caller())
    }
}

impl<T> Default for TaskGroup<T> {
    fn default() -> TaskGroup<T> {
        TaskGroup::new()
    }
}

impl<T> Drop for TaskGroup<T> {
    fn drop(&mut self) {
        self.abort_all();
    }
}

/// The results in the order in which the tasks end. It ends where the group has no task, and goes
/// on where one is added after that.
impl<T> Stream for TaskGroup<T> {
    type Item = Result<T, JoinError>;

    #[track_caller]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<T> fmt::Debug for TaskGroup<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskGroup").field("len", &self.len()).finish_non_exhaustive()
    }
}
