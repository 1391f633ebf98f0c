//! `File`: a file that is read and written through the blocking pool.
//!
//! One call is under way at a time. It works on a buffer of its own, of bounded size, since the
//! caller's may be gone before the call is done. A read that nobody waits for any more leaves
//! what it got in the buffer, for the next one. A write is done for its caller as soon as its
//! bytes are in the buffer and the pool has the call, so an error is told by the next operation
//! or by `flush`, and what is not flushed before the process ends may be lost.

use std::fs::{File as StdFile, Metadata, Permissions};
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::Location;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};

use crate::caller::on_behalf_of;
use crate::fs::{Blocking, OpenOptions, blocking};

/// The largest read or write of one call. Crossing to the pool and back costs some 20 µs; at 2
/// GiB/s this much takes 60 µs.
const LARGEST_CALL: usize = 128 * 1024;

/// See the module.
#[derive(Debug)]
pub struct File {
    std: Arc<StdFile>,
    state: State,
}

#[derive(Debug)]
enum State {
    Idle(Buffer),
    Busy(Blocking<Done>),
}

/// What a read has brought and nobody has taken: the bytes from `taken` on.
#[derive(Debug, Default)]
struct Buffer {
    bytes: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl Buffer {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// How far the file's position is ahead of what was taken.
    fn ahead(&self) -> i64 {
        i64::try_from(self.rest().len()).unwrap_or(i64::MAX)
    }

    fn forget(&mut self) {
        self.bytes.clear();
        (self.taken, self.ended) = (0, false);
    }
}

/// A call that the pool has made: the buffer comes back, also from a failed one.
#[derive(Debug)]
struct Done {
    buffer: Buffer,
    result: io::Result<u64>,
}

impl File {
    /// Opens a file to read it.
    #[track_caller]
    pub fn open(path: impl AsRef<Path>) -> Blocking<File> {
        OpenOptions::new().read(true).open(path)
    }

    /// Makes a file to write it, or empties the one that is there.
    #[track_caller]
    pub fn create(path: impl AsRef<Path>) -> Blocking<File> {
        OpenOptions::new().write(true).create(true).truncate(true).open(path)
    }

    /// Makes a file to read and write it; an error if it is there.
    #[track_caller]
    pub fn create_new(path: impl AsRef<Path>) -> Blocking<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(path)
    }

    /// How to open a file in any other way.
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// Uses a file that is open.
    pub fn from_std(file: StdFile) -> File {
        File { std: Arc::new(file), state: State::Idle(Buffer::default()) }
    }

    /// Waits for the call that is under way, and gives the file of the standard library back. Its
    /// position is where the reads and writes of this one have come to.
    ///
    /// Not cancel safe: dropped, it has closed the file.
    #[track_caller]
    pub fn into_std(self) -> IntoStd {
        IntoStd { file: Some(self), location: Location::caller() }
    }

    /// A second handle to the open file, with the same position.
    #[track_caller]
    pub fn try_clone(&self) -> Blocking<File> {
        let file = self.std.clone();
        blocking(move || file.try_clone().map(File::from_std))
    }

    /// What the file system knows of it.
    #[track_caller]
    pub fn metadata(&self) -> Blocking<Metadata> {
        let file = self.std.clone();
        blocking(move || file.metadata())
    }

    /// Makes sure that what was written, and flushed before, is on the disk.
    #[track_caller]
    pub fn sync_all(&self) -> Blocking<()> {
        let file = self.std.clone();
        blocking(move || file.sync_all())
    }

    /// The same without the metadata that is not needed to read it, such as times.
    #[track_caller]
    pub fn sync_data(&self) -> Blocking<()> {
        let file = self.std.clone();
        blocking(move || file.sync_data())
    }

    /// Changes who may do what with it.
    #[track_caller]
    pub fn set_permissions(&self, permissions: Permissions) -> Blocking<()> {
        let file = self.std.clone();
        blocking(move || file.set_permissions(permissions))
    }

    /// Cuts the file, or fills it with zeros, to this length.
    #[track_caller]
    pub fn set_len(&self, len: u64) -> Blocking<()> {
        let file = self.std.clone();
        blocking(move || file.set_len(len))
    }

    /// Waits for the call that is under way, if any, and tells its error.
    #[track_caller]
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(u64, &mut Buffer)>> {
        let mut result = 0;
        if let State::Busy(call) = &mut self.state {
            let done = ready!(Pin::new(call).poll(cx));
            self.state = State::Idle(Buffer::default());
            let done = done?;
            self.state = State::Idle(done.buffer);
            result = done.result?;
        }
        match &mut self.state {
            State::Idle(buffer) => Poll::Ready(Ok((result, buffer))),
            State::Busy(_) => Poll::Pending,
        }
    }

    #[track_caller]
    fn begin(
        &mut self,
        call: impl FnOnce(&StdFile, &mut Buffer) -> io::Result<u64> + Send + 'static,
    ) {
        let file = self.std.clone();
        let mut buffer = match std::mem::replace(&mut self.state, State::Idle(Buffer::default())) {
            State::Idle(buffer) => buffer,
            State::Busy(_) => Buffer::default(),
        };
        self.state = State::Busy(blocking(move || {
            let result = call(&file, &mut buffer);
            Ok(Done { buffer, result })
        }));
    }
}

/// What `File::into_std` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct IntoStd {
    file: Option<File>,
    location: &'static Location<'static>,
}

impl Future for IntoStd {
    type Output = io::Result<StdFile>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<StdFile>> {
        let location = self.location;
        let Some(file) = &mut self.file else {
            panic!("a future of into_std was polled after it had returned the file");
        };
        let (_, buffer) = ready!(on_behalf_of(location, || file.poll_idle(cx)))?;
        let ahead = buffer.ahead();
        buffer.forget();
        step_back(&file.std, ahead)?;
        let file = self.file.take().map(|file| file.std);
        match file.map(Arc::try_unwrap) {
            Some(Ok(std)) => Poll::Ready(Ok(std)),
            // A call such as `sync_all` that nobody waits for still has it.
            Some(Err(shared)) => Poll::Ready(shared.try_clone()),
            None => unreachable!("the file was there a moment ago"),
        }
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.std.as_fd()
    }
}

fn read_some(mut file: &StdFile, buffer: &mut Buffer, ask: usize) -> io::Result<u64> {
    buffer.forget();
    buffer.bytes.resize(ask, 0);
    let read = loop {
        match file.read(&mut buffer.bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read,
        }
    };
    buffer.bytes.truncate(*read.as_ref().unwrap_or(&0));
    buffer.ended = matches!(read, Ok(0));
    read.map(|read| read as u64)
}

/// Undoes what a read has taken beyond what was asked for.
fn step_back(mut file: &StdFile, ahead: i64) -> io::Result<()> {
    if ahead != 0 {
        file.seek(SeekFrom::Current(-ahead))?;
    }
    Ok(())
}

impl AsyncRead for File {
    #[track_caller]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        target: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let file = self.get_mut();
        if target.is_empty() {
            return Poll::Ready(Ok(0));
        }
        loop {
            let (_, buffer) = ready!(file.poll_idle(cx))?;
            if std::mem::take(&mut buffer.ended) {
                return Poll::Ready(Ok(0));
            }
            let len = buffer.rest().len().min(target.len());
            if len > 0 {
                target[..len].copy_from_slice(&buffer.rest()[..len]);
                buffer.taken += len;
                return Poll::Ready(Ok(len));
            }
            let ask = target.len().min(LARGEST_CALL);
            file.begin(move |std, buffer| read_some(std, buffer, ask));
        }
    }
}

impl AsyncWrite for File {
    #[track_caller]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let file = self.get_mut();
        let (_, buffer) = ready!(file.poll_idle(cx))?;
        let ahead = buffer.ahead();
        let len = bytes.len().min(LARGEST_CALL);
        buffer.forget();
        buffer.bytes.extend_from_slice(&bytes[..len]);
        file.begin(move |mut std, buffer| {
            let written = step_back(std, ahead).and_then(|()| std.write_all(&buffer.bytes));
            buffer.forget();
            written.map(|()| 0)
        });
        Poll::Ready(Ok(len))
    }

    #[track_caller]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.get_mut().poll_idle(cx))?;
        Poll::Ready(Ok(()))
    }

    #[track_caller]
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// The position is that of the bytes that were taken, not of those that were read ahead.
impl AsyncSeek for File {
    #[track_caller]
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        let file = self.get_mut();
        let (_, buffer) = ready!(file.poll_idle(cx))?;
        let ahead = buffer.ahead();
        buffer.forget();
        // A call without waiting in it: a seek changes a number in the kernel.
        let mut std = &*file.std;
        Poll::Ready(step_back(std, ahead).and_then(|()| std.seek(to)))
    }
}
