//! Files, through the blocking pool: the kernel cannot report a regular file as ready.
//!
//! Each function does what its namesake in `std::fs` does, in one job of the pool. The job
//! begins at once; dropping the future does not stop it.

mod dir;
mod file;

use std::fs as std_fs;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_core::{JoinHandle, spawn_blocking};
use cortado_probe::Wait;

pub use dir::{DirEntry, NextEntry, ReadDir};
pub use file::File;

pub use std_fs::{FileType, Metadata, OpenOptions, Permissions};

/// A call that the blocking pool makes.
#[derive(Debug)]
#[must_use = "the call is made in any case, but its result is only known by awaiting it"]
pub struct Blocking<T>(JoinHandle<io::Result<T>>);

impl<T> Future for Blocking<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        match ready!(self.0.poll_for(cx, Wait::File)) {
            Ok(result) => Poll::Ready(result),
            // The pool was shut down before the job began, or the job has panicked.
            Err(error) => Poll::Ready(Err(io::Error::other(error))),
        }
    }
}

#[track_caller]
fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Blocking<T> {
    Blocking(spawn_blocking(call))
}

/// `std::fs::read`: all bytes of a file.
#[track_caller]
pub fn read(path: impl AsRef<Path>) -> Blocking<Vec<u8>> {
    let path = path.as_ref().to_owned();
    blocking(move || std_fs::read(path))
}

/// `std::fs::read_to_string`: a file as text.
#[track_caller]
pub fn read_to_string(path: impl AsRef<Path>) -> Blocking<String> {
    let path = path.as_ref().to_owned();
    blocking(move || std_fs::read_to_string(path))
}

/// `std::fs::write`: makes a file with these bytes, in place of one that is there.
#[track_caller]
pub fn write(path: impl AsRef<Path>, bytes: impl Into<Vec<u8>>) -> Blocking<()> {
    let (path, bytes) = (path.as_ref().to_owned(), bytes.into());
    blocking(move || std_fs::write(path, bytes))
}

/// `std::fs::create_dir_all`: makes a directory and those above it.
#[track_caller]
pub fn create_dir_all(path: impl AsRef<Path>) -> Blocking<()> {
    let path = path.as_ref().to_owned();
    blocking(move || std_fs::create_dir_all(path))
}

/// `std::fs::remove_file`.
#[track_caller]
pub fn remove_file(path: impl AsRef<Path>) -> Blocking<()> {
    let path = path.as_ref().to_owned();
    blocking(move || std_fs::remove_file(path))
}

/// `std::fs::remove_dir_all`: a directory with all that is in it.
#[track_caller]
pub fn remove_dir_all(path: impl AsRef<Path>) -> Blocking<()> {
    let path = path.as_ref().to_owned();
    blocking(move || std_fs::remove_dir_all(path))
}

/// `std::fs::rename`, which replaces what is at `to`.
#[track_caller]
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Blocking<()> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    blocking(move || std_fs::rename(from, to))
}

/// `std::fs::metadata`: of what a path leads to, through symbolic links.
#[track_caller]
pub fn metadata(path: impl AsRef<Path>) -> Blocking<Metadata> {
    let path = path.as_ref().to_owned();
    blocking(move || std_fs::metadata(path))
}

/// `std::fs::read_dir`: what is in a directory.
#[track_caller]
pub fn read_dir(path: impl AsRef<Path>) -> Blocking<ReadDir> {
    let path = path.as_ref().to_owned();
    blocking(move || std_fs::read_dir(path).map(ReadDir::new))
}
