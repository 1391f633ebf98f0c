//! `RwLock`: one who writes or many who read, in order.

use std::fmt;
use std::sync::Arc;

use cortado_probe::Wait;

use crate::Blocking;
use crate::gate::{Acquiring, Closed, Gate, Permits, Purpose};
use crate::guard::{ExclusiveGuard, ForMany, Lock, LockHolder, Room, SharedGuard, Value};
use crate::mutex::{TryLockError, never_closed};
use crate::shim::const_constructors;
use crate::wait_list::{Holder, House};

/// How many may read at once, unless it is said otherwise. Tokio's number.
const READERS: usize = (u32::MAX >> 3) as usize;

/// Protects a value that many may read at the same time, or one may change.
///
/// It is fair: whoever waits longest is next. A reader that comes while a writer waits gets in line
/// behind it, so writers are not starved, and a reader that reads again while it holds a read lock
/// can wait for itself. It is not poisoned by a panic (the crate's page says why).
///
/// A read lock cannot be upgraded. An upgrade either overtakes those who wait, which is not fair, or
/// waits behind a writer that waits for this very read lock. Take the write lock from the start, or
/// read again after taking it.
///
/// # Examples
/// ```
/// use cortado_sync::{Blocking, RwLock};
///
/// # async fn task() {
/// let lock = RwLock::new(5);
/// {
///     let (one, two) = (lock.read().await, lock.read().await);
///     assert_eq!(*one + *two, 10);
/// }
/// *lock.write().await += 1;
/// assert_eq!(*lock.read().await, 6);
/// # }
/// # task().wait();
/// ```
pub struct RwLock<T: ?Sized> {
    room: Room<ForMany, T>,
}

/// A read lock on a [`RwLock`].
pub type RwLockReadGuard<'a, T> = SharedGuard<&'a RwLock<T>, T>;
/// A read lock that leads to a part of the value.
pub type MappedRwLockReadGuard<'a, U> = SharedGuard<&'a Gate, U>;
/// A read lock that keeps its [`RwLock`] alive; `U` is the part of the value that it leads to.
pub type OwnedRwLockReadGuard<T, U = T> = SharedGuard<Arc<RwLock<T>>, U>;
/// A write lock on a [`RwLock`].
pub type RwLockWriteGuard<'a, T> = ExclusiveGuard<&'a RwLock<T>, T>;
/// A write lock that leads to a part of the value.
pub type MappedRwLockWriteGuard<'a, U> = ExclusiveGuard<&'a Gate, U>;
/// A write lock that keeps its [`RwLock`] alive; `U` is the part of the value that it leads to.
pub type OwnedRwLockWriteGuard<T, U = T> = ExclusiveGuard<Arc<RwLock<T>>, U>;
/// The future of [`RwLock::read`].
pub type ReadRwLock<'a, T> = Acquiring<&'a RwLock<T>, OfReader>;
/// The future of [`RwLock::read_owned`].
pub type ReadRwLockOwned<T> = Acquiring<Arc<RwLock<T>>, OfReader>;
/// The future of [`RwLock::write`].
pub type WriteRwLock<'a, T> = Acquiring<&'a RwLock<T>, OfWriter>;
/// The future of [`RwLock::write_owned`].
pub type WriteRwLockOwned<T> = Acquiring<Arc<RwLock<T>>, OfWriter>;

/// A permit is taken to read.
pub struct OfReader(());

/// All permits are taken to write.
pub struct OfWriter(());

impl<H: LockHolder> Purpose<H> for OfReader {
    const WHY: Wait = Wait::ReadLock;
    type Output = SharedGuard<H, Value<H>>;

    fn fulfil(permits: Result<Permits<H>, Closed>) -> Self::Output {
        SharedGuard::new(permits.unwrap_or_else(|Closed| never_closed()))
    }
}

impl<H: LockHolder> Purpose<H> for OfWriter {
    const WHY: Wait = Wait::WriteLock;
    type Output = ExclusiveGuard<H, Value<H>>;

    fn fulfil(permits: Result<Permits<H>, Closed>) -> Self::Output {
        ExclusiveGuard::new(permits.unwrap_or_else(|Closed| never_closed()))
    }
}

impl<T: ?Sized> House for RwLock<T> {
    type Object = Gate;

    fn object(&self) -> &Gate {
        &self.room.gate
    }
}

impl<T: ?Sized> Lock for RwLock<T> {
    type Kind = ForMany;
    type Value = T;

    fn room(&self) -> &Room<ForMany, T> {
        &self.room
    }
}

impl<T> RwLock<T> {
    const_constructors! {
        /// A lock that nobody holds.
        pub const fn new(value: T) -> RwLock<T> {
            RwLock { room: Room::for_many(value, READERS) }
        }

        /// A lock that at most so many may read at once.
        ///
        /// # Panics
        /// Where `readers` is 0 or above `u32::MAX >> 3`.
        pub const fn with_max_readers(value: T, readers: u32) -> RwLock<T> {
            assert!(
                readers > 0 && readers as usize <= READERS,
                "a RwLock has from 1 to u32::MAX >> 3 readers at once"
            );
            RwLock { room: Room::for_many(value, readers as usize) }
        }
    }

    /// The value, from a lock that nobody can hold any more.
    pub fn into_inner(self) -> T {
        self.room.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until it may read.
    ///
    /// **Cancel safety**: dropping the future gives up the place in line, and nothing else.
    #[track_caller]
    pub fn read(&self) -> ReadRwLock<'_, T> {
        Acquiring::new(self, 1)
    }

    /// Waits until it may write.
    ///
    /// **Cancel safety**: dropping the future gives up the place in line, and nothing else.
    #[track_caller]
    pub fn write(&self) -> WriteRwLock<'_, T> {
        Acquiring::new(self, self.room.whole())
    }

    /// As [`read`](RwLock::read), with a guard that keeps the lock alive.
    ///
    /// **Cancel safety**: as `read`.
    #[track_caller]
    pub fn read_owned(self: Arc<Self>) -> ReadRwLockOwned<T> {
        Acquiring::new(self, 1)
    }

    /// As [`write`](RwLock::write), with a guard that keeps the lock alive.
    ///
    /// **Cancel safety**: as `write`.
    #[track_caller]
    pub fn write_owned(self: Arc<Self>) -> WriteRwLockOwned<T> {
        let whole = self.room.whole();
        Acquiring::new(self, whole)
    }

    /// Blocks the thread until it may read. For plain threads; see [`Blocking`].
    #[track_caller]
    pub fn blocking_read(&self) -> RwLockReadGuard<'_, T> {
        self.try_read().unwrap_or_else(|_| self.read().wait())
    }

    /// Blocks the thread until it may write. For plain threads; see [`Blocking`].
    #[track_caller]
    pub fn blocking_write(&self) -> RwLockWriteGuard<'_, T> {
        self.try_write().unwrap_or_else(|_| self.write().wait())
    }

    /// Reads if it may at once.
    ///
    /// # Errors
    /// Where somebody writes or waits.
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        Permits::try_take(self, 1).map(SharedGuard::new).map_err(|_| TryLockError(()))
    }

    /// Writes if it may at once.
    ///
    /// # Errors
    /// Where somebody reads, writes or waits.
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        let taken = Permits::try_take(self, self.room.whole());
        taken.map(ExclusiveGuard::new).map_err(|_| TryLockError(()))
    }

    /// As [`try_read`](RwLock::try_read), with a guard that keeps the lock alive.
    ///
    /// # Errors
    /// Where somebody writes or waits.
    pub fn try_read_owned(self: Arc<Self>) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        Permits::try_take(self, 1).map(SharedGuard::new).map_err(|_| TryLockError(()))
    }

    /// As [`try_write`](RwLock::try_write), with a guard that keeps the lock alive.
    ///
    /// # Errors
    /// Where somebody reads, writes or waits.
    pub fn try_write_owned(self: Arc<Self>) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        let whole = self.room.whole();
        Permits::try_take(self, whole).map(ExclusiveGuard::new).map_err(|_| TryLockError(()))
    }

    /// The value, without locking: nobody else can have the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.room.get_mut()
    }
}

impl<H, T: ?Sized> ExclusiveGuard<H, T>
where
    H: Holder<House = RwLock<T>>,
{
    /// Keeps the lock for reading: nobody writes in between, and those who wait to read at the
    /// front of the line come in at once.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Blocking, RwLock, RwLockWriteGuard};
    /// let lock = RwLock::new(1);
    /// let mut writer = lock.write().wait();
    /// *writer += 1;
    /// let reader = RwLockWriteGuard::downgrade(writer);
    /// assert_eq!(*reader + *lock.read().wait(), 4);
    /// ```
    pub fn downgrade(guard: Self) -> SharedGuard<H, T> {
        guard.into_shared()
    }
}

impl<'a, T: ?Sized> SharedGuard<&'a RwLock<T>, T> {
    /// The lock that is held.
    pub fn rwlock(guard: &Self) -> &'a RwLock<T> {
        guard.permits().holder()
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        RwLock::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => out.field("value", &&*guard),
            Err(_) => out.field("value", &format_args!("<held>")),
        };
        out.finish()
    }
}
