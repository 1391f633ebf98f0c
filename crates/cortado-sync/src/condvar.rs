//! `Condvar`: waiting until a value behind a mutex has changed.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use cortado_probe::Wait;

use crate::report::{Identity, waits};
use crate::shim::const_constructors;
use crate::wait_list::{End, House, Join, Line, WaitQueue, Waited, Waiting, Wakes};
use crate::{Blocking, LockMutex, Mutex, MutexGuard, TimedOut};

/// Waits until a value behind a [`Mutex`] has changed.
///
/// As with std's, a wait can end without a notification, so the condition is looked at again:
/// [`wait_while`](Condvar::wait_while) does that.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use cortado_sync::{Blocking, Condvar, Mutex};
///
/// let pair = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
/// let other = pair.clone();
/// let thread = std::thread::spawn(move || {
///     other.0.blocking_lock().push(1);
///     other.1.notify_one();
/// });
/// # async fn task(pair: Arc<(Mutex<Vec<i32>>, Condvar)>) {
/// let guard = pair.0.lock().await;
/// let filled = pair.1.wait_while(guard, |list| list.is_empty()).await;
/// assert_eq!(*filled, [1]);
/// # }
/// # task(pair).wait();
/// # thread.join().unwrap();
/// ```
pub struct Condvar {
    queue: WaitQueue<Condvar>,
    identity: Identity,
}

impl Waited for Condvar {
    type State = ();
    type Need = ();
    type Grant = End;

    fn queue(&self) -> &WaitQueue<Condvar> {
        &self.queue
    }

    fn left(&self, _line: &mut Line<'_, Condvar>, _need: (), _wakes: &mut Wakes) {}

    fn give_back(&self, _need: (), _grant: End) {
        self.notify_one();
    }
}

impl House for Condvar {
    type Object = Condvar;

    fn object(&self) -> &Condvar {
        self
    }
}

impl Condvar {
    const_constructors! {
        /// Nobody waits.
        pub const fn new() -> Condvar {
            Condvar { queue: WaitQueue::new(()), identity: Identity::new() }
        }
    }

    /// Wakes the one that waits longest. Without one, nothing happens.
    pub fn notify_one(&self) {
        let mut wakes = Wakes::default();
        let mut line = self.queue.lock();
        line.grant(End::Front, End::Front, &mut wakes);
        drop(line);
        wakes.wake();
    }

    /// Wakes all that wait.
    pub fn notify_all(&self) {
        let mut wakes = Wakes::default();
        let mut line = self.queue.lock();
        line.grant_all(End::Front, &mut wakes);
        drop(line);
        wakes.wake();
    }

    /// Releases the mutex, waits for a notification, and holds the mutex again. The mutex is
    /// released at the first poll, when the future is in line: a change that comes after that is
    /// not missed.
    ///
    /// **Cancel safety**: dropping the future leaves the mutex released; a notification that it was
    /// given goes to the next one.
    #[track_caller]
    pub fn wait<'a, T: ?Sized>(&'a self, guard: MutexGuard<'a, T>) -> ConditionWait<'a, T> {
        ConditionWait {
            mutex: MutexGuard::mutex(&guard),
            guard: Some(guard),
            waiting: Waiting::new(self, ()),
            lock: None,
            location: Location::caller(),
        }
    }

    /// Waits as long as `condition` says so, looking at the value first and after each
    /// notification.
    ///
    /// **Cancel safety**: as [`wait`](Condvar::wait).
    #[track_caller]
    pub fn wait_while<'a, T: ?Sized, F: FnMut(&mut T) -> bool>(
        &'a self,
        guard: MutexGuard<'a, T>,
        condition: F,
    ) -> ConditionWaitWhile<'a, T, F> {
        let location = Location::caller();
        ConditionWaitWhile { condvar: self, guard: Some(guard), wait: None, condition, location }
    }

    /// As [`wait`](Condvar::wait), blocking the thread. For plain threads; see [`Blocking`].
    #[track_caller]
    pub fn blocking_wait<'a, T: ?Sized>(&'a self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        Blocking::wait(self.wait(guard))
    }

    /// As [`wait_while`](Condvar::wait_while), blocking the thread.
    #[track_caller]
    pub fn blocking_wait_while<'a, T: ?Sized, F: FnMut(&mut T) -> bool>(
        &'a self,
        guard: MutexGuard<'a, T>,
        condition: F,
    ) -> MutexGuard<'a, T> {
        Blocking::wait(self.wait_while(guard, condition))
    }

    /// As [`blocking_wait`](Condvar::blocking_wait), at most for `timeout`. The mutex is held again
    /// in either case, which may take longer than the timeout.
    #[track_caller]
    pub fn blocking_wait_timeout<'a, T: ?Sized>(
        &'a self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> (MutexGuard<'a, T>, Result<(), TimedOut>) {
        let mutex = MutexGuard::mutex(&guard);
        match self.wait(guard).wait_timeout(timeout) {
            Ok(guard) => (guard, Ok(())),
            Err(timed_out) => (mutex.blocking_lock(), Err(timed_out)),
        }
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    /// The future of [`Condvar::wait`].
    #[must_use = "futures do nothing unless they are awaited, or `Blocking::wait` is called"]
    pub struct ConditionWait<'a, T: ?Sized> {
        mutex: &'a Mutex<T>,
        // Until the future is in line.
        guard: Option<MutexGuard<'a, T>>,
        #[pin]
        waiting: Waiting<&'a Condvar>,
        // From the notification on.
        #[pin]
        lock: Option<LockMutex<'a, T>>,
        location: &'static Location<'static>,
    }

    impl<T: ?Sized> PinnedDrop for ConditionWait<'_, T> {
        fn drop(this: Pin<&mut Self>) {
            // It was notified, and does not come to look at the value.
            if this.lock.is_some() {
                this.waiting.object().notify_one();
            }
        }
    }
}

impl<'a, T: ?Sized> Future for ConditionWait<'a, T> {
    type Output = MutexGuard<'a, T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<MutexGuard<'a, T>> {
        let mut this = self.project();
        if let Some(guard) = this.guard.take() {
            let joined = this.waiting.as_mut().enter(context, |_, _, _| Join::Back);
            debug_assert!(joined.is_pending(), "it joins the line in any case");
            drop(guard);
        }
        if this.lock.is_none() {
            assert!(
                this.waiting.as_mut().is_entered(),
                "the future of {} is polled after it was ready",
                this.location
            );
            if this.waiting.as_mut().poll_granted(context).is_pending() {
                waits(Wait::Condition, &this.waiting.object().identity, this.location);
                return Poll::Pending;
            }
            this.lock.set(Some(this.mutex.lock()));
        }
        let lock = this.lock.as_mut().as_pin_mut().expect("it was just put there");
        let guard = ready!(lock.poll(context));
        this.lock.set(None);
        Poll::Ready(guard)
    }
}

pin_project_lite::pin_project! {
    /// The future of [`Condvar::wait_while`].
    #[must_use = "futures do nothing unless they are awaited, or `Blocking::wait` is called"]
    pub struct ConditionWaitWhile<'a, T: ?Sized, F> {
        condvar: &'a Condvar,
        guard: Option<MutexGuard<'a, T>>,
        #[pin]
        wait: Option<ConditionWait<'a, T>>,
        condition: F,
        location: &'static Location<'static>,
    }
}

impl<'a, T: ?Sized, F: FnMut(&mut T) -> bool> Future for ConditionWaitWhile<'a, T, F> {
    type Output = MutexGuard<'a, T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<MutexGuard<'a, T>> {
        let mut this = self.project();
        loop {
            if let Some(wait) = this.wait.as_mut().as_pin_mut() {
                *this.guard = Some(ready!(wait.poll(context)));
                this.wait.set(None);
            }
            let guard = this.guard.take();
            let mut guard = guard.unwrap_or_else(|| {
                panic!("the future of {} is polled after it was ready", this.location)
            });
            if !(this.condition)(&mut guard) {
                return Poll::Ready(guard);
            }
            let mut wait = this.condvar.wait(guard);
            wait.location = this.location;
            this.wait.set(Some(wait));
        }
    }
}
