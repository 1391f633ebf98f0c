//! The log of finished jobs (`--joblog`), in GNU parallel's columns: one line per job, written
//! with one write when the job has ended, so that whatever ends this process, the log names
//! exactly the jobs that were finished before.
//!
//! A line that was cut short (by kill -9, a power failure, a full disk) has no line end. It is
//! dropped when a run is resumed, and its job runs again. A line end within a command is logged as
//! a NUL byte, as GNU parallel does; tabs stay, since the command is the last column.

mod read;
mod seq_set;

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(crate) use seq_set::SeqSet;

use super::halt::Outcome;

/// The first line of every log.
const HEADER: &[u8] =
    b"Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";

/// How long a lock that is taken is waited for. A child process of a run that was killed holds it
/// until it has become its program, which lasts no longer than that on any machine in use.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// What an earlier log is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// Nothing: a new log takes its place.
    No,
    /// Jobs that it lists are not run again (`--resume`).
    Finished,
    /// Jobs that it lists as successful are not run again (`--resume-failed`).
    Succeeded,
}

/// What the log says of one job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// The number of the job.
    pub(crate) seq: u64,
    /// When it was started.
    pub(crate) start: SystemTime,
    /// How long it ran.
    pub(crate) runtime: Duration,
    /// The bytes that it was given on standard input.
    pub(crate) sent: u64,
    /// The bytes that it wrote.
    pub(crate) received: u64,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// The command, as it is displayed.
    pub(crate) command: &'a [u8],
}

/// A log that is open for writing. No other run writes to it at the same time.
#[derive(Debug)]
pub(crate) struct Joblog {
    file: File,
    path: PathBuf,
    length: u64,
}

/// A log that cannot be used.
#[derive(Debug)]
pub(crate) enum JoblogError {
    /// It cannot be opened, read or written.
    Io(PathBuf, io::Error),
    /// Another run writes to it.
    Busy(PathBuf),
    /// It is not a log of jobs, as its line of this number shows.
    Foreign(PathBuf, u64),
}

impl fmt::Display for JoblogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoblogError::Io(path, error) => write!(f, "the joblog {}: {error}", path.display()),
            JoblogError::Busy(path) => {
                write!(f, "the joblog {} is being written by another run", path.display())
            }
            JoblogError::Foreign(path, 1) => write!(
                f,
                "{} is not a joblog: its first line is not `Seq Host Starttime …`; it is left as \
                 it is",
                path.display()
            ),
            JoblogError::Foreign(path, line) => write!(
                f,
                "line {line} of the joblog {} does not describe a job; correct or delete it, then \
                 resume",
                path.display()
            ),
        }
    }
}

impl std::error::Error for JoblogError {}

impl Joblog {
    /// Opens a log, and with it the set of jobs that need not run.
    pub(crate) fn open(path: &Path, resume: Resume) -> Result<(Joblog, SeqSet), JoblogError> {
        let failed = |error| JoblogError::Io(path.to_owned(), error);
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        if !lock(&file) {
            return Err(JoblogError::Busy(path.to_owned()));
        }
        let (finished, length) = match resume {
            Resume::No => (SeqSet::default(), 0),
            Resume::Finished | Resume::Succeeded => {
                let log = read::read(&mut file, resume == Resume::Finished);
                log.map_err(|error| error.at(path))?
            }
        };
        let mut log = Joblog { file, path: path.to_owned(), length };
        log.drop_torn_end()?;
        if log.length == 0 {
            log.write(HEADER)?;
        }
        Ok((log, finished))
    }

    /// The jobs that need not run, without opening the log for writing.
    pub(crate) fn peek(path: &Path, resume: Resume) -> Result<SeqSet, JoblogError> {
        if resume == Resume::No {
            return Ok(SeqSet::default());
        }
        match File::open(path) {
            Ok(file) => {
                let log = read::read(file, resume == Resume::Finished);
                log.map(|(finished, _)| finished).map_err(|error| error.at(path))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(SeqSet::default()),
            Err(error) => Err(JoblogError::Io(path.to_owned(), error)),
        }
    }

    /// Adds a job that has ended.
    pub(crate) fn append(&mut self, record: &Record<'_>) -> Result<(), JoblogError> {
        let since_epoch = record.start.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut line = Vec::with_capacity(record.command.len() + 80);
        let _infallible = write!(
            line,
            "{}\t:\t{:.3}\t{:10.3}\t{}\t{}\t{}\t{}\t",
            record.seq,
            since_epoch.as_secs_f64(),
            record.runtime.as_secs_f64(),
            record.sent,
            record.received,
            record.outcome.exit,
            record.outcome.signal,
        );
        line.extend(record.command.iter().map(|byte| if *byte == b'\n' { 0 } else { *byte }));
        line.push(b'\n');
        self.write(&line)
    }

    /// Writes whole lines, or nothing: what a full disk cut short is taken back, so that the next
    /// line does not run on from it.
    fn write(&mut self, lines: &[u8]) -> Result<(), JoblogError> {
        let result = self.file.write_all(lines);
        if let Err(error) = result {
            // If that fails too, the torn line is the last one, which readers drop.
            let _ = self.drop_torn_end();
            return Err(JoblogError::Io(self.path.clone(), error));
        }
        self.length += lines.len() as u64;
        Ok(())
    }

    /// Cuts the file back to its whole lines and goes to its end.
    fn drop_torn_end(&mut self) -> Result<(), JoblogError> {
        let failed = |error| JoblogError::Io(self.path.clone(), error);
        // Pipes and devices, such as /dev/stderr, have no length.
        if !self.file.metadata().map_err(failed)?.is_file() {
            return Ok(());
        }
        self.file.set_len(self.length).map_err(failed)?;
        self.file.seek(SeekFrom::Start(self.length)).map_err(failed)?;
        Ok(())
    }
}

/// Takes the lock on a log; whether it was to be had. A file system without locks is no reason to
/// refuse to work.
fn lock(file: &File) -> bool {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) | Err(TryLockError::Error(_)) => return true,
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return false,
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

#[cfg(test)]
mod tests;
