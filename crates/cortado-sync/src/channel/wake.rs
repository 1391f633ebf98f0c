//! Waking others after the lock is released. A waker is users' code of somebody else: its panic
//! must not take away the message that the caller holds, nor leave others asleep, so it ends here,
//! after the panic hook has told of it.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Wakes the one that there is to wake.
#[inline]
pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        catch_unwind(AssertUnwindSafe(|| waker.wake())).unwrap_or_else(discard);
    }
}

/// Wakes all of them, whatever one of them does.
pub(crate) fn wake_all(wakers: Vec<Waker>) {
    wakers.into_iter().map(Some).for_each(wake);
}

/// Drops what a panic brought. Its drop is users' code as well; what that panics with is leaked,
/// or there would be no end.
#[cold]
fn discard(payload: Box<dyn Any + Send>) {
    catch_unwind(AssertUnwindSafe(|| drop(payload))).unwrap_or_else(mem::forget);
}
