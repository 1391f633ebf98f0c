//! Waiting for what the kernel does not report: trying again after a pause that grows.

use std::panic::Location;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use cortado_core::time::{Sleep, sleep};
use cortado_probe::Wait;

/// See the module.
#[derive(Debug)]
pub(crate) struct Pause {
    first: Duration,
    longest: Duration,
    length: Duration,
    sleep: Option<Sleep>,
}

impl Pause {
    pub(crate) fn new(first: Duration, longest: Duration) -> Pause {
        Pause { first, longest, length: Duration::ZERO, sleep: None }
    }

    /// Begins a pause, twice as long as the one before.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub(crate) fn begin(&mut self) {
        self.length = (self.length * 2).clamp(self.first, self.longest);
        self.sleep = Some(sleep(self.length));
    }

    /// What was waited for has come: the next pause is short again.
    pub(crate) fn forget(&mut self) {
        self.length = Duration::ZERO;
    }

    /// Ready where no pause is under way.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        why: Wait,
        location: &'static Location<'static>,
    ) -> Poll<()> {
        if let Some(sleep) = &mut self.sleep {
            ready!(sleep.poll_for(cx, why, location));
            self.sleep = None;
        }
        Poll::Ready(())
    }
}
