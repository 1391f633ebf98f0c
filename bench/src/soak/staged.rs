//! Staged accidents: panics that the acts make on purpose, which are not printed, values whose drop
//! panics, and wakers that panic.

use std::any::Any;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Wake, Waker};

use cortado::JoinError;

use super::census::Guest;

static PANICS: AtomicU64 = AtomicU64::new(0);

/// What a staged panic panics with.
pub(crate) struct Staged(Guest);

/// Lets staged panics pass in silence; others are printed as ever.
pub(crate) fn keep_quiet() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !is_staged(info.payload()) {
            usual(info);
        }
    }));
}

/// Panics on purpose.
pub(crate) fn panic_now() -> ! {
    PANICS.fetch_add(1, Ordering::Relaxed);
    panic::panic_any(Staged(Guest::new()))
}

/// How many panics were staged.
pub(crate) fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Whether a panic was made on purpose.
fn is_staged(payload: &(dyn Any + Send)) -> bool {
    payload.is::<Staged>()
}

/// Whether a task has ended with a panic that was made on purpose.
pub(crate) fn was_staged(error: JoinError) -> bool {
    error.try_into_panic().is_ok_and(|payload| is_staged(&*payload))
}

/// Its drop panics, unless something panics already.
#[derive(Debug)]
pub(crate) struct Bomb(Guest);

impl Bomb {
    pub(crate) fn new() -> Bomb {
        Bomb(Guest::new())
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic_now();
        }
    }
}

/// A waker that panics when it is woken, and counts how often that was.
pub(crate) struct Alarm {
    rang: AtomicU64,
    _guest: Guest,
}

impl Alarm {
    pub(crate) fn new() -> Arc<Alarm> {
        Arc::new(Alarm { rang: AtomicU64::new(0), _guest: Guest::new() })
    }

    pub(crate) fn waker(self: &Arc<Alarm>) -> Waker {
        Waker::from(self.clone())
    }

    pub(crate) fn rang(&self) -> u64 {
        self.rang.load(Ordering::Relaxed)
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Alarm>) {
        self.rang.fetch_add(1, Ordering::Relaxed);
        panic_now();
    }
}
