//! Waiting for what a test is about, and the end of what it began.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Waits for what must come at some time; a test that hangs is ended here.
pub(crate) fn until(what: &str, done: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(100);
    while !done() {
        assert!(Instant::now() < limit, "it did not come: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Lets the tasks that yield end, also where the test fails.
pub(crate) struct StopsOnDrop(pub(crate) Arc<AtomicBool>);

impl Drop for StopsOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
