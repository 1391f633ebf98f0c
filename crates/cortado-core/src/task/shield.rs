//! Calling users' code where a panic has nobody to go to: a waker, the drop of an output or of a
//! panic's payload. It must not end a worker, nor leave a transition half done.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls `call`; a panic goes no further.
pub(crate) fn shielded(call: impl FnOnce()) {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(discard);
}

/// Drops what a panic brought. Its drop is users' code as well; what that panics with is leaked,
/// or there would be no end.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    catch_unwind(AssertUnwindSafe(|| drop(payload))).unwrap_or_else(mem::forget);
}
