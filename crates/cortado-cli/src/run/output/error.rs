//! What can become of output on its way: each of these ends the run, since output would be lost.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::exit;

/// The exit status of a program that writes to a pipe that nobody reads any more, as the shell
/// sees it: 128 + `SIGPIPE`. GNU parallel's is the same.
const BROKEN_PIPE: u8 = 141;

/// Which of the two streams of a job, or of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Channel::Out => "standard output",
            Channel::Err => "standard error",
        })
    }
}

/// Why output could not be kept or written.
#[derive(Clone, Debug)]
pub(crate) enum OutputError {
    /// Whoever read our output has stopped reading.
    BrokenPipe(Channel),
    /// Our output cannot be written.
    Write(Channel, Arc<io::Error>),
    /// The pipe from a job cannot be read.
    Read(Channel, Arc<io::Error>),
    /// Output cannot be held back in a temporary file in this directory.
    Spill(PathBuf, Arc<io::Error>),
    /// A file of `--results` cannot be written.
    Results(PathBuf, Arc<io::Error>),
    /// The run was told to end while its output's reader did not read: no fault of its own.
    Abandoned,
}

impl OutputError {
    /// What a failed write to one of our streams means.
    pub(super) fn of_write(channel: Channel, error: io::Error) -> OutputError {
        match error.kind() {
            io::ErrorKind::BrokenPipe => OutputError::BrokenPipe(channel),
            _ => OutputError::Write(channel, Arc::new(error)),
        }
    }

    /// The exit status that tells of this error.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            OutputError::BrokenPipe(_) => BROKEN_PIPE,
            _ => exit::ERROR,
        }
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutputError::BrokenPipe(channel) => {
                write!(f, "nobody reads {channel} any more; the run ends")
            }
            OutputError::Write(channel, error) => {
                write!(f, "{channel} cannot be written: {error}")
            }
            OutputError::Read(channel, error) => {
                write!(f, "a job's {channel} cannot be read: {error}")
            }
            OutputError::Spill(dir, error) => write!(
                f,
                "output cannot be held back in a temporary file in {}: {error}; name another \
                 directory in TMPDIR, or use --line-buffer",
                dir.display()
            ),
            OutputError::Abandoned => {
                f.write_str("output was thrown away, since nobody read it when the run was ended")
            }
            OutputError::Results(path, error) => {
                write!(f, "{} of --results cannot be written: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for OutputError {}
