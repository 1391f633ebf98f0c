//! Channels, select and locks, for tasks and plain threads alike.
//!
//! Nothing here needs a scheduler: every waiting operation is a future that runs on any executor,
//! and every future can also [block](Blocking) a plain thread, with or without a deadline.
//!
//! Conventions that hold for all of them:
//! - **Names and meaning** are Tokio's and std's where these have the same thing.
//! - **Fairness**: who waits longest is served first. A lock that is released while somebody waits
//!   is handed over, and nobody overtakes.
//! - **Cancel safety**: each future says what dropping it means. None loses a wake-up, a permit or
//!   a message: what a dropped future was granted goes to the next in line.
//! - **Deadlines**: a thread waits with one by [`Blocking::wait_deadline`] and
//!   [`wait_timeout`](Blocking::wait_timeout); a task by its executor's timeout around the future,
//!   which is safe because of the above.
//! - **No poisoning**: a panic while a lock is held releases the lock, and the value stays as the
//!   panic left it. A task that panics is an everyday event that its `JoinHandle` reports; one
//!   request's failure must not make every later one fail. Who needs a flag keeps it beside the
//!   value.
//! - **Priorities**: each object has a small lock of its own around its list of waiters, held for
//!   tens of nanoseconds and only when somebody waits. A thread of low priority that is preempted
//!   right there keeps others waiting, as with any lock.

#![deny(clippy::undocumented_unsafe_blocks)]

mod barrier;
pub mod broadcast;
mod cancel;
pub mod channel;
mod condvar;
mod gate;
mod guard;
#[cfg(all(test, loom))]
mod models;
mod mutex;
mod notify;
mod once_cell;
pub mod oneshot;
mod park;
mod report;
mod rwlock;
pub mod select;
mod semaphore;
mod set_once;
mod shim;
mod slot;
mod tuning;
mod wait_group;
mod wait_list;
pub mod watch;

pub use barrier::{Barrier, BarrierWait, BarrierWaitResult};
pub use cancel::{
    CancellationToken, Cancelled, CancelledOwned, DropGuard, DropGuardRef, RunUntilCancelled,
};
pub use condvar::{ConditionWait, ConditionWaitWhile, Condvar};
pub use guard::{ExclusiveGuard, SharedGuard};
pub use mutex::{
    LockMutex, LockMutexOwned, MappedMutexGuard, Mutex, MutexGuard, OwnedMutexGuard, TryLockError,
};
pub use notify::{Notification, Notify, NotifyNotified, NotifyNotifiedOwned};
pub use once_cell::{GetOrInit, GetOrTryInit, OnceCell, SetError};
pub use park::{Blocking, TimedOut};
pub use rwlock::{
    MappedRwLockReadGuard, MappedRwLockWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard,
    ReadRwLock, ReadRwLockOwned, RwLock, RwLockReadGuard, RwLockWriteGuard, WriteRwLock,
    WriteRwLockOwned,
};
pub use semaphore::{
    AcquireError, AcquirePermits, AcquirePermitsOwned, OwnedSemaphorePermit, Permit, Semaphore,
    SemaphorePermit, TryAcquireError,
};
pub use set_once::{SetOnce, SetOnceError, SetOnceWait};
pub use wait_group::{WaitGroup, WaitGroupGuard, WaitGroupWait};
