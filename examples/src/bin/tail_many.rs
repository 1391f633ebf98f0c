//! `tail -f` of many files: prints each new line of each file, with the file's name before it.
//!
//! `cargo run -p examples --bin tail_many -- /var/log/*.log`. One inotify descriptor in the reactor
//! watches all files, so an idle one costs nothing; the files themselves are read on the blocking
//! pool. A file that was cut short is read again from its start. Ctrl-C ends it.

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use anyhow::{Context, Result, ensure};
use cortado::fs::File;
use cortado::io::{AsyncFd, AsyncReadExt, Direction, Interest};
use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::io::Errno;

/// One file, and how far it was read.
struct Tail {
    path: String,
    file: File,
    position: u64,
    /// The start of a line whose end is not written yet.
    partial: Vec<u8>,
}

fn main() -> Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    ensure!(!paths.is_empty(), "give the files to follow: tail_many FILE…");
    cortado::Runtime::single()?.block_on(async {
        let interrupted = cortado::signal::ctrl_c();
        let following = cortado::spawn_local(follow_all(paths));
        let end = following.abort_handle();
        drop(cortado::spawn_local(async move {
            if interrupted.await.is_ok() {
                end.abort();
            }
        }));
        match following.await {
            Ok(failed) => failed,
            Err(_aborted) => Ok(()),
        }
    })
}

async fn follow_all(paths: Vec<String>) -> Result<()> {
    let watch = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    let mut tails = HashMap::new();
    for path in paths {
        // Watched before it is opened, so that nothing is written unseen in between.
        let key = inotify::add_watch(&watch, &path, WatchFlags::MODIFY)
            .with_context(|| format!("cannot watch {path}"))?;
        tails.insert(key, Tail::at_end(path).await?);
    }
    println!("following {} files", tails.len());
    let watch = AsyncFd::with_interest(watch, Interest::READABLE)?;
    loop {
        for key in watch.async_io(Direction::Read, changed).await? {
            if let Some(tail) = tails.get_mut(&key) {
                tail.print_new_lines().await?;
            }
        }
    }
}

/// The watches of all files that have changed since the last call, each once.
fn changed(watch: &OwnedFd) -> io::Result<Vec<i32>> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = Reader::new(watch, &mut buffer);
    let mut keys = Vec::new();
    loop {
        match reader.next() {
            Ok(event) => keys.push(event.wd()),
            Err(Errno::AGAIN) if !keys.is_empty() => break,
            Err(error) => return Err(error.into()),
        }
    }
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

impl Tail {
    async fn at_end(path: String) -> Result<Tail> {
        let mut file = File::open(&path).await.with_context(|| format!("cannot open {path}"))?;
        let mut skipped = Vec::new();
        let position = file.read_to_end(&mut skipped).await? as u64;
        // What follows the last newline is the start of the next line.
        let line = skipped.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        Ok(Tail { path, file, position, partial: skipped.split_off(line) })
    }

    async fn print_new_lines(&mut self) -> Result<()> {
        if self.file.metadata().await?.len() < self.position {
            println!("{}: cut short; from its start:", self.path);
            self.file = File::open(&self.path).await?;
            self.position = 0;
            self.partial.clear();
        }
        self.position += self.file.read_to_end(&mut self.partial).await? as u64;
        let Some(end) = self.partial.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(());
        };
        let rest = self.partial.split_off(end + 1);
        for line in String::from_utf8_lossy(&self.partial).lines() {
            println!("{}: {line}", self.path);
        }
        self.partial = rest;
        Ok(())
    }
}
