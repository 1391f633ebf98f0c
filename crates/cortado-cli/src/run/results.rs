//! The files of `--results DIR`: what each job writes, in a directory that is named by its inputs,
//! as GNU parallel makes them: `DIR/1/INPUT/2/INPUT/{stdout,stderr,seq}`. They are written as the
//! output comes.
//!
//! An input becomes one name: a slash is written as `\_`, a tab as `\t`, a backslash twice, as
//! there. Different from there, nothing ends up elsewhere or in the place of something else: an
//! empty input is `\e`; `.` and `..`, which would leave the directory, get a backslash in front;
//! an input too long for a name is cut and ends in `\#` and the job's number; a job without inputs
//! (`--pipe`) has the directory `DIR/NUMBER`. Where two jobs have the same inputs, the one that
//! began last has the files, whole.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::input::Job;
use super::output::{Channel, OutputError};

/// The longest name of a file, in bytes, on every file system in common use (`NAME_MAX`).
const LONGEST_NAME: usize = 255;

/// The files of one job.
#[derive(Debug)]
pub(crate) struct JobFiles {
    dir: PathBuf,
    out: File,
    err: File,
}

impl JobFiles {
    /// Makes the directory and the files, in the place of those that an earlier job left.
    pub(crate) fn create(root: &Path, job: &Job) -> Result<JobFiles, OutputError> {
        let dir = directory(root, job);
        fs::create_dir_all(&dir).map_err(|error| failed(&dir, error))?;
        let mut seq = create(&dir, "seq")?;
        write!(seq, "{}", job.seq).map_err(|error| failed(&dir.join("seq"), error))?;
        let (out, err) = (create(&dir, "stdout")?, create(&dir, "stderr")?);
        Ok(JobFiles { dir, out, err })
    }

    /// Appends what the job has written.
    pub(crate) fn write(&mut self, channel: Channel, bytes: &[u8]) -> Result<(), OutputError> {
        let (file, name) = match channel {
            Channel::Out => (&mut self.out, "stdout"),
            Channel::Err => (&mut self.err, "stderr"),
        };
        file.write_all(bytes).map_err(|error| failed(&self.dir.join(name), error))
    }

    /// Empties the files, for the job's next attempt.
    pub(crate) fn empty(&mut self) -> Result<(), OutputError> {
        let emptied = self.out.set_len(0).and_then(|()| self.err.set_len(0));
        emptied.map_err(|error| failed(&self.dir, error))
    }
}

/// Makes a file. One that is there keeps what it has for whoever still writes to it.
fn create(dir: &Path, name: &str) -> Result<File, OutputError> {
    let path = dir.join(name);
    let make = || OpenOptions::new().append(true).create_new(true).open(&path);
    let made = match make() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&path).and_then(|()| make())
        }
        made => made,
    };
    made.map_err(|error| failed(&path, error))
}

fn failed(path: &Path, error: io::Error) -> OutputError {
    OutputError::Results(path.to_owned(), Arc::new(error))
}

/// Where the files of a job are.
fn directory(root: &Path, job: &Job) -> PathBuf {
    let mut dir = root.to_owned();
    if job.inputs.is_empty() {
        dir.push(job.seq.to_string());
    }
    for (index, input) in job.inputs.iter().enumerate() {
        dir.push((index + 1).to_string());
        dir.push(name(input, job.seq));
    }
    dir
}

/// An input as the name of a directory.
fn name(input: &OsStr, seq: u64) -> OsString {
    let mut name = Vec::with_capacity(input.len());
    match input.as_bytes() {
        b"" => name.extend(b"\\e"),
        dots @ (b"." | b"..") => {
            name.push(b'\\');
            name.extend(dots);
        }
        bytes => bytes.iter().for_each(|byte| match byte {
            b'/' => name.extend(b"\\_"),
            b'\t' => name.extend(b"\\t"),
            b'\\' => name.extend(b"\\\\"),
            byte => name.push(*byte),
        }),
    }
    if name.len() > LONGEST_NAME {
        let number = format!("\\#{seq}");
        name.truncate(LONGEST_NAME - number.len());
        name.extend(number.bytes());
    }
    OsString::from_vec(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(seq: u64, inputs: &[&str]) -> Job {
        Job { seq, inputs: inputs.iter().map(OsString::from).collect(), stdin: None }
    }

    #[test]
    fn names_are_gnu_parallels() {
        let dir = |inputs: &[&str]| directory(Path::new("d"), &job(7, inputs));
        assert_eq!(dir(&["a", ".1"]), Path::new("d/1/a/2/.1"));
        assert_eq!(dir(&["b/c"]), Path::new("d/1/b\\_c"));
        assert_eq!(dir(&["q\tt"]), Path::new("d/1/q\\tt"));
        assert_eq!(dir(&["x y\\z"]), Path::new("d/1/x y\\\\z"));
    }

    #[test]
    fn no_input_leaves_the_directory_or_shares_a_name() {
        let dir = |inputs: &[&str]| directory(Path::new("d"), &job(7, inputs));
        assert_eq!(dir(&[".."]), Path::new("d/1/\\.."));
        assert_eq!(dir(&["."]), Path::new("d/1/\\."));
        assert_eq!(dir(&["", "x"]), Path::new("d/1/\\e/2/x"));
        assert_eq!(dir(&["../../etc"]), Path::new("d/1/..\\_..\\_etc"));
        assert_eq!(dir(&["/etc"]), Path::new("d/1/\\_etc"));
        assert_eq!(dir(&[]), Path::new("d/7"));
        let long = dir(&[&"x".repeat(400)]);
        let name = long.file_name().unwrap();
        assert_eq!(name.len(), LONGEST_NAME);
        assert!(name.as_bytes().ends_with(b"x\\#7"));
    }

    #[test]
    fn files_hold_what_was_written_since_the_last_attempt() {
        let root = tempfile::tempdir().unwrap();
        let mut files = JobFiles::create(root.path(), &job(3, &["in"])).unwrap();
        files.write(Channel::Out, b"lost").unwrap();
        files.empty().unwrap();
        files.write(Channel::Out, b"a").unwrap();
        files.write(Channel::Out, b"b\n").unwrap();
        files.write(Channel::Err, b"e").unwrap();
        let read = |name: &str| fs::read(root.path().join("1/in").join(name)).unwrap();
        assert_eq!(
            (read("stdout"), read("stderr"), read("seq")),
            (b"ab\n".to_vec(), b"e".to_vec(), b"3".to_vec())
        );
    }

    #[test]
    fn jobs_with_the_same_inputs_do_not_mix() {
        let root = tempfile::tempdir().unwrap();
        let mut first = JobFiles::create(root.path(), &job(1, &["in"])).unwrap();
        first.write(Channel::Out, b"first").unwrap();
        let mut second = JobFiles::create(root.path(), &job(2, &["in"])).unwrap();
        second.write(Channel::Out, b"second").unwrap();
        first.write(Channel::Out, b"first").unwrap();
        assert_eq!(fs::read(root.path().join("1/in/stdout")).unwrap(), b"second");
        assert_eq!(fs::read(root.path().join("1/in/seq")).unwrap(), b"2");
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let error = JobFiles::create(&file, &job(1, &["in"])).unwrap_err().to_string();
        assert!(error.contains("file/1/in of --results cannot be written"), "{error}");
    }
}
