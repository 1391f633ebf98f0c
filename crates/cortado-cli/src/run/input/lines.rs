//! Inputs from a file or from standard input, one per line (or per NUL with `-0`).

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// The longest line that is taken as an input, in bytes. No argument may be longer than 128 KiB on
/// Linux (`MAX_ARG_STRLEN`, execve(2)) or 1 MiB in all on macOS, so that a longer line is the sign
/// of data that is not a list of inputs; without a bound it would fill the memory.
const LONGEST_INPUT: u64 = 1 << 20;

/// A stream of inputs.
pub(super) struct Lines {
    reader: BufReader<Box<dyn Read + Send>>,
    name: String,
    delimiter: u8,
    count: u64,
}

impl Lines {
    /// Inputs from standard input.
    pub(super) fn stdin(delimiter: u8) -> Lines {
        Lines::new(Box::new(io::stdin()), "standard input".to_owned(), delimiter)
    }

    /// Inputs from a file.
    pub(super) fn open(path: &Path, delimiter: u8) -> io::Result<Lines> {
        Ok(Lines::new(Box::new(File::open(path)?), path.display().to_string(), delimiter))
    }

    /// Inputs from any reader, which error messages call `name`.
    pub(super) fn new(reader: Box<dyn Read + Send>, name: String, delimiter: u8) -> Lines {
        Lines { reader: BufReader::with_capacity(1 << 16, reader), name, delimiter, count: 0 }
    }

    /// The next input.
    pub(super) fn next_line(&mut self) -> io::Result<Option<OsString>> {
        let mut line = Vec::new();
        let read = (&mut self.reader)
            .take(LONGEST_INPUT + 1)
            .read_until(self.delimiter, &mut line)
            .map_err(|error| self.error(error.kind(), &error.to_string()))?;
        if read == 0 {
            return Ok(None);
        }
        self.count += 1;
        if line.last() == Some(&self.delimiter) {
            line.pop();
        }
        if line.len() as u64 > LONGEST_INPUT {
            let hint = "an input may not be longer than 1 MiB; --pipe hands data to commands";
            return Err(self.error(io::ErrorKind::InvalidData, hint));
        }
        if line.contains(&0) {
            let hint = "an input may not contain a NUL byte; if NUL separates the inputs, use -0";
            return Err(self.error(io::ErrorKind::InvalidData, hint));
        }
        line.shrink_to_fit();
        Ok(Some(OsString::from_vec(line)))
    }

    fn error(&self, kind: io::ErrorKind, message: &str) -> io::Error {
        io::Error::new(kind, format!("{}, input {}: {message}", self.name, self.count.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &'static [u8], delimiter: u8) -> io::Result<Vec<Vec<u8>>> {
        let mut lines = Lines::new(Box::new(text), "test".to_owned(), delimiter);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line()? {
            all.push(line.into_vec());
        }
        Ok(all)
    }

    #[test]
    fn lines_lose_only_their_end() {
        assert_eq!(all(b" a \n\nb\r\n\xff", b'\n').unwrap(), [&b" a "[..], b"", b"b\r", b"\xff"]);
        assert_eq!(all(b"", b'\n').unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(all(b"a\nb\0c\0", 0).unwrap(), [&b"a\nb"[..], b"c"]);
    }

    #[test]
    fn what_cannot_be_an_argument_is_an_error() {
        let error = all(b"ok\na\0b\n", b'\n').unwrap_err();
        assert!(error.to_string().starts_with("test, input 2: "), "{error}");
        let endless = Box::new(io::repeat(b'x'));
        let mut lines = Lines::new(endless, "endless".to_owned(), b'\n');
        assert_eq!(lines.next_line().unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
