//! Interval: a timer that fires again and again, at times that do not drift.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use cortado_probe::Wait;
use futures_core::Stream;

use super::instant::Instant;
use super::sleep::{Sleep, later};
use super::stash;
use crate::tuning::DELAY_TOLERANCE;

/// Ticks now, and then once every `period`. See [`Interval`].
///
/// # Panics
/// Outside of a runtime, and where `period` is zero.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use cortado_core::{Builder, time};
///
/// Builder::new().start_paused(true).build_single()?.block_on(async {
///     let start = time::Instant::now();
///     let mut interval = time::interval(Duration::from_secs(60));
///     for minutes in 0..3 {
///         assert_eq!(interval.tick().await, start + Duration::from_secs(60 * minutes));
///     }
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(Instant::now(), period)
}

/// Ticks at `start`, and then once every `period`. See [`Interval`].
///
/// # Panics
/// As [`interval`].
#[track_caller]
pub fn interval_at(start: impl Into<Instant>, period: Duration) -> Interval {
    assert!(!period.is_zero(), "the period of an interval must be longer than zero");
    let location = Location::caller();
    let sleep = Sleep::new(stash::here(), start.into(), location);
    Interval { sleep, period, behavior: MissedTickBehavior::default(), location }
}

/// What an [`Interval`] does about ticks that came while nobody awaited them.
///
/// With a period of 50 ms, and 120 ms of work after the tick at 0:
///
/// | behaviour | ticks |
/// |---|---|
/// | `Burst` | 0, then 50 and 100 at once at 120, 150, 200 |
/// | `Delay` | 0, then 50 at 120, 170, 220 |
/// | `Skip` | 0, then 50 at 120, 150, 200 |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MissedTickBehavior {
    /// Every tick comes, the missed ones one after the other at once, until the interval is up to
    /// date.
    #[default]
    Burst,
    /// The next tick comes one period after the late one. A tick counts as late from 5 ms on, or
    /// from one period where that is shorter.
    Delay,
    /// Missed ticks are left out; the others stay at multiples of the period.
    Skip,
}

impl MissedTickBehavior {
    /// When the tick after the one of `tick` comes, if it is `now`.
    fn next(self, tick: Instant, now: Instant, period: Duration) -> Instant {
        let late = now.duration_since(tick);
        match self {
            MissedTickBehavior::Delay if late > DELAY_TOLERANCE.min(period) => later(now, period),
            MissedTickBehavior::Skip => {
                let into = late.as_nanos() % period.as_nanos();
                let (secs, nanos) = (into / 1_000_000_000, into % 1_000_000_000);
                let into = Duration::new(secs as u64, nanos as u32);
                later(tick, (late - into).saturating_add(period))
            }
            MissedTickBehavior::Burst | MissedTickBehavior::Delay => later(tick, period),
        }
    }
}

/// Ticks once a period; made by [`interval`] and [`interval_at`].
///
/// A tick is never early, and its lateness does not add up. What happens to ticks that nobody
/// awaited in time is chosen by [`set_missed_tick_behavior`](Self::set_missed_tick_behavior).
/// It is a [`Stream`] too, which never ends.
#[must_use = "an interval ticks only where it is awaited"]
pub struct Interval {
    sleep: Sleep,
    period: Duration,
    behavior: MissedTickBehavior,
    location: &'static Location<'static>,
}

impl Interval {
    /// Waits for the next tick; the time at which it was due.
    ///
    /// **Cancel safety:** the interval goes on to its next tick only in the poll that returns this
    /// one, so no tick is lost where the future is dropped.
    #[track_caller]
    pub fn tick(&mut self) -> Tick<'_> {
        Tick { interval: self, location: Location::caller() }
    }

    /// Polls as [`tick`](Self::tick) does.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        let location = self.location;
        self.poll_and_tell(cx, location)
    }

    fn poll_and_tell(
        &mut self,
        cx: &mut Context<'_>,
        location: &'static Location<'static>,
    ) -> Poll<Instant> {
        ready!(self.sleep.poll_for(cx, Wait::Interval, location));
        let tick = self.sleep.deadline();
        self.sleep.reset(self.behavior.next(tick, self.sleep.now(), self.period));
        Poll::Ready(tick)
    }

    /// The next tick comes one period from now.
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// The next tick comes now.
    pub fn reset_immediately(&mut self) {
        self.reset_after(Duration::ZERO);
    }

    /// The next tick comes so much later than now.
    pub fn reset_after(&mut self, after: Duration) {
        self.sleep.reset(later(self.sleep.now(), after));
    }

    /// The next tick comes at `deadline`.
    pub fn reset_at(&mut self, deadline: impl Into<Instant>) {
        self.sleep.reset(deadline);
    }

    /// The time between two ticks.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// What happens to missed ticks.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.behavior
    }

    /// Chooses what happens to missed ticks. Without this, it is `Burst`.
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.behavior = behavior;
    }
}

impl Stream for Interval {
    type Item = Instant;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Instant>> {
        self.poll_tick(cx).map(Some)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval")
            .field("period", &self.period)
            .field("missed_tick_behavior", &self.behavior)
            .field("next", &self.sleep.deadline())
            .finish()
    }
}

/// The future of [`Interval::tick`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Tick<'a> {
    interval: &'a mut Interval,
    location: &'static Location<'static>,
}

impl Future for Tick<'_> {
    type Output = Instant;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Instant> {
        let location = self.location;
        let tick = ready!(self.interval.poll_and_tell(cx, location));
        Poll::Ready(tick)
    }
}
