//! The waker of a task: a counted reference behind std's table of functions.
//!
//! The invariants T1 to T6 stand in the essay of the parent module.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::cell::{Header, Task};
use super::runnable::Runnable;

static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// A waker that owns no reference of its own, and lives no longer than the runnable that does.
pub(super) struct Borrowed<'a> {
    waker: ManuallyDrop<Waker>,
    _runnable: &'a Runnable,
}

impl Deref for Borrowed<'_> {
    type Target = Waker;

    fn deref(&self) -> &Waker {
        &self.waker
    }
}

/// The waker for one poll: making it touches no counter.
pub(super) fn borrowed(runnable: &Runnable) -> Borrowed<'_> {
    // SAFETY: T4 (the runnable's reference outlives the borrow, and the waker is never dropped).
    let waker = unsafe { Waker::from_raw(raw(runnable.ptr())) };
    Borrowed { waker: ManuallyDrop::new(waker), _runnable: runnable }
}

fn raw(header: NonNull<Header>) -> RawWaker {
    RawWaker::new(header.as_ptr().cast_const().cast(), &TABLE)
}

/// # Safety
/// `data` is the pointer of a waker that is alive during the returned value's life.
unsafe fn task(data: *const ()) -> ManuallyDrop<Task> {
    let header = data.cast_mut().cast::<Header>();
    // SAFETY: T4 (the waker owns a reference, or borrows that of a runnable; never null).
    ManuallyDrop::new(unsafe { Task::from_ptr(NonNull::new_unchecked(header)) })
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: T4 (called on a live waker only).
    let task = unsafe { task(data) };
    raw(Task::clone(&task).into_ptr())
}

unsafe fn wake(data: *const ()) {
    // SAFETY: T4 (the waker's reference passes to `wake`).
    ManuallyDrop::into_inner(unsafe { task(data) }).wake();
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: T4 (called on a live waker only).
    unsafe { task(data) }.wake_by_ref();
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: T4 (the waker's reference ends here).
    drop(ManuallyDrop::into_inner(unsafe { task(data) }));
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::future::Future;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::pin::pin;
    use std::ptr;
    use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

    use crate::Runtime;

    static NO_CLONES: RawWakerVTable =
        RawWakerVTable::new(|_| panic!("in clone"), |_| (), |_| (), |_| ());

    /// The panic arrives at whoever polls the handle, and the handle is as it was before.
    #[test]
    fn a_join_waker_may_panic_in_its_clone() {
        let runtime = Runtime::single().expect("a runtime");
        let (open, opened) = std::sync::mpsc::channel();
        let mut handle = pin!(runtime.handle().spawn(async move { opened.recv() }));
        // SAFETY: T4 does not apply: this waker's functions use no data.
        let waker = unsafe { Waker::from_raw(RawWaker::new(ptr::null(), &NO_CLONES)) };
        let mut context = Context::from_waker(&waker);
        let polled = catch_unwind(AssertUnwindSafe(|| handle.as_mut().poll(&mut context)));
        assert!(polled.is_err());
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(handle.as_mut().poll(&mut context), Poll::Pending));
        open.send(7).expect("the task waits");
        assert_eq!(runtime.block_on(handle).expect("it returns"), Ok(7));
    }
}
