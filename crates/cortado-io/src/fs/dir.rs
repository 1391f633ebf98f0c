//! The entries of a directory, fetched some at a time.

use std::collections::VecDeque;
use std::fs as std_fs;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::caller;
use crate::fs::{Blocking, blocking};

/// Entries that one job fetches. The kernel hands out 32 KiB of them at a time, several hundred.
const BATCH: usize = 128;

pub use std_fs::DirEntry;

/// The entries of a directory, in no order; made by `read_dir`.
#[derive(Debug)]
pub struct ReadDir {
    fetched: VecDeque<io::Result<DirEntry>>,
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
    entries: VecDeque<io::Result<DirEntry>>,
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

    fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        loop {
            if let Some(entry) = self.fetched.pop_front() {
                return Poll::Ready(entry.map(Some));
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
