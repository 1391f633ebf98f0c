//! Reading a log that an earlier run has left, ours or GNU parallel's.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::{HEADER, JoblogError, SeqSet};

/// Why a log cannot be read.
pub(super) enum ReadError {
    Io(io::Error),
    /// The line of this number, from 1, describes no job.
    Line(u64),
}

impl ReadError {
    pub(super) fn at(self, path: &Path) -> JoblogError {
        match self {
            ReadError::Io(error) => JoblogError::Io(path.to_owned(), error),
            ReadError::Line(line) => JoblogError::Foreign(path.to_owned(), line),
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        ReadError::Io(error)
    }
}

/// Reads a log: the jobs that need not run again, and the length of its whole lines in bytes. The
/// last line of a job decides; `also_failed` says whether a failed job counts as finished.
pub(super) fn read(file: impl Read, also_failed: bool) -> Result<(SeqSet, u64), ReadError> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut finished = SeqSet::default();
    let mut length = 0;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        let is_whole = line.last() == Some(&b'\n');
        if number == 1 && !HEADER.starts_with(&line) {
            return Err(ReadError::Line(1));
        }
        if !is_whole {
            break;
        }
        length += read as u64;
        if number == 1 {
            continue;
        }
        let (seq, succeeded) = parse(&line).ok_or(ReadError::Line(number))?;
        if succeeded || also_failed {
            finished.insert(seq);
        } else {
            finished.remove(seq);
        }
    }
    Ok((finished, length))
}

/// The number of a job and whether it succeeded.
fn parse(line: &[u8]) -> Option<(u64, bool)> {
    let mut columns =
        line.splitn(9, |byte| *byte == b'\t').map(|column| str::from_utf8(column).ok());
    let seq = columns.next()??.parse().ok()?;
    let exit: i64 = columns.nth(5)??.parse().ok()?;
    let signal: i64 = columns.next()??.parse().ok()?;
    columns.next()?;
    Some((seq, exit == 0 && signal == 0))
}
