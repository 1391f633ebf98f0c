//! Parker: where one thread sleeps until another says so.
//!
//! It holds at most one token, as std's `park` does: `unpark` puts it there, `park` takes it or
//! sleeps until there is one. One thread parks at a time; any thread may unpark, without a lock and
//! without memory. A waker that nobody sleeps for pays one atomic swap and no system call.
//!
//! The word has three states. `EMPTY`: no token, nobody sleeps. `TOKEN`: the next `park` returns at
//! once. `PARKED`: the owner sleeps or is about to. The owner goes from `EMPTY` to `PARKED` by a
//! compare-exchange, which fails if a token came first; `unpark` swaps in `TOKEN` and wakes if it
//! replaces `PARKED`. The futex compares the word with `PARKED` before it sleeps, so a token that
//! comes between the two steps is seen. What happened before `unpark` is visible after the `park`
//! that takes its token (Release, Acquire).

use std::time::{Duration, Instant};

use crate::shim::atomic::Ordering::{Acquire, Release};
use crate::sys::futex::Futex;

const EMPTY: u32 = 0;
const TOKEN: u32 = 1;
const PARKED: u32 = 2;

/// Where one thread sleeps until another says so, with at most one token, as std's `park` and
/// `unpark`.
pub struct Parker {
    state: Futex,
}

impl Default for Parker {
    fn default() -> Parker {
        Parker::new()
    }
}

impl std::fmt::Debug for Parker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parker").finish_non_exhaustive()
    }
}

impl Parker {
    /// A parker without a token.
    pub fn new() -> Parker {
        Parker { state: Futex::new(EMPTY) }
    }

    /// Takes the token, or sleeps until there is one and takes it.
    pub fn park(&self) {
        if self.announce() {
            return;
        }
        loop {
            self.state.wait(PARKED, None);
            if self.take_token() {
                return;
            }
        }
    }

    /// As `park`, but gives up after `timeout`. True where it took a token.
    pub fn park_timeout(&self, timeout: Duration) -> bool {
        if self.announce() {
            return true;
        }
        // A deadline that the clock's type cannot hold is as good as none.
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return self.state.swap(EMPTY, Acquire) == TOKEN;
            }
            self.state.wait(PARKED, left);
            if self.take_token() {
                return true;
            }
        }
    }

    /// Puts the token there, and wakes who sleeps.
    pub fn unpark(&self) {
        if self.state.swap(TOKEN, Release) == PARKED {
            self.state.wake_one();
        }
    }

    /// Says that the caller is about to sleep; true where there was a token instead.
    fn announce(&self) -> bool {
        match self.state.compare_exchange(EMPTY, PARKED, Acquire, Acquire) {
            Ok(_) => false,
            Err(_) => self.take_token(),
        }
    }

    fn take_token(&self) -> bool {
        self.state.compare_exchange(TOKEN, EMPTY, Acquire, Acquire).is_ok()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Parker;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn token_waits_for_its_taker_and_does_not_add_up() {
        let parker = Parker::new();
        parker.unpark();
        parker.unpark();
        parker.park();
        assert!(!parker.park_timeout(Duration::ZERO));
        assert!(!parker.park_timeout(Duration::from_millis(1)));
        parker.unpark();
        assert!(parker.park_timeout(Duration::ZERO));
        parker.unpark();
        assert!(parker.park_timeout(Duration::MAX));
    }

    #[test]
    fn sleeper_is_woken() {
        let parker = Arc::new(Parker::new());
        let other = parker.clone();
        let thread = thread::spawn(move || {
            thread::sleep(Duration::from_millis(5));
            other.unpark();
        });
        assert!(parker.park_timeout(Duration::MAX));
        thread.join().expect("unparks");
    }

    #[test]
    fn every_turn_of_a_ping_pong_arrives() {
        let (ping, pong) = (Arc::new(Parker::new()), Arc::new(Parker::new()));
        let ball = Arc::new(AtomicU32::new(0));
        let thread = {
            let (ping, pong, ball) = (ping.clone(), pong.clone(), ball.clone());
            thread::spawn(move || {
                for turn in 0..5_000 {
                    ping.park();
                    assert_eq!(ball.swap(2 * turn + 2, Ordering::Relaxed), 2 * turn + 1);
                    pong.unpark();
                }
            })
        };
        for turn in 0..5_000 {
            assert_eq!(ball.swap(2 * turn + 1, Ordering::Relaxed), 2 * turn);
            ping.unpark();
            pong.park();
        }
        thread.join().expect("all turns arrive");
        assert_eq!(ball.load(Ordering::Relaxed), 10_000);
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::Parker;
    use loom::sync::Arc;
    use loom::thread;

    /// The sleeper always comes back, and sees what was written before the token was put.
    #[test]
    fn loom_token_is_never_lost() {
        loom::model(|| {
            let shared = Arc::new((Parker::new(), loom::sync::atomic::AtomicU32::new(0)));
            let other = shared.clone();
            let thread = thread::spawn(move || {
                other.1.store(1, loom::sync::atomic::Ordering::Relaxed);
                other.0.unpark();
            });
            shared.0.park();
            assert_eq!(shared.1.load(loom::sync::atomic::Ordering::Relaxed), 1);
            thread.join().expect("unparks");
        });
    }

    /// Two wakers: the sleeper needs one token only, and none is left half put.
    #[test]
    fn loom_two_wakers_one_sleeper() {
        loom::model(|| {
            let parker = Arc::new(Parker::new());
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let parker = parker.clone();
                    thread::spawn(move || parker.unpark())
                })
                .collect();
            parker.park();
            for thread in threads {
                thread.join().expect("unparks");
            }
            parker.unpark();
            parker.park();
        });
    }
}
