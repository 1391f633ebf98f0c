//! Giving the turn to others.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use cortado_probe::Wait;

use crate::context;

/// Waits for the task's next turn, behind the tasks that are ready now.
///
/// **Cancel safety:** nothing is lost.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Runtime::single()?;
/// runtime.block_on(async {
///     for _ in 0..3 {
///         cortado_core::yield_now().await;
///     }
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false, location: Location::caller() }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct YieldNow {
    yielded: bool,
    location: &'static Location<'static>,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        context.waker().wake_by_ref();
        context::waits(Wait::Yield, self.location);
        Poll::Pending
    }
}
