//! `Barrier`: a number of tasks wait for each other.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_probe::Wait;

use crate::Blocking;
use crate::report::{Identity, waits};
use crate::shim::const_constructors;
use crate::wait_list::{House, Join, Line, WaitQueue, Waited, Waiting, Wakes};

/// Lets tasks or threads go on when a number of them has come.
///
/// It can be used again and again. Exactly one of each round is told that it is the leader: the
/// one that came last.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use cortado_sync::Barrier;
///
/// let barrier = Arc::new(Barrier::new(3));
/// let threads: Vec<_> = (0..3)
///     .map(|_| {
///         let barrier = barrier.clone();
///         std::thread::spawn(move || barrier.blocking_wait().is_leader())
///     })
///     .collect();
/// let leaders = threads.into_iter().filter_map(|thread| thread.join().ok().filter(|led| *led));
/// assert_eq!(leaders.count(), 1);
/// ```
pub struct Barrier {
    size: usize,
    /// The state is how many of this round have come.
    queue: WaitQueue<Barrier>,
    identity: Identity,
}

/// How somebody passed a [`Barrier`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BarrierWaitResult {
    is_leader: bool,
}

impl BarrierWaitResult {
    /// It came last.
    pub fn is_leader(&self) -> bool {
        self.is_leader
    }
}

impl Waited for Barrier {
    type State = usize;
    type Need = ();
    /// Whether it is the leader.
    type Grant = bool;

    fn queue(&self) -> &WaitQueue<Barrier> {
        &self.queue
    }

    fn left(&self, line: &mut Line<'_, Barrier>, _need: (), _wakes: &mut Wakes) {
        *line.state() -= 1;
    }

    /// Its round is over, and it counted.
    fn give_back(&self, _need: (), _grant: bool) {}
}

impl House for Barrier {
    type Object = Barrier;

    fn object(&self) -> &Barrier {
        self
    }
}

impl Barrier {
    const_constructors! {
        /// A barrier for so many; 0 is as 1.
        pub const fn new(size: usize) -> Barrier {
            let size = if size == 0 { 1 } else { size };
            Barrier { size, queue: WaitQueue::new(0), identity: Identity::new() }
        }
    }

    /// Waits until as many have come as the barrier is for.
    ///
    /// **Cancel safety**: a future that is dropped before the round is complete has not come: it
    /// does not count. (Tokio's does.)
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Barrier, Blocking};
    /// # async fn task() {
    /// assert!(Barrier::new(1).wait().await.is_leader());
    /// # }
    /// # task().wait();
    /// ```
    #[track_caller]
    pub fn wait(&self) -> BarrierWait<'_> {
        BarrierWait { waiting: Waiting::new(self, ()), location: Location::caller() }
    }

    /// As [`wait`](Barrier::wait), blocking the thread. For plain threads; see [`Blocking`].
    #[track_caller]
    pub fn blocking_wait(&self) -> BarrierWaitResult {
        Blocking::wait(self.wait())
    }

    /// Under the lock: one more has come.
    fn arrive(&self, line: &mut Line<'_, Barrier>, wakes: &mut Wakes) -> Join<bool> {
        *line.state() += 1;
        if *line.state() < self.size {
            return Join::Back;
        }
        *line.state() = 0;
        line.grant_all(false, wakes);
        Join::No(true)
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").field("size", &self.size).finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    /// The future of [`Barrier::wait`].
    #[must_use = "futures do nothing unless they are awaited, or `Blocking::wait` is called"]
    pub struct BarrierWait<'a> {
        #[pin]
        waiting: Waiting<&'a Barrier>,
        location: &'static Location<'static>,
    }
}

impl Future for BarrierWait<'_> {
    type Output = BarrierWaitResult;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<BarrierWaitResult> {
        let mut this = self.project();
        let progress = ready!(cortado_probe::turn::proceed(context, this.location));
        let passed = match this.waiting.as_mut().is_entered() {
            true => this.waiting.as_mut().poll_granted(context),
            false => this
                .waiting
                .as_mut()
                .enter(context, |barrier, line, wakes| barrier.arrive(line, wakes)),
        };
        if passed.is_pending() {
            waits(Wait::Barrier, &this.waiting.object().identity, this.location);
        } else {
            progress.made();
        }
        passed.map(|is_leader| BarrierWaitResult { is_leader })
    }
}
