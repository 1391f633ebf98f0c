//! Files, through the blocking pool: the kernel cannot report a regular file as ready.
//!
//! Each function does what its namesake in `std::fs` does, in one job of the pool. The job
//! begins at once; dropping the future does not stop it, so of a dropped write it is not known
//! whether it happened. All of them panic outside of a runtime.
//!
//! ```
//! use cortado_io::fs::{self, OpenOptions};
//! use cortado_io::{AsyncReadExt, AsyncWriteExt};
//!
//! # cortado_core::Runtime::single()?.block_on(async {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("log");
//! let mut log = OpenOptions::new().create(true).append(true).open(&path).await?;
//! log.write_all(b"one line\n").await?;
//! log.flush().await?;
//! assert_eq!(fs::read_to_string(&path).await?, "one line\n");
//! # std::io::Result::Ok(())
//! # })?;
//! # std::io::Result::Ok(())
//! ```
//!
//! Tokio's `File::set_max_buf_size` has no counterpart: a call moves what the caller's buffer
//! holds, up to 128 KiB. Of buffered readers and writers and `lines`, those of `futures-lite` and
//! `futures-util` work on every type of this crate.

mod dir;
mod file;
mod options;

use std::fs as std_fs;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_core::{JoinHandle, spawn_blocking};
use cortado_probe::Wait;

pub use dir::{DirBuilder, DirEntry, NextEntry, ReadDir};
pub use file::{File, IntoStd};
pub use options::OpenOptions;

pub use std_fs::{FileType, Metadata, Permissions};

/// A call that the blocking pool makes. Dropped, it does not stop the call, whose result is lost.
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

/// `std::fs::write`: makes a file with these bytes, in place of one that is there.
#[track_caller]
pub fn write(path: impl AsRef<Path>, bytes: impl Into<Vec<u8>>) -> Blocking<()> {
    let (path, bytes) = (path.as_ref().to_owned(), bytes.into());
    blocking(move || std_fs::write(path, bytes))
}

/// `std::fs::read_dir`: what is in a directory.
#[track_caller]
pub fn read_dir(path: impl AsRef<Path>) -> Blocking<ReadDir> {
    let path = path.as_ref().to_owned();
    blocking(move || std_fs::read_dir(path).map(ReadDir::new))
}

/// Functions of one path that are called as those of `std::fs`.
macro_rules! of_one_path {
    ($($(#[$doc:meta])* $name:ident -> $output:ty;)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(path: impl AsRef<Path>) -> Blocking<$output> {
            let path = path.as_ref().to_owned();
            blocking(move || std_fs::$name(path))
        }
    )*};
}

/// Functions of two paths that are called as those of `std::fs`.
macro_rules! of_two_paths {
    ($($(#[$doc:meta])* $name:ident = $std:path => $output:ty;)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Blocking<$output> {
            let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
            blocking(move || $std(from, to))
        }
    )*};
}

of_one_path! {
    /// `std::fs::read`: all bytes of a file.
    read -> Vec<u8>;
    /// `std::fs::read_to_string`: a file as text.
    read_to_string -> String;
    /// `std::fs::create_dir`: makes a directory, whose parent must be there.
    create_dir -> ();
    /// `std::fs::create_dir_all`: makes a directory and those above it.
    create_dir_all -> ();
    /// `std::fs::remove_file`.
    remove_file -> ();
    /// `std::fs::remove_dir`: a directory, which must be empty.
    remove_dir -> ();
    /// `std::fs::remove_dir_all`: a directory with all that is in it.
    remove_dir_all -> ();
    /// `std::fs::metadata`: of what a path leads to, through symbolic links.
    metadata -> Metadata;
    /// `std::fs::symlink_metadata`: of what is at a path, be it a symbolic link.
    symlink_metadata -> Metadata;
    /// `std::fs::read_link`: where a symbolic link leads.
    read_link -> PathBuf;
    /// `std::fs::canonicalize`: the absolute path without symbolic links.
    canonicalize -> PathBuf;
}

of_two_paths! {
    /// `std::fs::rename`, which replaces what is at `to`.
    rename = std_fs::rename => ();
    /// `std::fs::copy`: bytes and permissions of a file, by the kernel where it can; how many bytes.
    copy = std_fs::copy => u64;
    /// `std::fs::hard_link`: one more name, `to`, for the file at `from`.
    hard_link = std_fs::hard_link => ();
    /// `std::os::unix::fs::symlink`: a symbolic link at `to` that leads to `from`.
    symlink = std::os::unix::fs::symlink => ();
}

/// `std::fs::exists`: whether a path leads to something; an error where that cannot be known.
#[track_caller]
pub fn try_exists(path: impl AsRef<Path>) -> Blocking<bool> {
    let path = path.as_ref().to_owned();
    blocking(move || std_fs::exists(path))
}

/// `std::fs::set_permissions`.
#[track_caller]
pub fn set_permissions(path: impl AsRef<Path>, permissions: Permissions) -> Blocking<()> {
    let path = path.as_ref().to_owned();
    blocking(move || std_fs::set_permissions(path, permissions))
}
