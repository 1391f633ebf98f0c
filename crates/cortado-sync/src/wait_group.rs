//! `WaitGroup`: waiting until a changing number of others has finished.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cortado_probe::{Wait, turn};

use crate::Blocking;
use crate::report::{Identity, waits};
use crate::shim::atomic::{AtomicUsize, Ordering};
use crate::wait_list::{House, Join, Line, WaitQueue, Waited, Waiting, Wakes};

/// Waits until all its guards are gone.
///
/// Each task or thread to be waited for holds a guard. Since that is a value, it also counts when
/// its owner panics or is cancelled. Guards can be made at any time, and a group can be used again.
///
/// # Examples
/// ```
/// use cortado_sync::WaitGroup;
///
/// let group = WaitGroup::new();
/// for _ in 0..3 {
///     let guard = group.guard();
///     std::thread::spawn(move || {
///         // Work.
///         drop(guard);
///     });
/// }
/// group.blocking_wait();
/// assert_eq!(group.count(), 0);
/// ```
#[derive(Clone, Default)]
pub struct WaitGroup {
    shared: Arc<Shared>,
}

/// What a [`WaitGroup`] waits for: that this is dropped.
pub struct WaitGroupGuard {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    guards: AtomicUsize,
    queue: WaitQueue<Shared>,
    identity: Identity,
}

impl Default for Shared {
    fn default() -> Self {
        let (guards, queue) = (AtomicUsize::new(0), WaitQueue::new(()));
        Shared { guards, queue, identity: Identity::new() }
    }
}

impl Waited for Shared {
    type State = ();
    type Need = ();
    type Grant = ();

    fn queue(&self) -> &WaitQueue<Shared> {
        &self.queue
    }

    fn left(&self, _line: &mut Line<'_, Shared>, _need: (), _wakes: &mut Wakes) {}

    fn give_back(&self, _need: (), _grant: ()) {}
}

impl House for Shared {
    type Object = Shared;

    fn object(&self) -> &Shared {
        self
    }
}

impl WaitGroup {
    /// A group without guards.
    pub fn new() -> WaitGroup {
        WaitGroup::default()
    }

    /// One more to wait for.
    pub fn guard(&self) -> WaitGroupGuard {
        self.shared.guards.fetch_add(1, Ordering::Relaxed);
        WaitGroupGuard { shared: self.shared.clone() }
    }

    /// How many guards there are.
    pub fn count(&self) -> usize {
        self.shared.guards.load(Ordering::Acquire)
    }

    /// Waits until there is no guard. What was done before the guards were dropped is seen after
    /// it.
    ///
    /// **Cancel safety**: nothing is lost.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Blocking, WaitGroup};
    /// # async fn task() {
    /// let group = WaitGroup::new();
    /// drop(group.guard());
    /// group.wait().await;
    /// # }
    /// # task().wait();
    /// ```
    #[track_caller]
    pub fn wait(&self) -> WaitGroupWait<'_> {
        WaitGroupWait { waiting: Waiting::new(&self.shared, ()), location: Location::caller() }
    }

    /// As [`wait`](WaitGroup::wait), blocking the thread. For plain threads; see [`Blocking`].
    #[track_caller]
    pub fn blocking_wait(&self) {
        Blocking::wait(self.wait());
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroup").field("count", &self.count()).finish()
    }
}

impl Clone for WaitGroupGuard {
    fn clone(&self) -> Self {
        self.shared.guards.fetch_add(1, Ordering::Relaxed);
        WaitGroupGuard { shared: self.shared.clone() }
    }
}

impl Drop for WaitGroupGuard {
    fn drop(&mut self) {
        let guards = &self.shared.guards;
        let mut now = guards.load(Ordering::Relaxed);
        while now > 1 {
            let less =
                guards.compare_exchange_weak(now, now - 1, Ordering::Release, Ordering::Relaxed);
            match less {
                Ok(_) => return,
                Err(found) => now = found,
            }
        }
        let mut wakes = Wakes::default();
        // The last one goes under the lock. So who is in line here came while there was a guard, and
        // nobody who came for a guard that was made after this one is told of this one's end.
        let mut line = self.shared.queue.lock();
        if guards.fetch_sub(1, Ordering::AcqRel) == 1 {
            line.grant_all((), &mut wakes);
        }
        drop(line);
        wakes.wake();
    }
}

impl fmt::Debug for WaitGroupGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroupGuard").finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    /// The future of [`WaitGroup::wait`].
    #[must_use = "futures do nothing unless they are awaited, or `Blocking::wait` is called"]
    pub struct WaitGroupWait<'a> {
        #[pin]
        waiting: Waiting<&'a Shared>,
        location: &'static Location<'static>,
    }
}

impl Future for WaitGroupWait<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let progress = ready!(turn::proceed(context, this.location));
        let join = |shared: &Shared| match shared.guards.load(Ordering::Acquire) {
            0 => Join::No(()),
            _ => Join::Back,
        };
        let waited = match this.waiting.as_mut().is_entered() {
            true => this.waiting.as_mut().poll_granted(context),
            false => this.waiting.as_mut().enter(context, |shared, _, _| join(shared)),
        };
        match waited.is_pending() {
            true => waits(Wait::WaitGroup, &this.waiting.object().identity, this.location),
            false => progress.made(),
        }
        waited
    }
}
