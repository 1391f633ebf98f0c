//! Stash: the entries of the timers that a thread dropped a moment ago, and whose messages are still
//! in the inbox.
//!
//! Most timers are timeouts that never come: they are made, armed and dropped again before anybody
//! has read the message about them. The thread's next timer takes over such an entry with its
//! message, by `Entry::revive`, and neither allocates nor posts. An entry whose message was read
//! meanwhile is just let go.

use std::cell::RefCell;

use super::entry::EntryRef;
use crate::tuning::STASHED_ENTRIES;

/// An entry, and the number of the timers to whose inbox it was posted.
type Stashed = (u64, EntryRef);

thread_local! {
    static STASH: RefCell<Vec<Stashed>> = const { RefCell::new(Vec::new()) };
}

/// Keeps an entry that was cancelled. It has no waker, so letting it go runs no user's code.
pub(super) fn put(timers: u64, entry: EntryRef) {
    // A thread that ends has no stash any more; the entry goes then.
    let _ = STASH.try_with(|stash| {
        let mut stash = stash.borrow_mut();
        if stash.len() == STASHED_ENTRIES {
            // So many were dropped without a new timer between that the messages are soon read.
            stash.clear();
        }
        stash.push((timers, entry));
    });
}

/// The entry that was put last, if it belongs to these timers.
pub(super) fn take(timers: u64) -> Option<EntryRef> {
    let last = STASH.try_with(|stash| stash.borrow_mut().pop()).ok().flatten()?;
    Some(last).filter(|(number, _)| *number == timers).map(|(_, entry)| entry)
}
