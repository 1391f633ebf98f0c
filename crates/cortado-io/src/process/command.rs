//! `Command`: what to start and how. It wraps the standard library's, so that children are made
//! by `posix_spawn` where that is possible.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::future::Future;
use std::io;
use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command as StdCommand, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use parking_lot::{Mutex, MutexGuard};

use cortado_core::{JoinHandle, spawn_blocking};
use rustix::process::Pid;

use crate::process::child::{Child, Custody};
use crate::process::error::SpawnError;
use crate::process::handle::Process;
use crate::process::newborn::Newborn;
use crate::process::output::{RunOutput, RunStatus};

/// What to start and how.
///
/// Nothing is inherited by accident: descriptors are closed on exec, and `SIGPIPE` has its
/// default effect in the child. Standard input, output and error are inherited unless set.
pub struct Command {
    // Shared with the blocking pool while a child is made, also when nobody waits for it any more.
    std: Arc<Mutex<StdCommand>>,
    program: OsString,
    set: StreamsSet,
    kill_on_drop: bool,
}

/// Which standard streams were set.
#[derive(Debug, Clone, Copy, Default)]
struct StreamsSet {
    stdin: bool,
    stdout: bool,
    stderr: bool,
}

/// The standard library's command inside of a `Command`.
pub struct CommandRef<'a>(MutexGuard<'a, StdCommand>);

impl Deref for CommandRef<'_> {
    type Target = StdCommand;

    fn deref(&self) -> &StdCommand {
        &self.0
    }
}

impl Command {
    /// A command that starts `program`, which is looked up in `PATH` if it has no slash.
    pub fn new(program: impl AsRef<OsStr>) -> Command {
        let program = program.as_ref().to_os_string();
        let std = Arc::new(Mutex::new(StdCommand::new(&program)));
        Command { std, program, set: StreamsSet::default(), kill_on_drop: false }
    }

    fn std(&self) -> MutexGuard<'_, StdCommand> {
        self.std.lock()
    }

    fn change(&mut self, change: impl FnOnce(&mut StdCommand)) -> &mut Command {
        change(&mut self.std());
        self
    }

    /// Adds an argument.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Command {
        self.change(|std| {
            std.arg(argument);
        })
    }

    /// Adds arguments.
    pub fn args(&mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Command {
        self.change(|std| {
            std.args(arguments);
        })
    }

    /// Sets what the program sees as its own name.
    pub fn arg0(&mut self, name: impl AsRef<OsStr>) -> &mut Command {
        self.change(|std| {
            std.arg0(name);
        })
    }

    /// Sets an environment variable. (Setting `PATH` with a program without a slash makes the
    /// standard library fork, which costs more.)
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Command {
        self.change(|std| {
            std.env(name, value);
        })
    }

    /// Sets environment variables.
    pub fn envs(
        &mut self,
        variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    ) -> &mut Command {
        self.change(|std| {
            std.envs(variables);
        })
    }

    /// Takes an environment variable away.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Command {
        self.change(|std| {
            std.env_remove(name);
        })
    }

    /// Takes all environment variables away.
    pub fn env_clear(&mut self) -> &mut Command {
        self.change(|std| {
            std.env_clear();
        })
    }

    /// Sets the working directory.
    pub fn current_dir(&mut self, directory: impl AsRef<Path>) -> &mut Command {
        self.change(|std| {
            std.current_dir(directory);
        })
    }

    /// Sets standard input.
    pub fn stdin(&mut self, stdin: impl Into<Stdio>) -> &mut Command {
        self.set.stdin = true;
        self.change(|std| {
            std.stdin(stdin);
        })
    }

    /// Sets standard output.
    pub fn stdout(&mut self, stdout: impl Into<Stdio>) -> &mut Command {
        self.set.stdout = true;
        self.change(|std| {
            std.stdout(stdout);
        })
    }

    /// Sets standard error.
    pub fn stderr(&mut self, stderr: impl Into<Stdio>) -> &mut Command {
        self.set.stderr = true;
        self.change(|std| {
            std.stderr(stderr);
        })
    }

    /// Puts the child into a process group: that with number `group`, or for 0 a new one that it
    /// leads and that `Child::signal_group` reaches.
    pub fn process_group(&mut self, group: i32) -> &mut Command {
        self.change(|std| {
            std.process_group(group);
        })
    }

    /// Runs the child as this user, which needs the right to. The standard library then forks.
    pub fn uid(&mut self, user: u32) -> &mut Command {
        self.change(|std| {
            std.uid(user);
        })
    }

    /// Runs the child with this group; see `uid`.
    pub fn gid(&mut self, group: u32) -> &mut Command {
        self.change(|std| {
            std.gid(group);
        })
    }

    /// Whether `kill_on_drop` was asked for.
    pub fn kills_on_drop(&self) -> bool {
        self.kill_on_drop
    }

    /// Whether a child that is dropped before it was reaped is killed. Otherwise it runs on.
    pub fn kill_on_drop(&mut self, kill_on_drop: bool) -> &mut Command {
        self.kill_on_drop = kill_on_drop;
        self
    }

    /// The standard library's command, to look at.
    pub fn as_std(&self) -> CommandRef<'_> {
        CommandRef(self.std())
    }

    /// Starts the command, on the blocking pool.
    ///
    /// The work begins at once and not with the first poll. If the future is dropped, a child
    /// that was made nevertheless is treated as a dropped `Child`.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn(&mut self) -> Spawn {
        let maker = self.maker();
        Spawn { program: self.program.clone(), making: spawn_blocking(move || maker.make()) }
    }

    /// Starts the command on this thread, which it blocks for a fraction of a millisecond, and
    /// whose OS priority the child inherits: not for a thread that computes in the work lane.
    ///
    /// # Errors
    /// Where it cannot be started.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn_here(&mut self) -> Result<Child, SpawnError> {
        self.spawn_newborn()?.attend()
    }

    /// Starts the command as `spawn_here` does, and leaves it to the caller to wait for the child on
    /// this thread or to make the reactor know it. Needs no runtime.
    ///
    /// # Errors
    /// Where it cannot be started.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use cortado_io::process::Command;
    ///
    /// let mut child = Command::new("true").spawn_newborn()?;
    /// while !child.wait_exited_for(Duration::from_secs(1))? {}
    /// let (status, usage) = child.reap()?;
    /// assert!(status.success() && usage.max_rss_kib > 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn spawn_newborn(&mut self) -> Result<Newborn, SpawnError> {
        self.maker().make()
    }

    /// Starts the command and waits until it has ended; its standard streams are inherited. Not cancel
    /// safe: dropped, it leaves a dropped `Child` behind.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn status(&mut self) -> RunStatus {
        RunStatus::new(self.spawn())
    }

    /// Starts the command, waits until it has ended, and collects its output and errors. Standard
    /// input is empty unless it was set. Not cancel safe: dropped, it has lost what it collected, and
    /// leaves a dropped `Child` behind.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn output(&mut self) -> RunOutput {
        let set = self.set;
        if !set.stdin {
            self.stdin(Stdio::null());
        }
        if !set.stdout {
            self.stdout(Stdio::piped());
        }
        if !set.stderr {
            self.stderr(Stdio::piped());
        }
        RunOutput::new(self.spawn())
    }

    fn maker(&self) -> Maker {
        let program = self.program.clone();
        Maker { std: self.std.clone(), program, kill_on_drop: self.kill_on_drop }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.std().fmt(f)
    }
}

/// The streams that were set in the standard library's command are not known here: `output` sets
/// those again that were not set after this.
impl From<StdCommand> for Command {
    fn from(std: StdCommand) -> Command {
        let program = std.get_program().to_os_string();
        let (std, set) = (Arc::new(Mutex::new(std)), StreamsSet::default());
        Command { std, program, set, kill_on_drop: false }
    }
}

/// What the thread needs that makes the child.
struct Maker {
    std: Arc<Mutex<StdCommand>>,
    program: OsString,
    kill_on_drop: bool,
}

impl Maker {
    fn make(self) -> Result<Newborn, SpawnError> {
        self.try_make().map_err(|error| SpawnError::new(self.program, error))
    }

    fn try_make(&self) -> io::Result<Newborn> {
        let mut child = self.std.lock().spawn()?;
        match process_of(&child) {
            Ok(process) => Ok(Newborn {
                custody: Custody::new(process, self.kill_on_drop),
                stdin: child.stdin.take().map(OwnedFd::from),
                stdout: child.stdout.take().map(OwnedFd::from),
                stderr: child.stderr.take().map(OwnedFd::from),
                program: self.program.clone(),
            }),
            Err(error) => {
                // Without its descriptor it could neither be waited for nor signalled safely.
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }
}

fn process_of(child: &std::process::Child) -> io::Result<Arc<Process>> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::InvalidData)?;
    Process::new(pid).map(Arc::new)
}

/// What `Command::spawn` returns.
#[derive(Debug)]
#[must_use = "a child whose future is dropped is treated as a dropped child"]
pub struct Spawn {
    program: OsString,
    making: JoinHandle<Result<Newborn, SpawnError>>,
}

impl Future for Spawn {
    type Output = Result<Child, SpawnError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Child, SpawnError>> {
        Poll::Ready(match ready!(Pin::new(&mut self.making).poll(cx)) {
            Ok(newborn) => newborn?.attend(),
            Err(error) => Err(SpawnError::new(self.program.clone(), io::Error::other(error))),
        })
    }
}
