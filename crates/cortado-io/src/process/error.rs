//! Why a child process could not be made, with what to do about it.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::io;

use rustix::io::Errno;

/// A command could not be started.
#[derive(Debug)]
pub struct SpawnError {
    program: OsString,
    error: io::Error,
}

impl SpawnError {
    pub(crate) fn new(program: OsString, error: io::Error) -> SpawnError {
        SpawnError { program, error }
    }

    /// The program does not exist.
    pub fn is_not_found(&self) -> bool {
        self.error.kind() == io::ErrorKind::NotFound
    }

    /// The program may not be executed.
    pub fn is_permission_denied(&self) -> bool {
        self.error.kind() == io::ErrorKind::PermissionDenied
    }

    /// A limit of this process or machine was reached, on descriptors, processes or memory. The
    /// same command may start once something else has ended.
    pub fn is_exhausted(&self) -> bool {
        matches!(
            self.errno(),
            Some(Errno::MFILE | Errno::NFILE | Errno::AGAIN | Errno::NOMEM | Errno::NOSPC)
        )
    }

    /// What the operating system said.
    pub fn io_error(&self) -> &io::Error {
        &self.error
    }

    fn errno(&self) -> Option<Errno> {
        Errno::from_io_error(&self.error)
    }

    fn advice(&self) -> &'static str {
        match self.errno() {
            Some(Errno::MFILE) => {
                "; this process has too many open files: raise the limit (`ulimit -n`) or run \
                 fewer commands at once"
            }
            Some(Errno::NFILE) => {
                "; the machine has too many open files: raise /proc/sys/fs/file-max or run fewer \
                 commands at once"
            }
            Some(Errno::AGAIN) => {
                "; too many processes: raise the limit (`ulimit -u`, the cgroup's pids.max) or \
                 run fewer commands at once"
            }
            Some(Errno::NOMEM) => "; not enough memory: run fewer commands at once",
            Some(Errno::TOOBIG) => {
                "; the arguments and environment are too long together (see execve(2))"
            }
            Some(Errno::NOENT) => "; is it installed, and does the working directory exist?",
            _ => "",
        }
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot start {:?}: {}{}", self.program, self.error, self.advice())
    }
}

impl Error for SpawnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// Keeps what the operating system said, also its number.
impl From<SpawnError> for io::Error {
    fn from(error: SpawnError) -> io::Error {
        error.error
    }
}
