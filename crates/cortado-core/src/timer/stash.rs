//! Stash: the entries of the timers that a thread dropped a moment ago, and that are still in the
//! inbox or in the wheel.
//!
//! Most timers are timeouts that never come: they are made, armed and dropped again, and the next
//! one has a later deadline. The thread's next timer takes over such an entry, by `Entry::arm`: it
//! allocates nothing, and posts nothing where its deadline is not the earlier one. Until an entry is
//! taken over or given up, the wheel is not told that nobody waits for it. So a poller may wake for
//! nothing, once for each entry here; and a thread that ends leaves its entries to the wheel, which
//! lets them go when it looks at them.

use std::cell::RefCell;

use super::entry::EntryRef;
use crate::poller::Poller;
use crate::tuning::STASHED_ENTRIES;

/// An entry, and the number of the timers that it was posted to.
type Stashed = (u64, EntryRef);

thread_local! {
    static STASH: RefCell<Vec<Stashed>> = const { RefCell::new(Vec::new()) };
}

/// Keeps an entry that was cancelled. It has no waker, so letting it go runs no user's code.
pub(super) fn put(poller: &Poller, entry: EntryRef) {
    let number = poller.timers().number;
    let mut entry = Some(entry);
    // A thread that ends has no stash any more; the entry is given up then.
    let _ = STASH.try_with(|stash| {
        let mut stash = stash.borrow_mut();
        if stash.len() == STASHED_ENTRIES {
            // The older half: so many were dropped without a new timer between.
            for (owner, entry) in stash.drain(..STASHED_ENTRIES / 2) {
                // What belongs to another runtime is left to its wheel.
                if owner == number {
                    give_up(poller, entry);
                }
            }
        }
        stash.extend(entry.take().map(|entry| (number, entry)));
    });
    entry.into_iter().for_each(|entry| give_up(poller, entry));
}

fn give_up(poller: &Poller, entry: EntryRef) {
    if poller.timers().discard(entry) {
        poller.notify();
    }
}

/// The entry that was put last, if it belongs to these timers.
pub(super) fn take(timers: u64) -> Option<EntryRef> {
    let last = STASH.try_with(|stash| stash.borrow_mut().pop_if(|(owner, _)| *owner == timers));
    last.ok().flatten().map(|(_, entry)| entry)
}
