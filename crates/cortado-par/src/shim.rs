//! The atomics and locks that the protocols use: std's and parking_lot's, or loom's when the models
//! run. This is the only place of the crate that knows which.

#[cfg(not(loom))]
pub(crate) use std::sync::atomic;

#[cfg(not(loom))]
pub(crate) use parking_lot::Mutex;

#[cfg(loom)]
pub(crate) use loom::sync::atomic;

#[cfg(loom)]
pub(crate) use modelled::Mutex;

#[cfg(loom)]
mod modelled {
    use loom::sync::{self, MutexGuard};

    /// Loom's mutex with the interface of parking_lot's.
    pub(crate) struct Mutex<T>(sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Mutex<T> {
            Mutex(sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(|poison| poison.into_inner())
        }
    }
}
