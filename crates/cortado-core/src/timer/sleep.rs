//! Sleep: the future that waits for a deadline.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use cortado_probe::{Wait, turn};

use super::Timers;
use super::aim::{Aim, Stage};
use super::entry::{Armed, EntryRef, Reset};
use super::instant::Instant;
use super::stash::{self, Means};
use crate::poller::Poller;

/// Longer than the 73 years that timers reach, so it never comes.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// So much later than `from`; where the clock's type has no room for that, a time that never comes.
pub(super) fn later(from: Instant, by: Duration) -> Instant {
    from.checked_add(by).unwrap_or_else(|| from.checked_add(FAR).unwrap_or(from))
}

/// Waits for a duration from now on.
///
/// It never finishes early. A deadline more than 73 years after the runtime's start never comes, so
/// `Duration::MAX` means for ever. One that is polled for the first time when its deadline has passed
/// already may finish in the poll after that: time is read when it is made, and not once more.
///
/// **Cancel safety:** dropping it cancels the timer, and nothing else.
///
/// # Panics
/// Outside of a runtime.
///
/// # Examples
/// ```
/// use std::time::{Duration, Instant};
/// use cortado_core::{Runtime, time::sleep};
///
/// # fn main() -> std::io::Result<()> {
/// let start = Instant::now();
/// Runtime::new()?.block_on(async { sleep(Duration::from_millis(5)).await });
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    let means = stash::here();
    let aim = Aim::ahead(means.poller.timers().elapsed(), duration);
    Sleep::with(means, aim, Location::caller())
}

/// Waits until `deadline`; not at all if that is in the past. See [`sleep`].
///
/// **Cancel safety:** dropping it cancels the timer, and nothing else.
///
/// # Panics
/// Outside of a runtime.
///
/// # Examples
/// ```
/// use std::time::{Duration, Instant};
/// use cortado_core::{Runtime, time::sleep_until};
///
/// # fn main() -> std::io::Result<()> {
/// let deadline = Instant::now() + Duration::from_millis(5);
/// Runtime::new()?.block_on(async move { sleep_until(deadline).await });
/// assert!(Instant::now() >= deadline);
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn sleep_until(deadline: impl Into<Instant>) -> Sleep {
    Sleep::new(stash::here(), deadline.into(), Location::caller())
}

/// The future of [`sleep`] and [`sleep_until`].
///
/// Dropping it cancels the timer. Once it has finished it stays finished, until it is `reset`.
/// If its runtime ends while it waits, it waits for ever.
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    /// Taken at the drop.
    poller: Option<Arc<Poller>>,
    aim: Aim,
    /// One that another timer has left, or made at the first poll that has to wait; and used again
    /// after a `reset`.
    entry: Option<EntryRef>,
    location: &'static Location<'static>,
}

impl Sleep {
    pub(super) fn new(
        means: Means,
        deadline: Instant,
        location: &'static Location<'static>,
    ) -> Sleep {
        let aim = Aim::new(means.poller.timers().nanoseconds(deadline.into()), Stage::New);
        Sleep::with(means, aim, location)
    }

    fn with(means: Means, aim: Aim, location: &'static Location<'static>) -> Sleep {
        Sleep { poller: Some(means.poller), aim, entry: means.entry, location }
    }

    fn poller(&self) -> &Poller {
        self.poller.as_ref().expect("a timer has its poller until it is dropped")
    }

    /// When it finishes. What is more than 73 years from the runtime's start is told as 73 years.
    pub fn deadline(&self) -> Instant {
        self.poller().timers().instant(self.aim.nanoseconds()).into()
    }

    /// True once it has finished. A `Sleep` that was not polled yet has not.
    pub fn is_elapsed(&self) -> bool {
        match self.aim.stage() {
            Stage::New | Stage::Ahead => false,
            Stage::Waiting => self.entry.as_ref().is_some_and(|entry| entry.has_fired()),
            Stage::Elapsed => true,
        }
    }

    /// Moves the deadline, also of one that has finished.
    ///
    /// A task that waits goes on to wait, for the new deadline; to a later one this is cheap, so an
    /// idle timeout can be moved at every message. After a `reset` of one that has finished, it
    /// must be polled again to wait.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use cortado_core::{Runtime, time::sleep};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// Runtime::new()?.block_on(async {
    ///     let mut timer = sleep(Duration::from_secs(3600));
    ///     timer.reset(Instant::now() + Duration::from_millis(1));
    ///     (&mut timer).await;
    ///     assert!(timer.is_elapsed());
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn reset(&mut self, deadline: impl Into<Instant>) {
        let nanoseconds = self.poller().timers().nanoseconds(deadline.into().into());
        let waiting = self.entry.as_ref().filter(|_| self.aim.stage() == Stage::Waiting);
        let moved =
            waiting.and_then(|entry| move_armed(self.poller().timers(), entry, word(nanoseconds)));
        let stage = if moved.is_some() { Stage::Waiting } else { Stage::New };
        self.aim = Aim::new(nanoseconds, stage);
        if moved == Some(true) {
            self.poller().notify();
        }
    }

    /// Polls as the future does, for futures of other crates that wait in this one for something
    /// with a name of its own: the wait is reported for `location`, with the reason `why`.
    pub fn poll_for(
        &mut self,
        cx: &mut Context<'_>,
        why: Wait,
        location: &'static Location<'static>,
    ) -> Poll<()> {
        let progress = ready!(turn::proceed(cx, location));
        let polled = self.poll_quietly(cx);
        match polled {
            Poll::Ready(()) => progress.made(),
            Poll::Pending => crate::context::waits(why, location),
        }
        polled
    }

    /// Now, on the clock that this timer goes by.
    pub(super) fn now(&self) -> Instant {
        self.poller().timers().now().into()
    }

    /// Polls without telling the probe that a task waits here: `Timeout` waits for something else.
    pub(super) fn poll_quietly(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.aim.stage() {
            Stage::New | Stage::Ahead if self.is_due() => {}
            Stage::New | Stage::Ahead => {
                self.arm(cx);
                return Poll::Pending;
            }
            Stage::Waiting => ready!(self.poll_armed(cx)),
            Stage::Elapsed => {}
        }
        self.aim.enter(Stage::Elapsed);
        Poll::Ready(())
    }

    /// The deadline has come before the first poll. A deadline that was ahead a moment ago still is,
    /// as a rule, and where it is not the wheel finds out at once: so the clock is not read again,
    /// which would be a quarter of what a timer costs. Where time stands it costs nothing.
    fn is_due(&self) -> bool {
        let timers = self.poller().timers();
        let looks = self.aim.stage() == Stage::New || timers.is_paused();
        looks && self.aim.nanoseconds() <= timers.elapsed().cast_signed()
    }

    fn arm(&mut self, cx: &mut Context<'_>) {
        let deadline = word(self.aim.nanoseconds());
        let overslept = if let Some(entry) = &self.entry {
            arm_again(self.poller().timers(), entry, deadline, cx.waker())
        } else {
            let (entry, message) = EntryRef::armed(deadline, cx.waker().clone());
            self.entry = Some(entry);
            self.poller().timers().post(message)
        };
        // Not before: the clone of a waker may panic.
        self.aim.enter(Stage::Waiting);
        if overslept {
            self.poller().notify();
        }
    }

    fn poll_armed(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.entry {
            Some(entry) if !entry.has_fired() => {
                entry.listen(cx.waker());
                // It may have fired before it knew this waker.
                if entry.has_fired() { Poll::Ready(()) } else { Poll::Pending }
            }
            _ => Poll::Ready(()),
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let location = self.location;
        self.poll_for(cx, Wait::Sleep, location)
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let (Some(poller), Some(entry)) = (self.poller.take(), self.entry.take()) else { return };
        let waits = self.aim.stage() == Stage::Waiting;
        let is_left = if waits { entry.cancel() } else { entry.is_left() };
        if is_left {
            stash::put(poller, entry);
        }
    }
}

/// Moves the deadline of an entry that somebody waits for; nothing where the old one came first. True
/// where the poller must be notified.
pub(super) fn move_armed(timers: &Timers, entry: &EntryRef, deadline: u64) -> Option<bool> {
    match entry.reset(deadline) {
        Reset::Fired => None,
        Reset::Unread => Some(timers.is_overslept(deadline)),
        Reset::Told => Some(false),
        Reset::Post => Some(timers.post(entry.clone())),
    }
}

/// Arms an entry that was used before. True where the poller must be notified.
pub(super) fn arm_again(timers: &Timers, entry: &EntryRef, deadline: u64, waker: &Waker) -> bool {
    entry.listen(waker);
    match entry.arm(deadline) {
        Armed::Post => timers.post(entry.clone()),
        Armed::Unread => timers.is_overslept(deadline),
        Armed::Told => false,
    }
}

/// A deadline as an entry holds it.
fn word(nanoseconds: i64) -> u64 {
    nanoseconds.max(0).cast_unsigned()
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline())
            .field("is_elapsed", &self.is_elapsed())
            .finish_non_exhaustive()
    }
}
