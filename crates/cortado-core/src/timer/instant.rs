//! A point in time on the clock of the runtime.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::{self, Duration};

use crate::context;

/// A point in time on the clock of the runtime, as [`std::time::Instant`] is one on the machine's.
///
/// The two are the same unless the runtime's clock was stopped by [`pause`](super::time::pause) or
/// replaced by [`Builder::clock`](crate::Builder::clock); each turns into the other by `into`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use cortado_core::{Runtime, time};
///
/// Runtime::new()?.block_on(async {
///     let start = time::Instant::now();
///     time::sleep_until(start + Duration::from_millis(3)).await;
///     assert!(start.elapsed() >= Duration::from_millis(3));
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(time::Instant);

impl Instant {
    /// Now, on the clock of the runtime that the thread is in; outside of one, on the machine's.
    pub fn now() -> Instant {
        Instant(context::now().unwrap_or_else(time::Instant::now))
    }

    /// From std's. The same as `from`.
    pub const fn from_std(instant: time::Instant) -> Instant {
        Instant(instant)
    }

    /// As std's.
    pub const fn into_std(self) -> time::Instant {
        self.0
    }

    /// How much later this is than `earlier`; zero where it is not.
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// How much later this is than `earlier`; `None` where it is earlier.
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.0.checked_duration_since(earlier.0)
    }

    /// The same as [`duration_since`](Self::duration_since).
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// How long ago this was, by the same clock as [`now`](Self::now); zero where it is to come.
    pub fn elapsed(&self) -> Duration {
        Instant::now().duration_since(*self)
    }

    /// So much later; `None` where the type has no room for it.
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_add(duration).map(Instant)
    }

    /// So much earlier; `None` where the type has no room for it.
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_sub(duration).map(Instant)
    }
}

impl From<time::Instant> for Instant {
    fn from(instant: time::Instant) -> Instant {
        Instant(instant)
    }
}

impl From<Instant> for time::Instant {
    fn from(instant: Instant) -> time::Instant {
        instant.0
    }
}

impl PartialEq<time::Instant> for Instant {
    fn eq(&self, other: &time::Instant) -> bool {
        self.0 == *other
    }
}

/// # Panics
/// Where the type has no room for the sum.
impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, duration: Duration) -> Instant {
        Instant(self.0 + duration)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        self.0 += duration;
    }
}

/// # Panics
/// Where the type has no room for the difference.
impl Sub<Duration> for Instant {
    type Output = Instant;

    fn sub(self, duration: Duration) -> Instant {
        Instant(self.0 - duration)
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        self.0 -= duration;
    }
}

/// As [`Instant::duration_since`].
impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
