//! A word that threads sleep on: the futex of the operating system as a safe type.
//!
//! `Futex` is an `AtomicU32` with `wait` and `wake`. On Linux these are the system calls. Elsewhere,
//! and when the loom models run, a mutex and a condition variable beside the word do the same, so
//! what is built on it is written once and can be modelled.
//!
//! The rule that makes sleeping safe: the waker changes the word first and wakes then, and `wait`
//! compares the word and goes to sleep in one step. So a change before `wait` lets it return at
//! once, and a change after it is followed by a wake-up. A return proves nothing; the caller looks
//! at the word again.

pub(crate) use imp::Futex;

#[cfg(all(target_os = "linux", not(loom)))]
mod imp {
    use std::ops::Deref;
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    use rustix::thread::futex::{self, Flags, Timespec};

    /// See the module.
    pub(crate) struct Futex {
        word: AtomicU32,
    }

    impl Futex {
        /// A word with this value.
        pub(crate) fn new(value: u32) -> Futex {
            Futex { word: AtomicU32::new(value) }
        }

        /// Sleeps if the word is `expected`, until a wake-up or the timeout; may return early.
        pub(crate) fn wait(&self, expected: u32, timeout: Option<Duration>) {
            // A timeout that the kernel's type cannot hold is longer than any machine runs.
            let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
            let _ = futex::wait(&self.word, Flags::PRIVATE, expected, timeout.as_ref());
        }

        /// Wakes one thread that sleeps on the word, if any does.
        pub(crate) fn wake_one(&self) {
            let _ = futex::wake(&self.word, Flags::PRIVATE, 1);
        }

        /// Wakes every thread that sleeps on the word.
        pub(crate) fn wake_all(&self) {
            let _ = futex::wake(&self.word, Flags::PRIVATE, i32::MAX as u32);
        }
    }

    impl Deref for Futex {
        type Target = AtomicU32;

        fn deref(&self) -> &AtomicU32 {
            &self.word
        }
    }
}

#[cfg(not(all(target_os = "linux", not(loom))))]
mod imp {
    use std::ops::Deref;
    use std::time::Duration;

    use crate::shim::atomic::{AtomicU32, Ordering};

    #[cfg(loom)]
    use loom::sync::{Condvar, Mutex};
    #[cfg(not(loom))]
    use std::sync::{Condvar, Mutex};

    /// See the module.
    pub(crate) struct Futex {
        word: AtomicU32,
        /// Held while the word is compared before a sleep, and while a wake-up is sent.
        gate: Mutex<()>,
        changed: Condvar,
    }

    impl Futex {
        /// A word with this value.
        pub(crate) fn new(value: u32) -> Futex {
            Futex { word: AtomicU32::new(value), gate: Mutex::new(()), changed: Condvar::new() }
        }

        /// Sleeps if the word is `expected`, until a wake-up or the timeout; may return early.
        pub(crate) fn wait(&self, expected: u32, timeout: Option<Duration>) {
            let gate = self.gate.lock().expect("nothing panics while the gate is held");
            if self.word.load(Ordering::SeqCst) != expected {
                return;
            }
            match timeout {
                Some(timeout) => drop(self.changed.wait_timeout(gate, timeout)),
                None => drop(self.changed.wait(gate)),
            }
        }

        /// Wakes one thread that sleeps on the word, if any does.
        pub(crate) fn wake_one(&self) {
            drop(self.gate.lock());
            self.changed.notify_one();
        }

        /// Wakes every thread that sleeps on the word.
        pub(crate) fn wake_all(&self) {
            drop(self.gate.lock());
            self.changed.notify_all();
        }
    }

    impl Deref for Futex {
        type Target = AtomicU32;

        fn deref(&self) -> &AtomicU32 {
            &self.word
        }
    }
}
