//! Which task runs here: for log lines and maps by task.

use cortado_probe::{TaskId, turn};

/// The number of the task that is being polled on this thread.
///
/// # Panics
/// Outside of a task: also in what `block_on` itself runs, and in closures of `spawn_blocking`,
/// which are not tasks. [`try_task_id`] does not.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Runtime::new()?;
/// runtime.block_on(async {
///     let task = cortado_core::spawn(async { cortado_core::task_id() });
///     let id = task.id();
///     assert_eq!(task.await.unwrap(), id);
///     assert_eq!(cortado_core::try_task_id(), None);
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn task_id() -> TaskId {
    match try_task_id() {
        Some(id) => id,
        None => panic!(
            "no task runs on this thread: call this inside of a spawned task, or use the form with \
             `try_`"
        ),
    }
}

/// The number of the task that is being polled on this thread, if one is.
pub fn try_task_id() -> Option<TaskId> {
    turn::task()
}
