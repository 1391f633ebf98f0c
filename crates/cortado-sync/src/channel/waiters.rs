//! Waiters: who waits at one end of a channel, in the order of arrival.
//!
//! An entry is made and removed by the future that waits, and by nobody else: the key that `join`
//! returns is good until that future calls `leave`. A peer only finishes an entry: it takes it out
//! of the queue, says in `stage` what came of it, and takes the waker. So a key never dangles, and
//! the list needs neither pinned memory nor unsafe code. The entry at the desk is left without a call
//! where the desk says that it was served; the next one there overwrites it.

use std::mem;
use std::sync::Arc;
use std::task::Waker;

use crate::select::{Claim, Claimed};

/// What has become of a waiter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// It stands in the queue.
    Waiting,
    /// A sender's message was taken; a receiver may take a message out of the buffer.
    Served,
    /// The channel was closed before that.
    Closed,
    /// Nobody's: the entry waits for the next one who joins.
    Free,
}

/// The select that an entry belongs to, and which of its branches it is.
#[derive(Clone)]
pub(crate) struct Branch {
    pub(crate) claim: Arc<Claim>,
    pub(crate) index: usize,
}

/// The key of the sender that waits at the desk. Its entry is never among the free ones: the desk says
/// whether it is.
pub(super) const DESK: usize = 0;

/// No key: the end of the queue.
const NOBODY: usize = usize::MAX;

/// With fewer places than this, there are four times as many at the next need, and then twice as many.
const MANY: usize = 64;

/// One who waits. `M` is what it brings: a sender's message.
struct Waiter<M> {
    /// Taken with the step out of `Waiting`.
    waker: Option<Waker>,
    branch: Option<Branch>,
    message: Option<M>,
    stage: Stage,
    previous: usize,
    /// The next in the queue, or the next of the free ones.
    next: usize,
}

impl<M> Waiter<M> {
    fn free() -> Waiter<M> {
        let (previous, next) = (NOBODY, NOBODY);
        Waiter { waker: None, branch: None, message: None, stage: Stage::Free, previous, next }
    }
}

/// See the module.
pub(super) struct Waiters<M> {
    first: usize,
    last: usize,
    /// Made once and used again, field by field: whoever waits at a rendezvous does so for each
    /// message, and moving a whole entry in and out costs as much as the rest.
    entries: Vec<Waiter<M>>,
    /// The first of those that are free.
    free: usize,
    /// The one that belongs to the desk.
    desk: usize,
}

impl<M> Waiters<M> {
    /// Nobody waits, and nobody ever at a desk.
    pub(super) fn new() -> Self {
        Waiters { entries: Vec::new(), free: NOBODY, first: NOBODY, last: NOBODY, desk: NOBODY }
    }

    /// Nobody waits. The first who does is at the desk.
    pub(super) fn with_desk() -> Self {
        Waiters { desk: DESK, ..Waiters::new() }
    }

    /// True where nobody stands in the queue.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first == NOBODY
    }

    /// Adds one behind the others.
    pub(super) fn join(
        &mut self,
        waker: Waker,
        branch: Option<Branch>,
        message: Option<M>,
    ) -> usize {
        let key = self.take_free();
        self.join_at(key, waker, branch, message);
        key
    }

    /// The same at the desk, where nobody is.
    pub(super) fn join_at_desk(
        &mut self,
        waker: Waker,
        branch: Option<Branch>,
        message: Option<M>,
    ) -> usize {
        if self.entries.is_empty() {
            self.add_free();
        }
        self.join_at(self.desk, waker, branch, message);
        self.desk
    }

    #[inline]
    fn join_at(&mut self, key: usize, waker: Waker, branch: Option<Branch>, message: Option<M>) {
        let previous = self.last;
        let entry = &mut self.entries[key];
        entry.waker = Some(waker);
        entry.branch = branch;
        entry.message = message;
        entry.stage = Stage::Waiting;
        entry.previous = previous;
        entry.next = NOBODY;
        match previous {
            NOBODY => self.first = key,
            last => self.entries[last].next = key,
        }
        self.last = key;
    }

    /// A free entry, which is no longer among the free ones.
    fn take_free(&mut self) -> usize {
        match self.free {
            NOBODY => self.add_free(),
            key => {
                self.free = self.entries[key].next;
                key
            }
        }
    }

    fn add_free(&mut self) -> usize {
        let places = self.entries.len();
        if places == self.entries.capacity() && places < MANY {
            self.entries.reserve_exact(3 * places.max(1));
        }
        self.entries.push(Waiter::free());
        places
    }

    /// Ends an entry: its message, if that was not taken, and the stage it had reached. The waker is
    /// given back so that it is dropped without the lock.
    pub(super) fn leave(&mut self, key: usize) -> (Stage, Option<M>, Option<Waker>) {
        if self.entries[key].stage == Stage::Waiting {
            self.unlink(key);
        }
        let waker = self.entries[key].waker.take();
        let (stage, message) = self.set_free(key);
        (stage, message, waker)
    }

    #[inline]
    fn set_free(&mut self, key: usize) -> (Stage, Option<M>) {
        let entry = &mut self.entries[key];
        entry.branch = None;
        if key != self.desk {
            entry.next = mem::replace(&mut self.free, key);
        }
        match mem::replace(&mut entry.stage, Stage::Free) {
            Stage::Free => cortado_probe::stop("C7", "a place in a channel's queue was left twice"),
            stage => (stage, entry.message.take()),
        }
    }

    /// Takes an entry's message, which is put back before the lock is released.
    pub(super) fn take_message(&mut self, key: usize) -> Option<M> {
        self.entries[key].message.take()
    }

    /// The reverse.
    pub(super) fn put_message(&mut self, key: usize, message: M) {
        self.entries[key].message = Some(message);
    }

    /// Ends an entry that no longer waits: what has become of it, and its message if that was not
    /// taken. None where it still waits.
    #[inline]
    pub(super) fn leave_if_finished(&mut self, key: usize) -> Option<(Stage, Option<M>)> {
        (self.entries[key].stage != Stage::Waiting).then(|| self.set_free(key))
    }

    /// Makes `waker` the one to call, and gives back the one that it replaces.
    pub(super) fn refresh(&mut self, key: usize, waker: &Waker) -> Option<Waker> {
        let entry = &mut self.entries[key];
        if entry.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            return None;
        }
        let new = waker.clone();
        entry.waker.replace(new)
    }

    /// Serves the first that can be served: takes it out of the queue, with its message, and says that
    /// it is to be woken. `own` is the select that asks; it does not meet itself.
    pub(super) fn serve_first(
        &mut self,
        own: Option<&Arc<Claim>>,
        woken: &mut Option<Waker>,
    ) -> Option<(usize, Option<M>)> {
        let mut key = self.first;
        while key != NOBODY {
            let entry = &self.entries[key];
            let next = entry.next;
            if claim(entry, own) {
                let entry = self.finish(key, Stage::Served);
                *woken = entry.waker.take();
                return Some((key, entry.message.take()));
            }
            key = next;
        }
        None
    }

    /// Tells everybody in the queue that the channel is closed; returns whom to wake.
    pub(super) fn close(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let mut key = self.first;
        while key != NOBODY {
            let entry = &self.entries[key];
            let next = entry.next;
            if claim(entry, None) {
                wakers.extend(self.finish(key, Stage::Closed).waker.take());
            }
            key = next;
        }
        wakers
    }

    /// Takes an entry out of the queue, with what has become of it.
    fn finish(&mut self, key: usize, stage: Stage) -> &mut Waiter<M> {
        self.unlink(key);
        let entry = &mut self.entries[key];
        entry.stage = stage;
        entry
    }

    fn unlink(&mut self, key: usize) {
        let entry = &self.entries[key];
        let (previous, next) = (entry.previous, entry.next);
        match previous {
            NOBODY => self.first = next,
            previous => self.entries[previous].next = next,
        }
        match next {
            NOBODY => self.last = previous,
            next => self.entries[next].previous = previous,
        }
    }
}

/// Takes the right to finish an entry. `own` is the select that asks; it does not meet itself.
fn claim<M>(entry: &Waiter<M>, own: Option<&Arc<Claim>>) -> bool {
    entry.branch.as_ref().is_none_or(|branch| {
        !own.is_some_and(|own| Arc::ptr_eq(own, &branch.claim))
            && branch.claim.claim(branch.index) == Claimed::Yes
    })
}
