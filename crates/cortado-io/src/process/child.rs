//! `Child`: a process that was started and is waited for.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::panic::Location;
use std::process::ExitStatus;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cortado_core::io::{AsyncFd, Direction, Interest};
use cortado_probe::Wait as Why;

use crate::pipe::{Receiver, Sender};
use crate::process::ResourceUsage;
use crate::process::handle::{Process, ProcessHandle};
use crate::process::newborn::Newborn;
use crate::process::output::WaitWithOutput;
use crate::process::reaper;
use crate::process::wait::{Kill, Wait, WaitExited, WaitWithUsage};
use crate::signal::SignalKind;

/// The pipe to a child's standard input. Dropping it is how the child learns of the end.
pub type ChildStdin = Sender;
/// The pipe from a child's standard output.
pub type ChildStdout = Receiver;
/// The pipe from a child's standard error.
pub type ChildStderr = Receiver;

/// Sees to it that a child is reaped in the end.
pub(crate) struct Custody {
    process: Arc<Process>,
    kill_on_drop: bool,
}

impl Custody {
    pub(crate) fn new(process: Arc<Process>, kill_on_drop: bool) -> Custody {
        Custody { process, kill_on_drop }
    }

    pub(crate) fn process(&self) -> &Arc<Process> {
        &self.process
    }
}

impl Drop for Custody {
    fn drop(&mut self) {
        if self.kill_on_drop {
            // It fails only where the child was reaped.
            let _ = self.process.signal(SignalKind::kill());
        }
        reaper::adopt(self.process.clone());
    }
}

/// A process that was started.
///
/// Dropped before it was reaped, it runs on, or is killed with `kill_on_drop`, and is reaped in
/// the background when it ends.
pub struct Child {
    /// The pipe to its standard input, where that was `Stdio::piped`.
    pub stdin: Option<ChildStdin>,
    /// The pipe from its standard output, where that was `Stdio::piped`.
    pub stdout: Option<ChildStdout>,
    /// The pipe from its standard error, where that was `Stdio::piped`.
    pub stderr: Option<ChildStderr>,
    end: AsyncFd<Arc<Process>>,
    custody: Custody,
}

impl Child {
    /// Makes the reactor know a child. Where it cannot, the child is killed: nobody could wait
    /// for it.
    #[track_caller]
    pub(crate) fn attend(newborn: Newborn) -> io::Result<Child> {
        let Newborn { mut custody, stdin, stdout, stderr, .. } = newborn;
        let kill_on_drop = std::mem::replace(&mut custody.kill_on_drop, true);
        let sender = |fd: OwnedFd| Sender::from_owned_fd(fd);
        let receiver = |fd: OwnedFd| Receiver::from_owned_fd(fd);
        let mut child = Child {
            stdin: stdin.map(sender).transpose()?,
            stdout: stdout.map(receiver).transpose()?,
            stderr: stderr.map(receiver).transpose()?,
            end: AsyncFd::with_interest(custody.process.clone(), Interest::READABLE)?,
            custody,
        };
        child.custody.kill_on_drop = kill_on_drop;
        Ok(child)
    }

    fn process(&self) -> &Process {
        &self.custody.process
    }

    /// The number of the process. It may be another's after the child was reaped.
    pub fn id(&self) -> u32 {
        self.handle().id()
    }

    /// A handle that signals the child while this one waits for it.
    pub fn handle(&self) -> ProcessHandle {
        ProcessHandle::new(self.custody.process.clone())
    }

    /// Waits until it has ended, and reaps it. Standard input is closed first, so that a child
    /// that reads to the end does not wait for ever. Cancel safe; may be called again.
    ///
    /// A child whose output fills a pipe does not end before somebody reads it: see
    /// `wait_with_output`.
    #[track_caller]
    pub fn wait(&mut self) -> Wait<'_> {
        Wait::new(self.wait_with_usage())
    }

    /// The same, and tells what the child used. Cancel safe; may be called again.
    #[track_caller]
    pub fn wait_with_usage(&mut self) -> WaitWithUsage<'_> {
        self.stdin = None;
        WaitWithUsage::new(self, Location::caller())
    }

    /// Waits until it has ended, and leaves it as a zombie until `reap`. Meanwhile its `/proc/PID`
    /// can be read. Cancel safe. Standard input stays open.
    #[track_caller]
    pub fn wait_exited(&mut self) -> WaitExited<'_> {
        WaitExited::new(self, Location::caller())
    }

    /// Reaps a child that has ended. May be called again.
    ///
    /// # Errors
    /// `WouldBlock` where it still runs; `NotFound` where something else in this process reaped it.
    pub fn reap(&mut self) -> io::Result<(ExitStatus, ResourceUsage)> {
        self.process().reap()
    }

    /// How it ended, if it has; then it is reaped.
    ///
    /// # Errors
    /// `NotFound` where something else in this process reaped it.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        Ok(self.process().try_reap()?.map(|(status, _)| status))
    }

    /// Waits until it has ended and its output and errors are read, which are collected where
    /// they are piped. Standard input is closed first. Not cancel safe: dropped, it has lost what it
    /// collected, and the child is a dropped `Child`.
    #[track_caller]
    pub fn wait_with_output(mut self) -> WaitWithOutput {
        self.stdin = None;
        WaitWithOutput::new(self, Location::caller())
    }

    /// Kills it and waits until it has ended. Cancel safe.
    #[track_caller]
    pub fn kill(&mut self) -> Kill<'_> {
        let sent = match self.start_kill() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            sent => sent,
        };
        Kill::new(sent, self.wait())
    }

    /// Sends `SIGKILL` and does not wait.
    ///
    /// # Errors
    /// `NotFound` where it was reaped.
    pub fn start_kill(&mut self) -> io::Result<()> {
        self.signal(SignalKind::kill())
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// `NotFound` where it was reaped; `InvalidInput` for a signal without a name.
    pub fn signal(&self, kind: SignalKind) -> io::Result<()> {
        self.process().signal(kind)
    }

    /// Sends a signal to the process group that it leads, with `Command::process_group(0)`.
    ///
    /// # Errors
    /// As `signal`, and `ESRCH` where it leads no group.
    pub fn signal_group(&self, kind: SignalKind) -> io::Result<()> {
        self.process().signal_group(kind)
    }

    /// Waits until `look` finds that it has ended.
    pub(crate) fn poll_end<R>(
        &self,
        cx: &mut Context<'_>,
        location: &'static Location<'static>,
        look: impl Fn(&Process) -> io::Result<Option<R>>,
    ) -> Poll<io::Result<R>> {
        loop {
            let read = Direction::Read;
            let event = ready!(self.end.poll_ready_for(read, cx, Why::Child, location));
            match look(self.process()).transpose() {
                Some(end) => return Poll::Ready(end),
                None => self.end.clear_ready(event),
            }
        }
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("id", &self.id())
            .field("stdin", &self.stdin)
            .field("stdout", &self.stdout)
            .field("stderr", &self.stderr)
            .finish_non_exhaustive()
    }
}
