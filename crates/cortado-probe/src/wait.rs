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
    /// For its next turn, because it has used up the budget of this one.
    Turn,
    /// For a descriptor to become readable.
    Readable,
    /// For a descriptor to become writable.
    Writable,
    /// For a connection that a listener accepts.
    Accept,
    /// For room to accept a connection: this process or the machine has too many open files.
    AcceptRoom,
    /// For a connection to be made.
    Connect,
    /// For a socket to have received something.
    Receive,
    /// For a socket to have room to send.
    Send,
    /// For the addresses of a host name.
    Lookup,
    /// For an operation on a file or a directory.
    File,
    /// For a closure on the blocking pool.
    Blocking,
    /// For a closure in the work lane.
    Compute,
    /// For a child process to end.
    Child,
    /// For a signal from the operating system.
    Signal,
    /// For room in a channel, or for a receiver to take the message.
    ChannelSend,
    /// For a message of a channel.
    ChannelReceive,
    /// For one of several sends and receives.
    Select,
    /// For a mutex.
    Mutex,
    /// For a read lock.
    ReadLock,
    /// For a write lock.
    WriteLock,
    /// For permits of a semaphore.
    Permit,
    /// For a notification.
    Notified,
    /// For a condition variable.
    Condition,
    /// For the others at a barrier.
    Barrier,
    /// For a cell to be initialised.
    Initialised,
    /// For a cell to be set.
    Set,
    /// For the guards of a wait group.
    WaitGroup,
    /// For a cancellation.
    Cancelled,
    /// For the value of a oneshot channel.
    OneshotReceive,
    /// For the receiver of a oneshot channel to go.
    OneshotClosed,
    /// For a message of a broadcast channel.
    BroadcastReceive,
    /// For the receivers of a broadcast channel to go.
    BroadcastClosed,
    /// For a watched value to change.
    WatchChanged,
    /// For the receivers of a watched value to go.
    WatchClosed,
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
            Wait::Turn => "its next turn, having used this one up",
            Wait::Readable => "a descriptor to become readable",
            Wait::Writable => "a descriptor to become writable",
            Wait::Accept => "a connection to accept",
            Wait::AcceptRoom => "room for one more open file, to accept a connection",
            Wait::Connect => "a connection to be made",
            Wait::Receive => "a socket to receive something",
            Wait::Send => "a socket to have room to send",
            Wait::Lookup => "the addresses of a host name",
            Wait::File => "an operation on a file",
            Wait::Blocking => "a closure on the blocking pool",
            Wait::Compute => "a closure in the work lane",
            Wait::Child => "a child process to end",
            Wait::Signal => "a signal",
            Wait::ChannelSend => "room in a channel",
            Wait::ChannelReceive => "a message of a channel",
            Wait::Select => "one of several channels",
            Wait::Mutex => "a mutex",
            Wait::ReadLock => "a read lock",
            Wait::WriteLock => "a write lock",
            Wait::Permit => "permits of a semaphore",
            Wait::Notified => "a notification",
            Wait::Condition => "a condition variable",
            Wait::Barrier => "the others at a barrier",
            Wait::Initialised => "a cell to be initialised",
            Wait::Set => "a cell to be set",
            Wait::WaitGroup => "the guards of a wait group",
            Wait::Cancelled => "a cancellation",
            Wait::OneshotReceive => "the value of a oneshot channel",
            Wait::OneshotClosed => "the receiver of a oneshot channel to go",
            Wait::BroadcastReceive => "a message of a broadcast channel",
            Wait::BroadcastClosed => "the receivers of a broadcast channel to go",
            Wait::WatchChanged => "a watched value to change",
            Wait::WatchClosed => "the receivers of a watched value to go",
            Wait::Group => "the end of any task of its group",
            Wait::Interval => "the next tick of an interval",
            Wait::Advance => "its next turn after moving the clock",
        }
    }
}
