//! Finds the file of a program before any job is started, so that a command that does not exist
//! is one error and not ten thousand.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where programs are searched if `PATH` is not set.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// A program that cannot be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProgramError {
    /// There is no such file.
    Missing(OsString),
    /// There is one, and it may not be executed.
    NotExecutable(PathBuf),
    /// It is a directory.
    Directory(OsString),
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProgramError::Directory(name) => {
                write!(f, "{} is a directory, not a program; no job was started", name.display())
            }
            ProgramError::NotExecutable(path) => {
                write!(f, "{} cannot be executed; no job was started", path.display())
            }
            ProgramError::Missing(name) if name.as_bytes().contains(&b'/') => {
                write!(f, "the program {} does not exist; no job was started", name.display())
            }
            ProgramError::Missing(name) => {
                write!(f, "there is no program `{}` in PATH; no job was started", name.display())?;
                if name.as_bytes().contains(&b' ') {
                    f.write_str(
                        " (write its arguments as words of their own, or the whole command as one)",
                    )?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ProgramError {}

/// The file that `name` starts in the directory `cwd`, with `path` as the value of `PATH`.
pub(crate) fn find(
    name: &OsStr,
    cwd: Option<&Path>,
    path: Option<&OsStr>,
) -> Result<PathBuf, ProgramError> {
    let here = cwd.unwrap_or(Path::new(""));
    if name.as_bytes().contains(&b'/') {
        let file = here.join(name);
        return match is_executable(&file) {
            // The jobs start it from their directory, where its name as given is right.
            Some(true) => Ok(PathBuf::from(name)),
            Some(false) => Err(ProgramError::NotExecutable(PathBuf::from(name))),
            None if file.is_dir() => Err(ProgramError::Directory(name.to_owned())),
            None => Err(ProgramError::Missing(name.to_owned())),
        };
    }
    let mut not_executable = None;
    if !name.is_empty() {
        for dir in std::env::split_paths(path.unwrap_or(OsStr::new(DEFAULT_PATH))) {
            // An empty entry of PATH is the current directory.
            let dir = if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir };
            let file = dir.join(name);
            match is_executable(&here.join(&file)) {
                Some(true) => return Ok(file),
                Some(false) => not_executable = not_executable.or(Some(file)),
                None => {}
            }
        }
    }
    Err(match not_executable {
        Some(file) => ProgramError::NotExecutable(file),
        None => ProgramError::Missing(name.to_owned()),
    })
}

/// Whether a file may be executed by anyone, if it is a file at all.
fn is_executable(file: &Path) -> Option<bool> {
    let metadata = file.metadata().ok().filter(|metadata| metadata.is_file())?;
    Some(metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_path() {
        let found = find(OsStr::new("sh"), None, Some(OsStr::new("/nowhere:/bin"))).unwrap();
        assert_eq!(found, Path::new("/bin/sh"));
        assert_eq!(find(OsStr::new("sh"), None, None).unwrap(), Path::new("/bin/sh"));
        assert_eq!(find(OsStr::new("/bin/sh"), None, None).unwrap(), Path::new("/bin/sh"));
    }

    #[test]
    fn what_cannot_be_started_is_an_error_that_says_why() {
        let missing = find(OsStr::new("no-such-program"), None, None).unwrap_err();
        assert!(missing.to_string().contains("no program `no-such-program` in PATH"));
        let missing = find(OsStr::new("gzip -k"), None, None).unwrap_err();
        assert!(missing.to_string().contains("words of their own"));
        let missing = find(OsStr::new("./no-such-program"), None, None).unwrap_err();
        assert!(missing.to_string().contains("does not exist"));
        let directory = find(OsStr::new("/bin/"), None, None).unwrap_err();
        assert!(directory.to_string().contains("is a directory"));
        assert!(matches!(find(OsStr::new(""), None, None), Err(ProgramError::Missing(_))));
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("data"), "x").unwrap();
        let found = find(OsStr::new("data"), None, Some(dir.path().as_os_str()));
        assert_eq!(found, Err(ProgramError::NotExecutable(dir.path().join("data"))));
        let relative = find(OsStr::new("./data"), Some(dir.path()), None);
        assert_eq!(relative, Err(ProgramError::NotExecutable("./data".into())));
    }
}
