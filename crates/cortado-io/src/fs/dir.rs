//! The entries of a directory, fetched some at a time.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs as std_fs;
use std::future::Future;
use std::io;
use std::os::unix::fs::{DirBuilderExt, DirEntryExt};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use crate::caller;
use crate::fs::{Blocking, FileType, Metadata, blocking};

/// Entries that one job fetches. The kernel hands out 32 KiB of them at a time, several hundred.
const BATCH: usize = 128;

/// An entry of a directory.
#[derive(Debug, Clone)]
pub struct DirEntry(Arc<std_fs::DirEntry>);

impl DirEntry {
    /// The directory's path, as it was given to `read_dir`, with the entry's name.
    pub fn path(&self) -> PathBuf {
        self.0.path()
    }

    /// The entry's name.
    pub fn file_name(&self) -> OsString {
        self.0.file_name()
    }

    /// The number of its inode.
    pub fn ino(&self) -> u64 {
        self.0.ino()
    }

    /// What the file system knows of it, be it a symbolic link.
    #[track_caller]
    pub fn metadata(&self) -> Blocking<Metadata> {
        let entry = self.0.clone();
        blocking(move || entry.metadata())
    }

    /// Of which type it is. Most file systems tell it along with the entry.
    #[track_caller]
    pub fn file_type(&self) -> Blocking<FileType> {
        let entry = self.0.clone();
        blocking(move || entry.file_type())
    }
}

/// How directories are made.
#[derive(Debug, Default)]
pub struct DirBuilder {
    recursive: bool,
    mode: Option<u32>,
}

impl DirBuilder {
    /// A single directory with the usual permissions.
    pub fn new() -> DirBuilder {
        DirBuilder::default()
    }

    /// Whether those above it are made as well, and it is no error if it is there.
    pub fn recursive(&mut self, recursive: bool) -> &mut DirBuilder {
        self.recursive = recursive;
        self
    }

    /// The permissions, such as `0o700`, of which the umask takes some away.
    pub fn mode(&mut self, mode: u32) -> &mut DirBuilder {
        self.mode = Some(mode);
        self
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// Those of `std::fs::DirBuilder::create`.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn create(&self, path: impl AsRef<Path>) -> Blocking<()> {
        let mut builder = std_fs::DirBuilder::new();
        builder.recursive(self.recursive);
        if let Some(mode) = self.mode {
            builder.mode(mode);
        }
        let path = path.as_ref().to_owned();
        blocking(move || builder.create(path))
    }
}

/// The entries of a directory, in no order; made by `read_dir`. It is a stream as well.
#[derive(Debug)]
pub struct ReadDir {
    fetched: VecDeque<io::Result<std_fs::DirEntry>>,
    rest: Rest,
}

#[derive(Debug)]
enum Rest {
    Here(Box<std_fs::ReadDir>),
    Fetching(Blocking<Batch>),
    Ended,
}

#[derive(Debug)]
struct Batch {
    entries: VecDeque<io::Result<std_fs::DirEntry>>,
    rest: Option<Box<std_fs::ReadDir>>,
}

fn fetch(mut directory: Box<std_fs::ReadDir>) -> Batch {
    let entries: VecDeque<_> = directory.by_ref().take(BATCH).collect();
    let rest = (entries.len() == BATCH).then_some(directory);
    Batch { entries, rest }
}

impl ReadDir {
    pub(crate) fn new(directory: std_fs::ReadDir) -> ReadDir {
        ReadDir { fetched: VecDeque::new(), rest: Rest::Here(Box::new(directory)) }
    }

    /// The next entry, or nothing at the end. Cancel safe.
    #[track_caller]
    pub fn next_entry(&mut self) -> NextEntry<'_> {
        NextEntry { directory: self, location: Location::caller() }
    }

    /// `next_entry` as a poll function.
    ///
    /// # Errors
    /// Those of readdir(3). More entries may follow.
    #[track_caller]
    pub fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        loop {
            if let Some(entry) = self.fetched.pop_front() {
                return Poll::Ready(entry.map(|entry| Some(DirEntry(Arc::new(entry)))));
            }
            match &mut self.rest {
                Rest::Ended => return Poll::Ready(Ok(None)),
                Rest::Fetching(fetching) => {
                    let fetched = ready!(Pin::new(fetching).poll(cx));
                    self.rest = Rest::Ended;
                    let batch = fetched?;
                    self.fetched = batch.entries;
                    if let Some(rest) = batch.rest {
                        self.rest = Rest::Here(rest);
                    }
                }
                Rest::Here(_) => {
                    if let Rest::Here(rest) = std::mem::replace(&mut self.rest, Rest::Ended) {
                        self.rest = Rest::Fetching(blocking(move || Ok(fetch(rest))));
                    }
                }
            }
        }
    }
}

impl Stream for ReadDir {
    type Item = io::Result<DirEntry>;

    #[track_caller]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_next_entry(cx).map(Result::transpose)
    }
}

/// What `ReadDir::next_entry` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct NextEntry<'a> {
    directory: &'a mut ReadDir,
    location: &'static Location<'static>,
}

impl Future for NextEntry<'_> {
    type Output = io::Result<Option<DirEntry>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let NextEntry { directory, location } = self.get_mut();
        caller::on_behalf_of(location, || directory.poll_next_entry(cx))
    }
}
