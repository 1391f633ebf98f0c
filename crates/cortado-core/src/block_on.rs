//! Running one future on a thread that is not a worker.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::context::{self, BlockingGuard};
use crate::park::Parker;

struct Unpark(Parker);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Begins a stretch in which the thread runs one future.
///
/// # Panics
/// Where it does so already, or is a worker.
pub(crate) fn begin() -> BlockingGuard {
    match context::begin_blocking() {
        Some(guard) => guard,
        None if context::is_worker() => panic!(
            "`block_on` inside of a task or a job: the worker would wait instead of serving others. \
             Await the future, or call `block_on` inside of `spawn_blocking`"
        ),
        None => panic!(
            "`block_on` inside of another `block_on` on the same thread: await the future instead"
        ),
    }
}

/// Polls `future` on this thread, which sleeps in between.
pub(crate) fn parked<F: Future>(future: F) -> F::Output {
    let _blocking = begin();
    let unpark = Arc::new(Unpark(Parker::new()));
    let waker = Waker::from(unpark.clone());
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        unpark.0.park();
    }
}
