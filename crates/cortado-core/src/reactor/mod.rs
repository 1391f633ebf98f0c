//! The reactor: readiness of descriptors, turned into wake-ups.
//!
//! One thread at a time waits; any thread registers, releases and notifies, and never waits for
//! another to do so, since threads of both lanes and thus of different OS priority come here.
//! (The kernel takes a mutex of its own for each of these calls, for the time of a list
//! operation.)
//!
//! The parts, from the kernel up: `sys` knows the poller; `Source` is one descriptor, its
//! `ReadyWord` what was reported and not yet used up, its `Waiters` who waits; `AsyncFd` is what
//! other crates build on. `Notice` makes many notifications cost one write.
//!
//! Invariant I1, kept by `Source`: a token that a wait returns points to a live source for as long
//! as nobody else begins a wait.

mod async_fd;
mod notice;
mod patience;
mod readiness;
mod source;
mod waiters;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

pub use async_fd::{AsyncFd, AsyncIo, Readiness, RegisterError};
pub(crate) use readiness::Ready;
pub use readiness::{Direction, Interest, ReadyEvent};

use cortado_probe::stop;

use crate::inbox::Inbox;
use crate::reactor::notice::Notice;
use crate::reactor::patience::Patience;
use crate::reactor::source::Source;
use crate::shim::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sys::{OsEvents, OsPoller};

/// Released sources are freed by the next wait. Where a wait lasts so long that this many have
/// come together, it is ended; 64 of them are some 15 KiB.
const RELEASED_MAX: usize = 64;

/// See the module.
pub(crate) struct Reactor {
    poller: OsPoller,
    notice: Notice,
    /// Held during `wait`: the proof that one batch of events is under way at most.
    waiting: AtomicBool,
    /// Counts registrations. A source travels from its maker to the waiting thread through the
    /// kernel, which orders the two but is unknown to the language's memory model; this word says
    /// the same in its terms: released before a source is registered, acquired after a wait.
    registered: AtomicUsize,
    released: Inbox<Source>,
    released_len: AtomicUsize,
    abandoned: Inbox<Source>,
}

/// The events of a wait, reused, so that waiting does not allocate; and what the waits before it
/// have taught.
pub(crate) struct Events {
    found: OsEvents,
    patience: Patience,
}

impl Events {
    pub(crate) fn new() -> Events {
        Events { found: OsEvents::new(), patience: Patience::default() }
    }
}

/// Gives the right to wait back, also when a waiter panics.
struct Waiting<'a>(&'a AtomicBool);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Reactor {
    pub(crate) fn new() -> io::Result<Reactor> {
        Ok(Reactor {
            poller: OsPoller::new()?,
            notice: Notice::new(),
            waiting: AtomicBool::new(false),
            registered: AtomicUsize::new(0),
            released: Inbox::new(),
            released_len: AtomicUsize::new(0),
            abandoned: Inbox::new(),
        })
    }

    /// Waits for events, at most for `timeout`, and adds to `ready` the wakers of the tasks that
    /// waited for them. It may return early with nothing, as when a signal interrupts it.
    ///
    /// With `lingers` it may look again and again for a moment before it falls asleep.
    ///
    /// # Panics
    /// Where two threads wait at once: the poller's turn keeps that from happening.
    pub(crate) fn wait(
        &self,
        events: &mut Events,
        timeout: Option<Duration>,
        lingers: bool,
        ready: &mut Vec<Waker>,
    ) {
        let _waiting = self.begin_wait();
        self.free_released();
        let waited = match lingers {
            true => self.linger_and_wait(events, timeout),
            false => self.poller.wait(&mut events.found, timeout),
        };
        match waited {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return,
            Err(error) => stop("R1", &format!("the poller is always able to wait, but: {error}")),
        }
        self.registered.load(Ordering::Acquire);
        if events.found.has_bell() {
            self.notice.heard();
        }
        for (token, what) in events.found.iter() {
            // SAFETY: I1 of `Source` (the token comes from this wait, and `_waiting` is held).
            unsafe { Source::at(token) }.report(what, ready);
        }
    }

    fn linger_and_wait(&self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        let begun = Instant::now();
        while events.patience.lasts(begun.elapsed()) {
            self.poller.wait(&mut events.found, Some(Duration::ZERO))?;
            if !events.found.is_empty() {
                events.patience.helped();
                return Ok(());
            }
            // Whoever else is to run on this core, such as the cause of the next event, comes first.
            let yielded = Instant::now();
            thread::yield_now();
            events.patience.gave_way(yielded.elapsed());
        }
        let left = timeout.map(|limit| limit.saturating_sub(begun.elapsed()));
        self.poller.wait(&mut events.found, left)?;
        events.patience.slept(begun.elapsed());
        Ok(())
    }

    fn begin_wait(&self) -> Waiting<'_> {
        let taken = self.waiting.swap(true, Ordering::Acquire);
        assert!(!taken, "one thread at a time waits in the reactor");
        Waiting(&self.waiting)
    }

    fn free_released(&self) {
        let freed = self.released.take_all();
        if !freed.is_empty() {
            self.released_len.fetch_sub(freed.len(), Ordering::Relaxed);
        }
    }

    /// Ends a wait that is under way, or else the next one at once, whoever waits.
    pub(crate) fn notify(&self) {
        self.notice.notify(|| {
            if let Err(error) = self.poller.ring() {
                stop("R2", &format!("the poller's bell can always be rung, but: {error}"));
            }
        });
    }

    /// Makes a source for `fd`. Who gets it ends it by `release` or `abandon`.
    pub(crate) fn register(&self, fd: impl AsFd, interest: Interest) -> io::Result<Arc<Source>> {
        let source = Source::new();
        self.registered.fetch_add(1, Ordering::Release);
        self.poller.add(fd, source.token(), interest)?;
        Ok(source)
    }

    /// Ends what `register` began, with the same `fd`, which is still open.
    pub(crate) fn release(&self, fd: impl AsFd, source: Arc<Source>) {
        source.drop_wakers();
        if self.poller.delete(fd).is_err() {
            self.abandoned.push(source);
            return;
        }
        // Counted before it can be taken out again, so that the count never falls below zero.
        let released = self.released_len.fetch_add(1, Ordering::Relaxed) + 1;
        self.released.push(source);
        if released == RELEASED_MAX {
            self.notify();
        }
    }

    /// Keeps a source whose descriptor the poller may still know for as long as the reactor.
    pub(crate) fn abandon(&self, source: Arc<Source>) {
        source.drop_wakers();
        self.abandoned.push(source);
    }
}
