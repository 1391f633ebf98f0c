//! What happens, as values.

use std::io;
use std::panic::Location;
use std::time::Duration;

use crate::{ObjectId, TaskId, Wait, WorkerId};

/// A class of service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    /// Short polls: latency matters.
    Wait,
    /// Computation: throughput matters.
    Work,
}

/// How a task ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Its future returned.
    Returned,
    /// Its future panicked.
    Panicked,
    /// It was cancelled: by `abort`, or by the end of its runtime.
    Cancelled,
}

/// What a worker that outlasts the stall limit in one poll is doing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// It computes: its thread's CPU clock advances.
    OnCpu,
    /// It is blocked in a call: its thread sleeps.
    Blocked,
}

/// What the system may refuse to do to a thread of a runtime.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Refused {
    /// To give it a lower priority.
    LowerPriority,
    /// To keep it on some of the CPUs, below a quota.
    FewerCpus,
    /// To set its time slice.
    TimeSlice,
}

/// Something that happened. Borrowed parts are valid during the call only.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A task was made.
    TaskSpawned {
        /// The new task.
        task: TaskId,
        /// Its name, where it was given one.
        name: Option<&'a str>,
        /// Where `spawn` was called.
        location: &'static Location<'static>,
        /// Where it starts.
        lane: Lane,
    },
    /// A poll returned `Pending`, and this is why.
    TaskWaits {
        /// The task, where the waiting future runs inside of one.
        task: Option<TaskId>,
        /// The reason.
        why: Wait,
        /// What it waits on, where that has a number.
        object: Option<ObjectId>,
        /// Where the waiting operation was made.
        location: &'static Location<'static>,
    },
    /// A task ended.
    TaskEnded {
        /// The task.
        task: TaskId,
        /// How it ended.
        outcome: Outcome,
    },
    /// A task changed its lane.
    TaskMoved {
        /// The task.
        task: TaskId,
        /// Its lane from now on.
        to: Lane,
    },
    /// One poll has outlasted the stall limit. Said when that is seen, and once more, as `notable`,
    /// for a poll that deserves a line in a log.
    LongPoll {
        /// The worker whose thread runs it.
        worker: WorkerId,
        /// The task, where it is known.
        task: Option<TaskId>,
        /// The task's name, where it was given one and still lives.
        name: Option<&'a str>,
        /// Where the task was spawned, where that is known.
        location: Option<&'static Location<'static>>,
        /// How long the poll had lasted when it was seen.
        lasted: Duration,
        /// What its thread does.
        cause: Cause,
        /// Whether its seat was freed for another worker.
        seat_freed: bool,
        /// Where it was long enough for a person to know of it: at most one per spawn location and
        /// minute.
        notable: bool,
    },
    /// The system refused what a thread is to be given. Said once per runtime and kind: the thread
    /// works without it, but does not give way to others as it should.
    Refused {
        /// The worker whose thread it is; none for the monitor's.
        worker: Option<WorkerId>,
        /// What was refused.
        what: Refused,
        /// Why.
        error: &'a io::Error,
    },
    /// A thread began to serve a lane.
    WorkerStarted {
        /// The worker.
        worker: WorkerId,
        /// The lane that it serves.
        lane: Lane,
    },
    /// A thread stopped serving.
    WorkerEnded {
        /// The worker.
        worker: WorkerId,
    },
}
