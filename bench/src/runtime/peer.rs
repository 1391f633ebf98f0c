//! What a runtime must be able to do to take part: the cases are written once, over this trait, and
//! compiled for each runtime, so that no contender pays for the comparison.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use super::meeting::Meeting;

/// Workers of every contender that has several.
pub(super) const WORKERS: usize = 2;

/// A runtime.
pub(super) trait Peer: Sized + 'static {
    /// The end of a task.
    type Handle: Future<Output: Fine> + Send + Unpin + 'static;

    /// A channel over which its tasks meet.
    type Meeting: Meeting;

    /// Starts it.
    fn start() -> Self;

    /// Runs a future on this thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Spawns from outside.
    fn spawn_remote<F: Future<Output = ()> + Send + 'static>(&self, future: F) -> Self::Handle;

    /// Spawns from inside of a task or of `block_on`.
    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle;

    /// Lets the task go on without its handle.
    fn detach(handle: Self::Handle);

    fn yield_now() -> impl Future<Output = ()> + Send;

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static;
}

/// What a task returned, where that may be a failure.
pub(super) trait Fine {
    fn check(self);
}

impl Fine for () {
    fn check(self) {}
}

impl<E: Debug> Fine for Result<(), E> {
    fn check(self) {
        self.expect("a task of the benchmark failed");
    }
}

/// Awaits all handles, in order.
pub(super) async fn join_all<H: Future<Output: Fine>>(handles: impl IntoIterator<Item = H>) {
    for handle in handles {
        handle.await.check();
    }
}
