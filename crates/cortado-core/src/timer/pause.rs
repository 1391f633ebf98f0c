//! The clock that stands: time for tests, which goes on only when nothing else can.
//!
//! Beside the runtime's clock there are two numbers: where time stands, if it does, and how far the
//! runtime's time is from the clock's after it stood. Only the thread of an event loop changes
//! them; any thread may read them. The event loop asks `Timers::skip` to go to the next deadline
//! once nothing is ready and no closure is on the blocking pool; each closure holds the clock by a
//! `Held`, whose drop tells a poller that waits.
//!
//! Why the last closure's end is not missed: the event loop stops the clock and then counts the
//! closures; the closure takes itself off the count and then looks whether the clock stands. All
//! four are sequentially consistent, so one of the two sees what the other did. A look without
//! waiting may take the notification, so the closures are counted once more before each wait
//! (`Timers::until`).

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cortado_probe::Wait;

use crate::context;
use crate::poller::{self, Poller};
use crate::single;

/// The value of `stands_at` while time passes.
const PASSES: u64 = u64::MAX;

/// How the runtime's time differs from its clock's.
pub(super) struct Pause {
    /// Where time stands, in nanoseconds from the clock's start, or `PASSES`.
    stands_at: AtomicU64,
    /// Nanoseconds by which the runtime's time is later, as the bits of an `i64`.
    shift: AtomicU64,
    /// Closures on the blocking pool: while there are any, time that stands is not moved.
    holds: AtomicUsize,
}

impl Pause {
    pub(super) fn new() -> Pause {
        let zero = || AtomicU64::new(0);
        Pause { stands_at: AtomicU64::new(PASSES), shift: zero(), holds: AtomicUsize::new(0) }
    }

    /// Where time stands; none while it passes.
    pub(super) fn stands_at(&self) -> Option<u64> {
        Some(self.stands_at.load(SeqCst)).filter(|at| *at != PASSES)
    }

    /// Nanoseconds to add to the clock's while time passes.
    pub(super) fn shift(&self) -> i64 {
        self.shift.load(Relaxed).cast_signed()
    }

    pub(super) fn stop_at(&self, ns: u64) {
        self.stands_at.store(ns.min(PASSES - 1), SeqCst);
    }

    /// Time passes from where it stood; the clock says `clock_ns` now.
    pub(super) fn go_on(&self, clock_ns: u64) {
        if let Some(at) = self.stands_at() {
            self.shift.store(at.wrapping_sub(clock_ns), Relaxed);
            self.stands_at.store(PASSES, SeqCst);
        }
    }

    pub(super) fn is_held(&self) -> bool {
        self.holds.load(SeqCst) > 0
    }
}

/// A closure is on the blocking pool. See `Pause`.
pub(crate) struct Held(Arc<Poller>);

impl Held {
    pub(crate) fn new(poller: &Arc<Poller>) -> Held {
        poller.timers().pause.holds.fetch_add(1, Relaxed);
        Held(poller.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let pause = &self.0.timers().pause;
        // What the closure did comes before this too; who reads 0 sees it.
        if pause.holds.fetch_sub(1, SeqCst) == 1 && pause.stands_at().is_some() {
            self.0.notify();
        }
    }
}

/// Stops the clock of the current event loop.
///
/// From here on time goes on in jumps. When no task is ready, no descriptor is, and no closure runs
/// on the blocking pool, the clock goes to the next deadline of a timer at once. So a test of an
/// hour's timeout takes no time, and every run has the same times. [`advance`] moves the clock by
/// hand. What is outside does not count: a task that waits for a socket whose other end is another
/// process does not hold the clock.
///
/// A clock that stands already is left as it is. [`Builder::start_paused`](crate::Builder::start_paused)
/// stops it from the start.
///
/// # Panics
/// Anywhere but inside of [`LocalRuntime::block_on`](crate::LocalRuntime::block_on): with several
/// threads there is no moment at which nothing else can happen.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use cortado_core::{Runtime, time};
///
/// Runtime::single()?.block_on(async {
///     time::pause();
///     let start = time::Instant::now();
///     time::sleep(Duration::from_secs(3600)).await;
///     assert_eq!(start.elapsed(), Duration::from_secs(3600));
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn pause() {
    own_poller("pause").timers().pause();
}

/// Lets the clock of the current event loop run again, from where it stands. One that runs is left
/// as it is.
///
/// # Panics
/// As [`pause`].
#[track_caller]
pub fn resume() {
    own_poller("resume").timers().resume();
}

/// Moves a clock that stands by `duration`, and fires the timers that are due then. The caller
/// gives its turn up once, so that their tasks can run.
///
/// Timers between now and then all see the end of the jump; where each is to see its own time,
/// await a [`sleep`](super::time::sleep()) instead, before which all earlier ones fire one by one.
///
/// **Cancel safety:** the clock moves at the first poll; a drop after that loses only the turn.
///
/// # Panics
/// As [`pause`], also where it is polled in another runtime; and at the first poll where the clock runs.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use cortado_core::{Runtime, spawn, time};
///
/// Runtime::single()?.block_on(async {
///     time::pause();
///     let nap = spawn(time::sleep(Duration::from_secs(5)));
///     cortado_core::yield_now().await;
///     time::advance(Duration::from_secs(4)).await;
///     assert!(!nap.is_finished());
///     time::advance(Duration::from_secs(1)).await;
///     assert!(nap.is_finished());
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn advance(duration: Duration) -> Advance {
    let poller = own_poller("advance");
    Advance { poller, duration: Some(duration), location: Location::caller() }
}

/// The future of [`advance`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct Advance {
    poller: Arc<Poller>,
    duration: Option<Duration>,
    location: &'static Location<'static>,
}

impl Future for Advance {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(duration) = self.duration.take() else { return Poll::Ready(()) };
        if !Arc::ptr_eq(&self.poller, &own_poller("advance")) {
            panic!(
                "`time::advance` is awaited in another runtime than the one whose clock it moves"
            );
        }
        if !self.poller.timers().jump(duration) {
            panic!("`time::advance` on a clock that runs: call `time::pause` first");
        }
        let mut ready: Vec<Waker> = Vec::new();
        self.poller.turn(poller::Wait::Not, &mut ready, || true);
        ready.into_iter().for_each(context::wake);
        cx.waker().wake_by_ref();
        context::waits(Wait::Advance, self.location);
        Poll::Pending
    }
}

impl std::fmt::Debug for Advance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Advance").field("duration", &self.duration).finish_non_exhaustive()
    }
}

/// The poller of the event loop that runs on this thread.
#[track_caller]
fn own_poller(what: &str) -> Arc<Poller> {
    match single::current_loop() {
        Some(shared) => shared.resources().poller().clone(),
        None => panic!(
            "`time::{what}` outside of an event loop: only the clock of one thread can stand. Call \
             it inside of the `block_on` of a runtime made by `Runtime::single`"
        ),
    }
}
