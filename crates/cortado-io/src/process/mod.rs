//! Child processes: made off the workers, awaited by descriptor, reaped with what they used.
//!
//! The names are Tokio's. What is different:
//! - A child is made on the blocking pool, because making one takes a fraction of a millisecond
//!   and because a child inherits the OS priority of the thread that makes it; the pool's threads
//!   are never lowered. Neither `fork` nor code between `fork` and `exec` is offered, so that the
//!   standard library can use `posix_spawn`. (It still forks where `PATH` is set for the child and
//!   the program is a bare name.)
//! - Whoever expects a child to end at once can make it and wait for it on a thread of its own
//!   (`Command::spawn_newborn`), and hand it to the reactor if it does not.
//! - Waiting is by pidfd (Linux 5.4 or newer), one descriptor per child, and not by `SIGCHLD`.
//! - Death and reaping are two steps where you want them to be: after `wait_exited` the child is a
//!   zombie, whose `/proc/PID` can still be read, until `reap`.
//! - A signal never reaches a stranger: sending one to a child that was reaped is an error.
//! - A child that is dropped before it was reaped is reaped in the background when it ends, also
//!   after the runtime has ended, by a thread that exists only if this ever happens.

mod child;
mod command;
mod error;
mod handle;
mod newborn;
mod output;
mod reaper;
mod wait;

use std::time::Duration;

pub use std::process::{ExitStatus, Output, Stdio};

pub use child::{Child, ChildStderr, ChildStdin, ChildStdout};
pub use command::{Command, CommandRef, Spawn};
pub use error::SpawnError;
pub use handle::ProcessHandle;
pub use newborn::Newborn;
pub use output::{RunOutput, RunStatus, WaitWithOutput};
pub use wait::{Kill, Wait, WaitExited, WaitWithUsage};

/// What a process used, with those of its descendants that it waited for itself (getrusage(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ResourceUsage {
    /// CPU time in the program.
    pub user: Duration,
    /// CPU time in the kernel on behalf of the program.
    pub system: Duration,
    /// The largest resident set of the process or one of those descendants, in KiB.
    pub max_rss_kib: u64,
    /// Page faults without input or output.
    pub minor_faults: u64,
    /// Page faults that read from a disk.
    pub major_faults: u64,
    /// Blocks of 512 bytes read from a file system's device.
    pub blocks_read: u64,
    /// Blocks of 512 bytes written to a file system's device.
    pub blocks_written: u64,
    /// Times that it gave up the CPU to wait.
    pub voluntary_switches: u64,
    /// Times that the CPU was taken from it.
    pub involuntary_switches: u64,
}
