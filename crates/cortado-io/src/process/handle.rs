//! A process that this one has made: its number, its descriptor, and whether it was reaped.
//!
//! The number of a process belongs to it until it is reaped; then the kernel may give it to a
//! stranger. So everything that uses the number does it under one lock with the reaping. The lock
//! is held for one system call that does not wait.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitStatus;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open,
    pidfd_send_signal, waitid,
};

use crate::process::ResourceUsage;
use crate::signal::SignalKind;
use crate::sys;

pub(crate) struct Process {
    pid: Pid,
    pidfd: OwnedFd,
    /// How it ended, once it was reaped.
    reaped: Mutex<Option<(ExitStatus, ResourceUsage)>>,
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

impl Process {
    /// Takes charge of a child that nobody has reaped.
    pub(crate) fn new(pid: Pid) -> io::Result<Process> {
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(open_error)?;
        Ok(Process { pid, pidfd, reaped: Mutex::new(None) })
    }

    fn reaped(&self) -> MutexGuard<'_, Option<(ExitStatus, ResourceUsage)>> {
        self.reaped.lock()
    }

    /// True from its death on.
    pub(crate) fn has_exited(&self) -> io::Result<bool> {
        let reaped = self.reaped();
        if reaped.is_some() {
            return Ok(true);
        }
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let state = waitid(WaitId::PidFd(self.pidfd.as_fd()), options).map_err(wait_error)?;
        Ok(state.is_some())
    }

    /// Reaps it if it has ended. Afterwards always the same answer.
    pub(crate) fn try_reap(&self) -> io::Result<Option<(ExitStatus, ResourceUsage)>> {
        let mut reaped = self.reaped();
        if reaped.is_none() {
            *reaped = sys::wait_for_child(self.pid)
                .map_err(|error| Errno::from_io_error(&error).map_or(error, wait_error))?;
        }
        Ok(*reaped)
    }

    /// The same for one that must have ended.
    pub(crate) fn reap(&self) -> io::Result<(ExitStatus, ResourceUsage)> {
        self.try_reap()?.ok_or_else(|| {
            io::Error::new(io::ErrorKind::WouldBlock, "the child has not ended: await it first")
        })
    }

    pub(crate) fn signal(&self, kind: SignalKind) -> io::Result<()> {
        let signal = named(kind)?;
        self.unless_reaped(|| pidfd_send_signal(&self.pidfd, signal))
    }

    pub(crate) fn signal_group(&self, kind: SignalKind) -> io::Result<()> {
        let signal = named(kind)?;
        self.unless_reaped(|| kill_process_group(self.pid, signal))
    }

    fn unless_reaped(&self, send: impl FnOnce() -> rustix::io::Result<()>) -> io::Result<()> {
        let reaped = self.reaped();
        if reaped.is_some() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!(
                    "process {} has ended and was reaped: its number may be another's",
                    self.pid
                ),
            ));
        }
        send().map_err(io::Error::from)
    }
}

fn named(kind: SignalKind) -> io::Result<Signal> {
    Signal::from_named_raw(kind.as_raw_value()).ok_or_else(|| {
        let number = kind.as_raw_value();
        io::Error::new(io::ErrorKind::InvalidInput, format!("signal {number} cannot be sent"))
    })
}

fn open_error(errno: Errno) -> io::Error {
    match errno {
        Errno::NOSYS => io::Error::new(
            io::ErrorKind::Unsupported,
            "this kernel has no pidfd_open, by which cortado waits for processes: it needs Linux \
             5.4 or newer",
        ),
        Errno::SRCH => wait_error(Errno::CHILD),
        other => other.into(),
    }
}

fn wait_error(errno: Errno) -> io::Error {
    match errno {
        Errno::CHILD => io::Error::new(
            io::ErrorKind::NotFound,
            "the child was reaped by someone else, so its end cannot be known: something in this \
             process waits for any child, or ignores SIGCHLD",
        ),
        other => other.into(),
    }
}

/// Sends signals to a child from elsewhere, while its owner waits for it.
#[derive(Clone)]
pub struct ProcessHandle(Arc<Process>);

impl ProcessHandle {
    pub(crate) fn new(process: Arc<Process>) -> ProcessHandle {
        ProcessHandle(process)
    }

    /// The number of the process. It may be another's after the child was reaped.
    pub fn id(&self) -> u32 {
        self.0.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Sends a signal to the process.
    ///
    /// # Errors
    /// `NotFound` where the child was reaped; `InvalidInput` for a signal without a name.
    pub fn signal(&self, kind: SignalKind) -> io::Result<()> {
        self.0.signal(kind)
    }

    /// Sends a signal to the process group that the process leads (see `Command::process_group`).
    ///
    /// # Errors
    /// As `signal`, and `ESRCH` where it leads no group.
    pub fn signal_group(&self, kind: SignalKind) -> io::Result<()> {
        self.0.signal_group(kind)
    }
}

impl fmt::Debug for ProcessHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProcessHandle").field(&self.id()).finish()
    }
}
