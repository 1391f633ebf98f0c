//! The joint: the reference by which a join handle reaches its task's output.
//!
//! The invariants T1 to T6 stand in the essay of the parent module.

use std::marker::PhantomData;
use std::task::{Poll, Waker};

use super::cell::Task;
use super::join::JoinError;

/// The reference of a join handle: there is one per task, and `T` is the task's output type.
pub(crate) struct Joint<T> {
    task: Task,
    output: PhantomData<T>,
}

impl<T> Joint<T> {
    /// `task` is a task whose output type is `T`, and gets no other joint.
    pub(super) fn new(task: Task) -> Joint<T> {
        Joint { task, output: PhantomData }
    }

    pub(crate) fn task(&self) -> &Task {
        &self.task
    }

    /// Moves the output out, or leaves `waker` to be woken.
    pub(super) fn join(&mut self, waker: &Waker) -> Poll<Result<T, JoinError>> {
        if !self.task.is_complete() && self.leave_waker(waker) {
            return Poll::Pending;
        }
        // SAFETY: T2 (complete, and we are the join handle; `new_task` chose `T`).
        match unsafe { self.task.take_output() } {
            Some(output) => Poll::Ready(output),
            None => panic!("a JoinHandle was polled after it had returned the task's output"),
        }
    }

    /// True: the waker is in its slot. False: the task is complete.
    fn leave_waker(&mut self, waker: &Waker) -> bool {
        let header = self.task.header();
        let slot = self.task.join_waker();
        if header.state.has_join_waker() {
            // SAFETY: T3 (the bit is set: reading is allowed to both sides).
            if unsafe { (*slot).as_ref() }.is_some_and(|old| old.will_wake(waker)) {
                return true;
            }
            if !header.state.withdraw_join_waker() {
                return false;
            }
        }
        // SAFETY: T3 (the bit is clear and the task was not complete: the slot is ours).
        unsafe { *slot = Some(waker.clone()) };
        if !header.state.publish_join_waker() {
            // SAFETY: T3 (the bit never was set, so the completer does not look).
            unsafe { *slot = None };
            return false;
        }
        true
    }
}

impl<T> Drop for Joint<T> {
    /// The reference itself goes with `task`.
    fn drop(&mut self) {
        let header = self.task.header();
        let detached = header.state.detach();
        if detached.drop_output {
            // SAFETY: T2 (complete, we were the join handle, and have not taken the output).
            unsafe { self.task.drop_output() };
        }
        if detached.drop_waker {
            // SAFETY: T3 (JOIN_WAKER is clear and no other handle can set it).
            let waker = unsafe { (*self.task.join_waker()).take() };
            drop(waker);
        }
    }
}
