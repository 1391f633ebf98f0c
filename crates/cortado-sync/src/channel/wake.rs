//! Waking others after the lock is released. A waker is users' code of somebody else: its panic
//! must not take away the message that the caller holds, nor leave others asleep, so it ends here,
//! after the panic hook has told of it.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Wakes all of them, whatever one of them does.
pub(crate) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        catch_unwind(AssertUnwindSafe(|| waker.wake())).unwrap_or_else(discard);
    }
}

/// Drops what a panic brought. Its drop is users' code as well; what that panics with is leaked,
/// or there would be no end.
fn discard(payload: Box<dyn Any + Send>) {
    catch_unwind(AssertUnwindSafe(|| drop(payload))).unwrap_or_else(mem::forget);
}
