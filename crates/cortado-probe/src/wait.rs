//! Why a task or a thread waits. Each blocking place has a reason of its own, never reused.

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Wait {
    /// For the end of a task, through its `JoinHandle`.
    Join,
    /// For a point in time: `sleep`, `sleep_until`.
    Sleep,
    /// For its next turn, which it gave up by itself.
    Yield,
    /// For a descriptor to become readable.
    Readable,
    /// For a descriptor to become writable.
    Writable,
    /// For a closure on the blocking pool.
    Blocking,
    /// For a child process to end.
    Child,
    /// For a signal from the operating system.
    Signal,
    /// For the end of any task of a group.
    Group,
    /// For the next tick of an interval.
    Interval,
    /// For its next turn, after it has moved a clock that stands.
    Advance,
}

impl Wait {
    /// The reason as a person reads it, to follow "waits for".
    pub fn text(self) -> &'static str {
        match self {
            Wait::Join => "the end of a task",
            Wait::Sleep => "a point in time",
            Wait::Yield => "its next turn",
            Wait::Readable => "a descriptor to become readable",
            Wait::Writable => "a descriptor to become writable",
            Wait::Blocking => "a closure on the blocking pool",
            Wait::Child => "a child process to end",
            Wait::Signal => "a signal",
            Wait::Group => "the end of any task of its group",
            Wait::Interval => "the next tick of an interval",
            Wait::Advance => "its next turn after moving the clock",
        }
    }
}
