//! The lock of a channel, held for tens of nanoseconds at a time.
//!
//! Taking it is one compare-exchange and releasing it one store, half of what a lock costs that
//! has to look for sleepers when it is released. So nobody sleeps in it: a thread that finds it
//! taken looks again after a while, and at last naps. The nap is for a holder that the kernel has
//! preempted, which above all happens to a thread of lower priority: it gets the core of those that
//! would otherwise spin for it.
//!
//! A thread that finds it free again is not always right to take it. Where another thread takes it
//! over and over, the two would pass the line of the cache, and all that is in it, back and forth for
//! each message; the one that has it warm moves more messages alone than both do so. So the lock counts
//! how often it was taken, and who sees another in a hurry stays away until that one rests, for some
//! microseconds at the most and then for one nap.
//!
//! Invariants:
//! - L1: `held` goes from false to true by a compare-exchange, and only the one that did so may
//!   touch `value`, until its guard sets `held` back. The guard does that on a panic as well.
//! - L2: the guard's store is `Release` and the compare-exchange `Acquire`, so each holder sees
//!   what the one before wrote.

use std::hint::spin_loop;
use std::thread;
use std::time::Duration;

use crate::shim::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::shim::{self, SPINS, UnsafeCell};
use crate::tuning::{LOCK_HURRY, LOCK_LOOKS, LOCK_NAP_US, LOCK_PAUSES_MOST, LOCK_WATCH_PAUSES};

/// See the module.
pub(super) struct Lock<T> {
    held: AtomicBool,
    /// How often it was taken; changed by its holder.
    turns: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: L1 (the lock passes its value from thread to thread, one at a time).
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(super) fn new(value: T) -> Lock<T> {
        Lock {
            held: AtomicBool::new(false),
            turns: AtomicU32::new(0),
            value: UnsafeCell::new(value),
        }
    }

    /// Calls `change` with the value, while nobody else has it. Not from inside of `change`.
    #[inline]
    pub(super) fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        if !self.try_take() {
            self.take_slowly();
        }
        let _guard = Guard { held: &self.held };
        let turns = self.turns.load(Ordering::Relaxed);
        self.turns.store(turns.wrapping_add(1), Ordering::Relaxed);
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
        for look in 0..LOCK_LOOKS {
            let pauses = LOCK_PAUSES_MOST.min(1 << look);
            let watch = pauses.min(LOCK_WATCH_PAUSES);
            pause(pauses - watch);
            if !self.is_hurried(watch) && self.take_if_free() {
                return;
            }
        }
        loop {
            thread::sleep(Duration::from_micros(LOCK_NAP_US));
            // It has stayed away long enough: now it takes it between two turns of the others.
            for _ in 0..LOCK_PAUSES_MOST {
                if self.take_if_free() {
                    return;
                }
                pause(1);
            }
        }
    }

    /// True where it is taken again and again while this thread pauses, by another or by several.
    fn is_hurried(&self, pauses: u32) -> bool {
        let before = self.turns.load(Ordering::Relaxed);
        pause(pauses);
        self.turns.load(Ordering::Relaxed).wrapping_sub(before) >= LOCK_HURRY
    }

    /// Looks before it tries, so that those who wait do not take the cache line from the holder.
    fn take_if_free(&self) -> bool {
        !self.held.load(Ordering::Relaxed) && self.try_take()
    }
}

fn pause(times: u32) {
    (0..times).for_each(|_| spin_loop());
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
