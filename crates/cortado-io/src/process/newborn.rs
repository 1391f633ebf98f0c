//! `Newborn`: a child that a plain thread has made and that the reactor does not know yet.
//!
//! Whoever expects a child to end at once can wait for it on the thread that made it. That saves
//! the registrations of its descriptors and the hand-over to a task, which together cost more than
//! a child that ends within a millisecond takes to be made.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::process::ResourceUsage;
use crate::process::child::{Child, Custody};
use crate::process::error::SpawnError;
use crate::process::handle::ProcessHandle;

/// A child that was made by [`Command::spawn_newborn`](crate::process::Command::spawn_newborn).
///
/// Dropped before it was reaped, it is treated as a dropped [`Child`].
pub struct Newborn {
    /// The pipe to its standard input, in blocking mode, where that was `Stdio::piped`.
    pub stdin: Option<OwnedFd>,
    /// The pipe from its standard output, in blocking mode, where that was `Stdio::piped`.
    pub stdout: Option<OwnedFd>,
    /// The pipe from its standard error, in blocking mode, where that was `Stdio::piped`.
    pub stderr: Option<OwnedFd>,
    pub(crate) custody: Custody,
    pub(crate) program: OsString,
}

impl Newborn {
    /// The number of the process. It may be another's after the child was reaped.
    pub fn id(&self) -> u32 {
        self.handle().id()
    }

    /// A handle that signals the child.
    pub fn handle(&self) -> ProcessHandle {
        ProcessHandle::new(self.custody.process().clone())
    }

    /// Blocks this thread until the child has ended, at most for `patience`; true where it has. It
    /// is left as a zombie until `reap`.
    ///
    /// Nobody reads its output meanwhile: a child that fills a pipe stands still for so long.
    ///
    /// # Errors
    /// Those of poll(2), for want of memory.
    pub fn wait_exited_for(&self, patience: Duration) -> io::Result<bool> {
        let began = Instant::now();
        let pidfd = self.custody.process().as_fd();
        loop {
            let left = patience.saturating_sub(began.elapsed());
            let left = Timespec::try_from(left).ok();
            match poll(&mut [PollFd::from_borrowed_fd(pidfd, PollFlags::IN)], left.as_ref()) {
                Ok(ready) => return Ok(ready > 0),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reaps a child that has ended. May be called again.
    ///
    /// # Errors
    /// `WouldBlock` where it still runs; `NotFound` where something else in this process reaped it.
    pub fn reap(&mut self) -> io::Result<(ExitStatus, ResourceUsage)> {
        self.custody.process().reap()
    }

    /// Makes the reactor know the child, so that tasks can wait for it. Where it cannot, the child
    /// is killed: nobody could wait for it.
    ///
    /// # Errors
    /// Where this process has too many open files.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn attend(self) -> Result<Child, SpawnError> {
        let program = self.program.clone();
        Child::attend(self).map_err(|error| SpawnError::new(program, error))
    }
}

impl fmt::Debug for Newborn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Newborn")
            .field("id", &self.id())
            .field("stdin", &self.stdin)
            .field("stdout", &self.stdout)
            .field("stderr", &self.stderr)
            .finish_non_exhaustive()
    }
}
