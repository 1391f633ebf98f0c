//! Blocking a plain thread on a future.
//!
//! Each thread keeps one `Sleeper`, whose waker is handed to every future that the thread blocks
//! on. It holds at most one token: waking puts it there, sleeping takes it. The thread looks for
//! the token for a short while before it parks, because a hand-over between two running threads is
//! shorter than parking; how long is learned from whether looking has paid lately.
//!
//! The thread parks by std's `park`, whose own token others may use as well. So a return from it
//! proves nothing, and only the token of the `Sleeper` ends a sleep.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::hint::spin_loop;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use cortado_probe::turn;

use crate::shim::atomic::{AtomicBool, Ordering};
use crate::shim::{SPINS, thread};
use crate::tuning::{SPIN_LEAST, SPIN_MOST, SPIN_TRY_EVERY, SPIN_YIELDS};

/// The deadline came first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline passed before the operation could finish")
    }
}

impl std::error::Error for TimedOut {}

/// Blocks the current thread on any waiting operation: each future of this crate has these three
/// forms beside `.await`.
///
/// They are for plain threads. On a worker of a runtime they keep every other task of that worker
/// waiting: await the future there, or block inside of `spawn_blocking`.
///
/// Where the deadline passes, the future is dropped, with the effect that its documentation states
/// under *cancel safety*.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use cortado_sync::{Blocking, Mutex};
///
/// let mutex = Mutex::new(1);
/// let mut guard = mutex.lock().wait();
/// *guard += 1;
/// assert!(mutex.lock().wait_timeout(Duration::from_millis(1)).is_err());
/// drop(guard);
/// assert_eq!(*mutex.lock().wait(), 2);
/// ```
pub trait Blocking: IntoFuture + Sized {
    /// Blocks until the operation has finished.
    fn wait(self) -> Self::Output {
        match block_on(self.into_future(), None) {
            Ok(output) => output,
            Err(TimedOut) => unreachable!("without a deadline there is no timeout"),
        }
    }

    /// Blocks until the operation has finished, or until `deadline`.
    ///
    /// An operation that can finish at once does so, also where the deadline lies in the past.
    ///
    /// # Errors
    /// [`TimedOut`] where the deadline came first.
    fn wait_deadline(self, deadline: Instant) -> Result<Self::Output, TimedOut> {
        block_on(self.into_future(), Some(deadline))
    }

    /// Blocks until the operation has finished, or until `timeout` from now on has passed. A
    /// timeout too long for the clock is none.
    ///
    /// # Errors
    /// [`TimedOut`] where the timeout came first.
    fn wait_timeout(self, timeout: Duration) -> Result<Self::Output, TimedOut> {
        block_on(self.into_future(), Instant::now().checked_add(timeout))
    }
}

impl<F: IntoFuture> Blocking for F {}

/// Where one thread sleeps.
pub(crate) struct Sleeper {
    woken: AtomicBool,
    thread: thread::Thread,
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Only the first wake-up since the last sleep has to do with the thread.
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.thread.unpark();
        }
    }
}

impl Sleeper {
    pub(crate) fn new() -> Arc<Sleeper> {
        Arc::new(Sleeper { woken: AtomicBool::new(false), thread: thread::current() })
    }

    fn take_token(&self) -> bool {
        self.woken.load(Ordering::Relaxed) && self.woken.swap(false, Ordering::AcqRel)
    }

    /// Sleeps until the token is there and takes it; false where the deadline came first.
    pub(crate) fn sleep(&self, deadline: Option<Instant>) -> bool {
        while !self.take_token() {
            let Some(deadline) = deadline else {
                thread::park();
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return self.take_token();
            }
            thread::park_timeout(left);
        }
        true
    }
}

/// What a thread keeps between two calls.
struct Kept {
    sleeper: Arc<Sleeper>,
    waker: Waker,
    /// How often it looks before it parks.
    spins: u32,
    /// Counts its sleeps: now and then it tries whether looking longer would pay.
    sleeps: u32,
}

impl Kept {
    fn new() -> Kept {
        let sleeper = Sleeper::new();
        Kept { waker: Waker::from(sleeper.clone()), sleeper, spins: SPIN_MOST, sleeps: 0 }
    }

    fn sleep(&mut self, deadline: Option<Instant>) -> bool {
        let before_park = may_spin() && self.look();
        before_park || self.sleeper.sleep(deadline)
    }

    /// Looks for the token for a while, and learns from it how long to look. Whoever is to wake this
    /// thread may need its core: then the token comes with a yield, and looking has not paid.
    fn look(&mut self) -> bool {
        self.sleeps = self.sleeps.wrapping_add(1);
        let spins = if self.sleeps.is_multiple_of(SPIN_TRY_EVERY) { SPIN_MOST } else { self.spins };
        let paid = (0..spins).any(|_| {
            spin_loop();
            self.sleeper.take_token()
        });
        self.spins = if paid { SPIN_MOST } else { (self.spins / 2).max(SPIN_LEAST) };
        paid || (0..SPIN_YIELDS).any(|_| {
            std::thread::yield_now();
            self.sleeper.take_token()
        })
    }
}

thread_local! {
    /// Empty while the thread blocks: a future that blocks inside of its poll needs its own.
    static KEPT: Cell<Option<Kept>> = const { Cell::new(None) };
}

/// On one CPU nobody can wake the thread while it spins.
fn may_spin() -> bool {
    // A plain atomic: ThreadSanitizer cannot see into std's `OnceLock`.
    use std::sync::atomic::{AtomicUsize, Ordering};
    static CPUS: AtomicUsize = AtomicUsize::new(0);
    if !SPINS {
        return false;
    }
    let mut cpus = CPUS.load(Ordering::Relaxed);
    if cpus == 0 {
        cpus = std::thread::available_parallelism().map_or(1, usize::from);
        CPUS.store(cpus, Ordering::Relaxed);
    }
    cpus > 1
}

/// Polls `future` on this thread, which sleeps in between, until the deadline.
///
/// # Errors
/// `TimedOut` where the future was not ready at the deadline; it is dropped then.
pub(crate) fn block_on<F: Future>(
    future: F,
    deadline: Option<Instant>,
) -> Result<F::Output, TimedOut> {
    let mut future = pin!(future);
    let mut kept = KEPT.try_with(Cell::take).ok().flatten().unwrap_or_else(Kept::new);
    let output = turn::without_limit(|| {
        loop {
            let mut context = Context::from_waker(&kept.waker);
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Ok(output);
            }
            if !kept.sleep(deadline) {
                return Err(TimedOut);
            }
        }
    });
    // A token that is left makes the next sleep shorter and no more. A thread that is ending has
    // nowhere to keep it.
    let _ = KEPT.try_with(|cell| cell.set(Some(kept)));
    output
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_during_the_poll_is_not_lost() {
        let mut polls = 0;
        let output = std::future::poll_fn(|context| {
            polls += 1;
            context.waker().wake_by_ref();
            if polls < 1_000 { Poll::Pending } else { Poll::Ready(polls) }
        })
        .wait();
        assert_eq!(output, 1_000);
    }

    #[test]
    fn a_deadline_in_the_past_polls_once() {
        let past = Instant::now();
        assert_eq!(std::future::ready(1).wait_deadline(past), Ok(1));
        assert_eq!(std::future::pending::<()>().wait_deadline(past), Err(TimedOut));
        assert_eq!(std::future::ready(1).wait_timeout(Duration::MAX), Ok(1));
    }

    #[test]
    fn blocking_inside_of_a_blocked_poll_has_a_sleeper_of_its_own() {
        let output = std::future::poll_fn(|outer| {
            let mut polled = false;
            let inner = std::future::poll_fn(|inner| {
                assert!(!inner.waker().will_wake(outer.waker()));
                inner.waker().wake_by_ref();
                if std::mem::replace(&mut polled, true) { Poll::Ready(7) } else { Poll::Pending }
            });
            Poll::Ready(inner.wait())
        });
        assert_eq!(output.wait(), 7);
    }

    #[test]
    fn tokens_of_others_do_not_end_a_sleep() {
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut polls = 0;
            std::future::poll_fn(move |context| {
                polls += 1;
                tell.send(context.waker().clone()).expect("the test listens");
                if polls < 2 { Poll::Pending } else { Poll::Ready(polls) }
            })
            .wait()
        });
        let waker = told.recv().expect("polled once");
        for _ in 0..10 {
            thread.thread().unpark();
            std::thread::yield_now();
        }
        assert!(told.try_recv().is_err());
        waker.wake();
        assert_eq!(thread.join().expect("no panic"), 2);
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::Sleeper;
    use std::task::Wake;

    /// The sleeper comes back, and sees what was written before the wake-up. It is a thread that
    /// joins nobody: loom takes an unpark for the end of a join.
    #[test]
    fn loom_a_wake_up_is_never_lost() {
        loom::model(|| {
            use loom::sync::atomic::{AtomicU32, Ordering};
            let shared = loom::sync::Arc::new((AtomicU32::new(0), loom::sync::Mutex::new(None)));
            let other = shared.clone();
            let thread = loom::thread::spawn(move || {
                let sleeper = Sleeper::new();
                *other.1.lock().unwrap() = Some(sleeper.clone());
                assert!(sleeper.sleep(None));
                assert_eq!(other.0.load(Ordering::Relaxed), 1);
            });
            let sleeper = loop {
                match shared.1.lock().unwrap().clone() {
                    Some(sleeper) => break sleeper,
                    None => loom::thread::yield_now(),
                }
            };
            shared.0.store(1, Ordering::Relaxed);
            sleeper.wake();
            thread.join().unwrap();
        });
    }
}
