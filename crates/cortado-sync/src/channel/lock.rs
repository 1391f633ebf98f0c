//! The lock of a channel, held for tens of nanoseconds at a time.
//!
//! Taking it is one compare-exchange and releasing it one store, half of what a lock costs that
//! has to look for sleepers when it is released. So nobody sleeps in it: a thread that finds it
//! taken looks again for about as long as it can be held, then gives its time slice away, and at
//! last naps. The nap is for a holder that the kernel has preempted, which above all happens to a
//! thread of lower priority: it gets the core of those that would otherwise spin for it.
//!
//! Invariants:
//! - L1: `held` goes from false to true by a compare-exchange, and only the one that did so may
//!   touch `value`, until its guard sets `held` back. The guard does that on a panic as well.
//! - L2: the guard's store is `Release` and the compare-exchange `Acquire`, so each holder sees
//!   what the one before wrote.

use std::hint::spin_loop;
use std::thread;
use std::time::Duration;

use crate::shim::atomic::{AtomicBool, Ordering};
use crate::shim::{self, SPINS, UnsafeCell};
use crate::tuning::{LOCK_NAP_US, LOCK_PAUSES, LOCK_SPIN_ROUNDS};

/// See the module.
pub(super) struct Lock<T> {
    held: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: L1 (the lock passes its value from thread to thread, one at a time).
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(super) fn new(value: T) -> Lock<T> {
        Lock { held: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Calls `change` with the value, while nobody else has it. Not from inside of `change`.
    #[inline]
    pub(super) fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        if !self.try_take() {
            self.take_slowly();
        }
        let _guard = Guard { held: &self.held };
        // SAFETY: L1 (this thread has set `held`, and the guard lives until the end of the call).
        self.value.with_mut(|value| change(unsafe { &mut *value }))
    }

    #[inline]
    fn try_take(&self) -> bool {
        self.held.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[cold]
    fn take_slowly(&self) {
        while !SPINS {
            if self.take_if_free() {
                return;
            }
            shim::thread::yield_now();
        }
        for round in 0..LOCK_SPIN_ROUNDS {
            for _ in 0..1 << round {
                spin_loop();
            }
            if self.take_if_free() {
                return;
            }
        }
        loop {
            for _ in 0..LOCK_PAUSES {
                spin_loop();
            }
            if self.take_if_free() {
                return;
            }
            thread::sleep(Duration::from_micros(LOCK_NAP_US));
            if self.take_if_free() {
                return;
            }
        }
    }

    /// Looks before it tries, so that those who wait do not take the cache line from the holder.
    fn take_if_free(&self) -> bool {
        !self.held.load(Ordering::Relaxed) && self.try_take()
    }
}

/// Releases the lock.
struct Guard<'a> {
    held: &'a AtomicBool,
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.held.store(false, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    use super::Lock;

    #[test]
    fn one_at_a_time_and_nothing_is_lost() {
        let lock = Arc::new(Lock::new(0_u64));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let lock = lock.clone();
                std::thread::spawn(move || (0..20_000).for_each(|_| lock.with(|n| *n += 1)))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(lock.with(|n| *n), 80_000);
    }

    #[test]
    fn a_panic_releases_it() {
        let lock = Lock::new(1);
        let caught = catch_unwind(AssertUnwindSafe(|| lock.with(|_| panic!("in the lock"))));
        assert!(caught.is_err());
        assert_eq!(lock.with(|n| *n), 1);
    }
}
