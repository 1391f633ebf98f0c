//! Waiters: who waits at one end of a channel, in the order of arrival.
//!
//! An entry is made and removed by the future that waits, and by nobody else: the key that `join`
//! returns is good until that future calls `leave`. A peer only finishes an entry: it takes it out
//! of the queue, says in `stage` what came of it, and takes the waker. So a key never dangles, and
//! the list needs neither pinned memory nor unsafe code.

use std::sync::Arc;
use std::task::Waker;

use slab::Slab;

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
}

/// The select that an entry belongs to, and which of its branches it is.
#[derive(Clone)]
pub(crate) struct Branch {
    pub(crate) claim: Arc<Claim>,
    pub(crate) index: usize,
}

/// One who waits. `M` is what it brings: a sender's message.
struct Waiter<M> {
    waker: Option<Waker>,
    branch: Option<Branch>,
    message: Option<M>,
    stage: Stage,
    previous: Option<usize>,
    next: Option<usize>,
}

/// See the module.
pub(super) struct Waiters<M> {
    entries: Slab<Waiter<M>>,
    first: Option<usize>,
    last: Option<usize>,
}

impl<M> Waiters<M> {
    /// Nobody waits.
    pub(super) fn new() -> Self {
        Waiters { entries: Slab::new(), first: None, last: None }
    }

    /// True where nobody stands in the queue.
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Adds one behind the others.
    pub(super) fn join(
        &mut self,
        waker: Waker,
        branch: Option<Branch>,
        message: Option<M>,
    ) -> usize {
        let previous = self.last;
        let waker = Some(waker);
        let stage = Stage::Waiting;
        let key =
            self.entries.insert(Waiter { waker, branch, message, stage, previous, next: None });
        match previous {
            Some(last) => self.entries[last].next = Some(key),
            None => self.first = Some(key),
        }
        self.last = Some(key);
        key
    }

    /// Ends an entry: its message, if that was not taken, and the stage it had reached. The waker is
    /// given back so that it is dropped without the lock.
    pub(super) fn leave(&mut self, key: usize) -> (Stage, Option<M>, Option<Waker>) {
        if self.entries[key].stage == Stage::Waiting {
            self.unlink(key);
        }
        let entry = self.entries.remove(key);
        (entry.stage, entry.message, entry.waker)
    }

    /// Takes an entry's message, which is put back before the lock is released.
    pub(super) fn take_message(&mut self, key: usize) -> Option<M> {
        self.entries[key].message.take()
    }

    /// The reverse.
    pub(super) fn put_message(&mut self, key: usize, message: M) {
        self.entries[key].message = Some(message);
    }

    /// What has become of an entry.
    pub(super) fn stage(&self, key: usize) -> Stage {
        self.entries[key].stage
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

    /// Serves the first that can be served: takes it out of the queue, with its message. `own` is
    /// the select that asks; it does not meet itself.
    pub(super) fn serve_first(
        &mut self,
        own: Option<&Arc<Claim>>,
    ) -> Option<(Option<M>, Option<Waker>)> {
        let mut next = self.first;
        while let Some(key) = next {
            next = self.entries[key].next;
            if self.claim(key, own) {
                self.unlink(key);
                let entry = &mut self.entries[key];
                entry.stage = Stage::Served;
                return Some((entry.message.take(), entry.waker.take()));
            }
        }
        None
    }

    /// Tells everybody in the queue that the channel is closed; returns whom to wake.
    pub(super) fn close(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let mut next = self.first;
        while let Some(key) = next {
            next = self.entries[key].next;
            if self.claim(key, None) {
                self.unlink(key);
                let entry = &mut self.entries[key];
                entry.stage = Stage::Closed;
                wakers.extend(entry.waker.take());
            }
        }
        wakers
    }

    fn claim(&self, key: usize, own: Option<&Arc<Claim>>) -> bool {
        self.entries[key].branch.as_ref().is_none_or(|branch| {
            !own.is_some_and(|own| Arc::ptr_eq(own, &branch.claim))
                && branch.claim.claim(branch.index) == Claimed::Yes
        })
    }

    fn unlink(&mut self, key: usize) {
        let entry = &mut self.entries[key];
        let (previous, next) = (entry.previous.take(), entry.next.take());
        match previous {
            Some(previous) => self.entries[previous].next = next,
            None => self.first = next,
        }
        match next {
            Some(next) => self.entries[next].previous = previous,
            None => self.last = previous,
        }
    }
}
