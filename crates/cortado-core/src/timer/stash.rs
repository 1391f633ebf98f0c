//! Stash: the entries of the timers that a thread dropped a moment ago, and that are still in the
//! inbox or in the wheel.
//!
//! Most timers are timeouts that never come: they are made, armed and dropped again, and the next
//! one has a later deadline. The thread's next timer takes over such an entry, by `Entry::arm`: it
//! allocates nothing, and posts nothing where its deadline is not the earlier one. It also takes over the
//! reference to the poller, whose count all threads would otherwise change twice for each timer. Until an
//! entry is armed again or given up, the wheel is not told that nobody waits for it. So a poller may wake
//! for nothing, once for each entry here, and for each that a timer has that was not polled yet.
//!
//! A thread keeps entries of the runtime only that it is in, its home, and gives them up when it leaves:
//! nothing here keeps a poller alive that has ended.

use std::cell::RefCell;
use std::ptr;
use std::sync::Arc;

use super::entry::EntryRef;
use crate::context;
use crate::poller::Poller;
use crate::tuning::STASHED_ENTRIES;

/// What a `Sleep` waits with.
pub(super) struct Means {
    pub(super) poller: Arc<Poller>,
    /// One that nobody waits for; none where the thread has none.
    pub(super) entry: Option<EntryRef>,
}

struct Stash {
    /// The poller of the runtime that the thread is in; compared and nothing else.
    home: *const Poller,
    kept: Vec<(Arc<Poller>, EntryRef)>,
}

thread_local! {
    static STASH: RefCell<Stash> = const { RefCell::new(Stash { home: ptr::null(), kept: Vec::new() }) };
}

/// The thread is in the runtime of `poller` from now on, or in none.
pub(crate) fn set_home(poller: Option<&Arc<Poller>>) {
    let home = poller.map_or(ptr::null(), Arc::as_ptr);
    // A thread that ends has no stash any more.
    let left = STASH.try_with(|stash| {
        let mut stash = stash.borrow_mut();
        if stash.home == home {
            return Vec::new();
        }
        stash.home = home;
        std::mem::take(&mut stash.kept)
    });
    left.into_iter().flatten().for_each(|(poller, entry)| give_up(&poller, entry));
}

/// Keeps an entry that was cancelled, where the thread is at home; gives it up elsewhere. It has no
/// waker, so letting it go runs no user's code.
pub(super) fn put(poller: Arc<Poller>, entry: EntryRef) {
    let mut put = Some((poller, entry));
    let mut left = Vec::new();
    let _ = STASH.try_with(|stash| {
        let mut stash = stash.borrow_mut();
        let put = put.take_if(|(poller, _)| Arc::as_ptr(poller) == stash.home);
        if put.is_some() && stash.kept.len() == STASHED_ENTRIES {
            // The older half: so many were dropped without a new timer between.
            left.extend(stash.kept.drain(..STASHED_ENTRIES / 2));
        }
        stash.kept.extend(put);
    });
    left.into_iter().chain(put).for_each(|(poller, entry)| give_up(&poller, entry));
}

fn give_up(poller: &Poller, entry: EntryRef) {
    if poller.timers().discard(entry) {
        poller.notify();
    }
}

/// What a timer of the runtime is to wait with that the current thread is in.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub(super) fn here() -> Means {
    context::with_handle(|handle| take(handle.resources().poller()))
}

/// What a timer of `poller` is to wait with: the entry that was put last, if the thread is at home.
pub(super) fn take(poller: &Arc<Poller>) -> Means {
    let last = STASH.try_with(|stash| {
        let mut stash = stash.borrow_mut();
        if stash.home == Arc::as_ptr(poller) { stash.kept.pop() } else { None }
    });
    match last.ok().flatten() {
        Some((poller, entry)) => Means { poller, entry: Some(entry) },
        None => Means { poller: poller.clone(), entry: None },
    }
}
