//! Timeout: a future with a deadline at which it is given up.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::instant::Instant;
use super::sleep::{Sleep, sleep, sleep_until};

/// Runs `future`, but for no longer than `duration`.
///
/// The future is polled before the clock is looked at, so one that is ready at once wins even over
/// a duration of zero.
///
/// **Cancel safety:** dropping the `Timeout` drops the future, which is as good as the future's own
/// drop. The same happens at the deadline; pass `&mut future` to keep it.
///
/// # Panics
/// Outside of a runtime.
///
/// ```
/// use std::time::Duration;
/// use cortado_core::{Runtime, time::timeout};
///
/// # fn main() -> std::io::Result<()> {
/// Runtime::new()?.block_on(async {
///     assert_eq!(timeout(Duration::from_secs(1), async { 3 }).await, Ok(3));
///     assert!(timeout(Duration::from_millis(1), std::future::pending::<()>()).await.is_err());
/// });
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    Timeout { future: future.into_future(), sleep: sleep(duration) }
}

/// Runs `future`, but gives up at `deadline`. See [`timeout`].
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub fn timeout_at<F: IntoFuture>(
    deadline: impl Into<Instant>,
    future: F,
) -> Timeout<F::IntoFuture> {
    Timeout { future: future.into_future(), sleep: sleep_until(deadline) }
}

pin_project! {
    /// The future of [`timeout`] and [`timeout_at`].
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct Timeout<F> {
        #[pin]
        future: F,
        sleep: Sleep,
    }
}

impl<F> Timeout<F> {
    /// The future that runs.
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future that runs.
    pub fn get_mut(&mut self) -> &mut F {
        &mut self.future
    }

    /// The future, without its deadline.
    pub fn into_inner(self) -> F {
        self.future
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        this.sleep.poll_quietly(cx).map(|()| Err(Elapsed(())))
    }
}

/// The deadline of a [`Timeout`] came before its future was ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline came before the future was ready")
    }
}

impl Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, elapsed)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::future::{Future, pending, ready};
    use std::io;
    use std::panic::Location;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};
    use std::time::{Duration, Instant};

    use super::{Elapsed, Timeout};
    use crate::poller::Poller;
    use crate::seam::SystemClock;
    use crate::timer::sleep::Sleep;
    use crate::timer::stash;

    fn within<F: Future>(deadline: Instant, future: F) -> Timeout<F> {
        let poller = Poller::new(Arc::new(SystemClock), false).expect("a poller can be made");
        let means = stash::take(&Arc::new(poller));
        Timeout { future, sleep: Sleep::new(means, deadline.into(), Location::caller()) }
    }

    fn poll<F: Future>(future: F) -> Poll<F::Output> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn what_is_ready_wins_over_a_past_deadline() {
        let now = Instant::now();
        assert_eq!(poll(within(now, ready(7))), Poll::Ready(Ok(7)));
        assert_eq!(poll(within(now, pending::<()>())), Poll::Ready(Err(Elapsed(()))));
        let later = now + Duration::from_secs(3600);
        assert_eq!(poll(within(later, pending::<()>())), Poll::Pending);
    }

    #[test]
    fn error_says_what_happened() {
        let error = io::Error::from(Elapsed(()));
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(error.to_string(), "the deadline came before the future was ready");
    }
}
