//! `Runnable`: the right to poll a task once, and what a poll does to the task's state.
//!
//! The invariants T1 to T6 that the `SAFETY` comments cite stand in the essay of the parent module.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::task::Context;

use super::cell::{Header, Polled, Task};
use super::state::{End, Start};
use super::waker;
use crate::inbox::Linked;
use crate::shim::atomic::{AtomicPtr, AtomicU32, Ordering};

/// The right to poll a task once.
pub(crate) struct Runnable(pub(super) NonNull<Header>);

// SAFETY: T1, T4, T6 (a scheduler of tasks that are not `Send` keeps its runnables to its thread).
unsafe impl Send for Runnable {}

impl Runnable {
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: T4 (this owns a reference).
        unsafe { self.0.as_ref() }
    }

    pub(crate) fn into_raw(self) -> *mut Header {
        ManuallyDrop::new(self).0.as_ptr()
    }

    /// # Safety
    /// `raw` comes from `into_raw`, and is taken back once.
    pub(crate) unsafe fn from_raw(raw: NonNull<Header>) -> Runnable {
        Runnable(raw)
    }

    /// Polls the task. Returns it where it was woken meanwhile and must be queued again.
    ///
    /// Where `notice` is set when the poll ends, the scheduler is told before anything follows.
    pub(crate) fn run(self, notice: &AtomicU32) -> Option<Runnable> {
        self.run_and_tell_if(|| notice.load(Ordering::Relaxed) != 0)
    }

    /// As `run`, for a scheduler that never has anything to say at the end of a poll.
    pub(crate) fn run_untold(self) -> Option<Runnable> {
        self.run_and_tell_if(|| false)
    }

    fn run_and_tell_if(self, notice_is_set: impl FnOnce() -> bool) -> Option<Runnable> {
        let runnable = ManuallyDrop::new(self);
        let ptr = runnable.0;
        let table = runnable.header().table;
        match runnable.header().state.start_poll() {
            Start::Gone => return None,
            Start::Free => {
                // SAFETY: T4 (the transition gave the last reference back).
                unsafe { (table.free)(ptr) };
                return None;
            }
            // SAFETY: T1 (the transition gave us RUNNING; `true`: the runnable's reference).
            Start::Cancel => unsafe {
                (table.cancel)(ptr);
                (table.complete)(ptr, true);
                return None;
            },
            Start::Poll => {}
        }
        let waker = waker::borrowed(&runnable);
        let mut context = Context::from_waker(&waker);
        // SAFETY: T1 (RUNNING).
        let polled = unsafe { (table.poll)(ptr, &mut context) };
        if notice_is_set() {
            // SAFETY: T1 (RUNNING), T4.
            unsafe { (table.noticed)(ptr) };
        }
        if let Polled::Finished = polled {
            // SAFETY: T1 (RUNNING; the output is stored).
            unsafe { (table.complete)(ptr, true) };
            return None;
        }
        match runnable.header().state.end_poll() {
            End::Idle => None,
            End::Again => Some(Runnable(ptr)),
            // SAFETY: T4 (the transition gave the last reference back).
            End::Free => unsafe {
                (table.free)(ptr);
                None
            },
            // SAFETY: T1 (we still hold RUNNING).
            End::Cancel => unsafe {
                (table.cancel)(ptr);
                (table.complete)(ptr, true);
                None
            },
        }
    }

    /// A reference of its own to the task.
    pub(super) fn task(&self) -> Task {
        self.header().state.retain();
        // SAFETY: T4 (the reference was just made).
        unsafe { Task::from_ptr(self.0) }
    }

    /// Takes the task, which is new, into the registry; false where the runtime ends.
    pub(crate) fn admit(&self, task: Task) -> bool {
        // SAFETY: T4 (the runnable's reference).
        unsafe { (self.header().table.admit)(self.0, task) }
    }

    /// Hands it to the task's scheduler. The caller has a reference of its own.
    pub(crate) fn schedule(self) {
        let runnable = ManuallyDrop::new(self);
        // SAFETY: T4 (the runnable's reference passes on; the caller keeps another).
        unsafe { (runnable.header().table.schedule)(runnable.0) }
    }

    pub(super) fn ptr(&self) -> NonNull<Header> {
        self.0
    }
}

impl Drop for Runnable {
    /// A runnable that is dropped instead of run is the end of its task.
    fn drop(&mut self) {
        // SAFETY: T4 (this reference passes to `task`).
        let task = unsafe { Task::from_ptr(self.0) };
        task.shut_down();
    }
}

// SAFETY: T5 (a runnable is unique, and its list alone uses the link).
unsafe impl Linked for Header {
    type Handle = Runnable;

    fn into_ptr(handle: Runnable) -> NonNull<Header> {
        ManuallyDrop::new(handle).0
    }

    unsafe fn from_ptr(ptr: NonNull<Header>) -> Runnable {
        Runnable(ptr)
    }

    fn link(&self) -> &AtomicPtr<Header> {
        &self.link
    }
}
