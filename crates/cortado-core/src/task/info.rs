//! What a runtime knows of a task that has not ended.

use std::panic::Location;

use cortado_probe::{Lane, TaskId};

use super::cell::Task;
use super::state::Activity;

/// A task that has not ended, as [`Handle::tasks`](crate::Handle::tasks) found it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskInfo {
    /// Its number.
    pub id: TaskId,
    /// Its name, where it was given one.
    pub name: Option<String>,
    /// Where it was spawned.
    pub location: &'static Location<'static>,
    /// The lane that it belongs to; on an event loop, the wait lane.
    pub lane: Lane,
    /// What it did at that moment.
    pub activity: Activity,
}

impl TaskInfo {
    /// Nothing where the task has ended.
    pub(crate) fn of(task: &Task) -> Option<TaskInfo> {
        let header = task.header();
        let lane = if header.in_work_lane() { Lane::Work } else { Lane::Wait };
        Some(TaskInfo {
            id: header.id(),
            name: task.name().map(str::to_owned),
            location: header.location(),
            lane,
            activity: header.state.activity()?,
        })
    }
}
