//! `Mutex`: one at a time, in order.

use std::fmt;
use std::sync::Arc;

use cortado_probe::Wait;

use crate::Blocking;
use crate::gate::{Acquiring, Closed, Gate, Permits, Purpose};
use crate::guard::{ExclusiveGuard, ForOne, Lock, LockHolder, Room, Value};
use crate::shim::const_constructors;
use crate::wait_list::House;

/// Protects a value that one task or thread at a time may use, also across `.await`.
///
/// It is fair: whoever waits longest gets it, and nobody overtakes. It is not poisoned by a panic
/// (the crate's page says why). Where a lock is never held across an `.await` and the section is
/// short, std's or parking_lot's mutex is faster under contention.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use cortado_sync::{Blocking, Mutex};
///
/// let total = Arc::new(Mutex::new(0));
/// let threads: Vec<_> = (0..4)
///     .map(|_| {
///         let total = total.clone();
///         std::thread::spawn(move || *total.blocking_lock() += 1)
///     })
///     .collect();
/// threads.into_iter().for_each(|thread| thread.join().unwrap());
///
/// # async fn task(total: Arc<Mutex<i32>>) {
/// assert_eq!(*total.lock().await, 4);
/// # }
/// # task(total).wait();
/// ```
pub struct Mutex<T: ?Sized> {
    room: Room<ForOne, T>,
}

/// A held [`Mutex`].
pub type MutexGuard<'a, T> = ExclusiveGuard<&'a Mutex<T>, T>;
/// A part of the value of a held [`Mutex`].
pub type MappedMutexGuard<'a, U> = ExclusiveGuard<&'a Gate, U>;
/// A held [`Mutex`], kept alive by an `Arc`; `U` is the part of the value that it leads to.
pub type OwnedMutexGuard<T, U = T> = ExclusiveGuard<Arc<Mutex<T>>, U>;
/// The future of [`Mutex::lock`].
pub type LockMutex<'a, T> = Acquiring<&'a Mutex<T>, OfMutex>;
/// The future of [`Mutex::lock_owned`].
pub type LockMutexOwned<T> = Acquiring<Arc<Mutex<T>>, OfMutex>;

/// The lock is held, or somebody waits for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TryLockError(pub(crate) ());

impl fmt::Display for TryLockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lock is held: wait for it with `lock`, `read` or `write`, or try again")
    }
}

impl std::error::Error for TryLockError {}

/// Permits are taken to hold a mutex.
pub struct OfMutex(());

impl<H: LockHolder> Purpose<H> for OfMutex {
    const WHY: Wait = Wait::Mutex;
    type Output = ExclusiveGuard<H, Value<H>>;

    fn fulfil(permits: Result<Permits<H>, Closed>) -> Self::Output {
        ExclusiveGuard::new(permits.unwrap_or_else(|Closed| never_closed()))
    }
}

/// What the gates of locks are never.
pub(crate) fn never_closed() -> ! {
    unreachable!("nothing closes the gate of a lock")
}

impl<T: ?Sized> House for Mutex<T> {
    type Object = Gate;

    fn object(&self) -> &Gate {
        &self.room.gate
    }
}

impl<T: ?Sized> Lock for Mutex<T> {
    type Kind = ForOne;
    type Value = T;

    fn room(&self) -> &Room<ForOne, T> {
        &self.room
    }
}

impl<T> Mutex<T> {
    const_constructors! {
        /// A mutex that nobody holds.
        pub const fn new(value: T) -> Mutex<T> {
            Mutex { room: Room::for_one(value) }
        }
    }

    /// The value, from a mutex that nobody can hold any more.
    pub fn into_inner(self) -> T {
        self.room.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for its turn and holds the mutex.
    ///
    /// **Cancel safety**: dropping the future gives up the place in line, and nothing else.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Blocking, Mutex};
    /// # async fn task() {
    /// let mutex = Mutex::new(vec![1]);
    /// mutex.lock().await.push(2);
    /// assert_eq!(mutex.into_inner(), [1, 2]);
    /// # }
    /// # task().wait();
    /// ```
    #[track_caller]
    pub fn lock(&self) -> LockMutex<'_, T> {
        Acquiring::new(self, 1)
    }

    /// As [`lock`](Mutex::lock), with a guard that keeps the mutex alive.
    ///
    /// **Cancel safety**: as `lock`.
    ///
    /// # Examples
    /// ```
    /// # use std::sync::Arc;
    /// # use cortado_sync::{Blocking, Mutex};
    /// let mutex = Arc::new(Mutex::new(1));
    /// let guard = mutex.clone().lock_owned().wait();
    /// std::thread::spawn(move || assert_eq!(*guard, 1)).join().unwrap();
    /// ```
    #[track_caller]
    pub fn lock_owned(self: Arc<Self>) -> LockMutexOwned<T> {
        Acquiring::new(self, 1)
    }

    /// Blocks the thread until it holds the mutex. For plain threads; see [`Blocking`].
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        self.try_lock().unwrap_or_else(|_| self.lock().wait())
    }

    /// As [`blocking_lock`](Mutex::blocking_lock), with a guard that keeps the mutex alive.
    #[track_caller]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        self.lock_owned().wait()
    }

    /// Holds the mutex if it can be had at once.
    ///
    /// # Errors
    /// Where somebody holds it or waits for it.
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let taken = Permits::try_take(self, 1);
        taken.map(ExclusiveGuard::new).map_err(|_| TryLockError(()))
    }

    /// As [`try_lock`](Mutex::try_lock), with a guard that keeps the mutex alive.
    ///
    /// # Errors
    /// Where somebody holds it or waits for it.
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        let taken = Permits::try_take(self, 1);
        taken.map(ExclusiveGuard::new).map_err(|_| TryLockError(()))
    }

    /// The value, without locking: nobody else can have the mutex.
    pub fn get_mut(&mut self) -> &mut T {
        self.room.get_mut()
    }
}

impl<'a, T: ?Sized> ExclusiveGuard<&'a Mutex<T>, T> {
    /// The mutex that is held.
    pub fn mutex(guard: &Self) -> &'a Mutex<T> {
        guard.permits().holder()
    }
}

impl<T: ?Sized> ExclusiveGuard<Arc<Mutex<T>>, T> {
    /// The mutex that is held.
    pub fn mutex(guard: &Self) -> &Arc<Mutex<T>> {
        guard.permits().holder()
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => out.field("value", &&*guard),
            Err(_) => out.field("value", &format_args!("<held>")),
        };
        out.finish()
    }
}
