//! The atomics, locks, cells and threads that the algorithms use: std's and parking_lot's, or loom's
//! when the models run. This is the only place of the crate that knows which.

pub(crate) use imp::{Mutex, MutexGuard, RwLock, RwLockReadGuard, UnsafeCell, atomic, thread};

/// Spinning makes a model endless, so there is none in it.
pub(crate) const SPINS: bool = cfg!(not(loom));

/// Defines constructors that are `const`, except in the models: loom's types cannot be made so.
macro_rules! const_constructors {
    ($($(#[$meta:meta])* $vis:vis const fn $name:ident($($args:tt)*) -> $out:ty $body:block)*) => {$(
        #[cfg(not(loom))]
        $(#[$meta])*
        $vis const fn $name($($args)*) -> $out $body

        #[cfg(loom)]
        $(#[$meta])*
        $vis fn $name($($args)*) -> $out $body
    )*};
}

pub(crate) use const_constructors;

#[cfg(not(loom))]
mod imp {
    pub(crate) use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard};
    pub(crate) use std::sync::atomic;

    /// A cell whose content is reached through a closure, as loom wants it.
    pub(crate) struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> UnsafeCell<T> {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }
    }

    impl<T: ?Sized> UnsafeCell<T> {
        #[inline]
        pub(crate) fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
            change(self.0.get())
        }
    }

    pub(crate) mod thread {
        pub(crate) use std::thread::{Thread, current, park, yield_now};
        use std::time::Duration;

        pub(crate) fn park_timeout(timeout: Duration) {
            std::thread::park_timeout(timeout);
        }
    }
}

#[cfg(loom)]
mod imp {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::atomic;
    pub(crate) use loom::sync::{MutexGuard, RwLockReadGuard, RwLockWriteGuard};

    /// Loom's mutex with the interface of parking_lot's.
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Mutex<T> {
            Mutex(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(|poison| poison.into_inner())
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }

    /// Loom's read-write lock with the interface of parking_lot's.
    pub(crate) struct RwLock<T>(loom::sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub(crate) fn new(value: T) -> RwLock<T> {
            RwLock(loom::sync::RwLock::new(value))
        }

        pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read().unwrap_or_else(|poison| poison.into_inner())
        }

        pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
            self.0.write().unwrap_or_else(|poison| poison.into_inner())
        }
    }

    pub(crate) mod thread {
        pub(crate) use loom::thread::{Thread, current, park, yield_now};
        use std::time::Duration;

        /// Loom has no clock: a timeout never comes.
        pub(crate) fn park_timeout(_: Duration) {
            park();
        }
    }
}
