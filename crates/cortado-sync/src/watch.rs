//! A value that is watched: receivers see the newest one, and are told when it changes.
//!
//! What was between two looks is not seen. The value is read and changed in place, under a lock of
//! the thread (parking_lot's): a [`Ref`] is a read lock and must not be held for long, nor across an
//! `.await`. Writers come first.
//!
//! Closures of `send_modify` and `send_if_modified` may panic: the lock is released, the value stays
//! as the panic left it, and nobody is told of a change. There is no poisoning (the crate's page
//! says why).
//!
//! # Examples
//! ```
//! use cortado_sync::watch;
//! # use cortado_sync::Blocking;
//! # async fn task() {
//! let (tx, mut rx) = watch::channel("hello");
//! assert_eq!(*rx.borrow(), "hello");
//! tx.send("world").unwrap();
//! rx.changed().await.unwrap();
//! assert_eq!(*rx.borrow_and_update(), "world");
//! # }
//! # task().wait();
//! ```

mod receiver;
mod sender;

pub use receiver::{Changed, Receiver, WaitFor};
pub use sender::{Closed, Sender};

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::Notify;
use crate::report::Identity;
use crate::shim::atomic::{AtomicUsize, Ordering};
use crate::shim::{RwLock, RwLockReadGuard};

/// The number of the value that a receiver has seen. Two numbers apart is one change; the lowest bit
/// of the shared one says that no sender is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Version(usize);

impl Version {
    const CLOSED: usize = 1;
    const CHANGE: usize = 2;

    fn is_closed(self) -> bool {
        self.0 & Version::CLOSED != 0
    }

    fn number(self) -> Version {
        Version(self.0 & !Version::CLOSED)
    }
}

struct Shared<T> {
    value: RwLock<T>,
    /// Changes while `value` is locked for writing, and when the last sender goes.
    version: AtomicUsize,
    senders: AtomicUsize,
    receivers: AtomicUsize,
    changes: Notify,
    no_receivers: Notify,
    identity: Identity,
}

impl<T> Shared<T> {
    fn version(&self) -> Version {
        Version(self.version.load(Ordering::Acquire))
    }

    /// Under the write lock.
    fn count_change(&self) {
        self.version.fetch_add(Version::CHANGE, Ordering::AcqRel);
    }

    fn borrow(&self, seen: Version) -> Ref<'_, T> {
        let value = self.value.read();
        let version = self.version().number();
        Ref { value, has_changed: version != seen, version }
    }
}

/// A value with the ends to change and to watch it.
pub fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        value: RwLock::new(value),
        version: AtomicUsize::new(0),
        senders: AtomicUsize::new(1),
        receivers: AtomicUsize::new(1),
        changes: Notify::new(),
        no_receivers: Notify::new(),
        identity: Identity::new(),
    });
    (Sender { shared: shared.clone() }, Receiver { shared, seen: Version(0) })
}

/// The value, locked for reading. Senders wait until it is dropped.
#[derive(Debug)]
pub struct Ref<'a, T> {
    value: RwLockReadGuard<'a, T>,
    has_changed: bool,
    version: Version,
}

impl<T> Ref<'_, T> {
    /// The receiver had not seen this value before.
    pub fn has_changed(&self) -> bool {
        self.has_changed
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Nobody watches; this gives the value back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody watches the value: use `send_replace` where that does not matter")
    }
}

impl<T> std::error::Error for SendError<T> {}

/// All senders are gone: the value does not change any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecvError(());

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("all senders of the watched value are gone: it does not change any more")
    }
}

impl std::error::Error for RecvError {}
