//! The future of a select: the protocol of the essay, step by step.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use cortado_probe::turn;

use super::Claim;
use super::branch::Branch;

/// The future of a [`Select`](super::Select).
#[must_use = "futures do nothing unless they are awaited"]
pub struct SelectFuture<'a, O> {
    branches: Vec<Box<dyn Branch<O> + Send + 'a>>,
    /// Some while branches may stand in their channels' queues.
    claim: Option<Arc<Claim>>,
    finished: bool,
    location: &'static Location<'static>,
}

/// No part of it is pinned: branches are boxed, and the messages in them are moved.
impl<O> Unpin for SelectFuture<'_, O> {}

impl<'a, O> SelectFuture<'a, O> {
    pub(super) fn new(
        branches: Vec<Box<dyn Branch<O> + Send + 'a>>,
        location: &'static Location<'static>,
    ) -> Self {
        SelectFuture { branches, claim: None, finished: false, location }
    }

    /// Step 1 alone.
    pub(super) fn try_now(mut self) -> Option<O> {
        let winner = self.attempt()?;
        self.finish(winner)
    }

    fn attempt(&mut self) -> Option<usize> {
        self.branches.iter_mut().position(|branch| branch.attempt())
    }

    /// Steps 2 and 3. The winner, if the select has completed a branch itself.
    fn register(&mut self, waker: &Waker) -> Option<usize> {
        let claim = self.claim.insert(Arc::new(Claim::new()));
        loop {
            for (index, branch) in self.branches.iter_mut().enumerate() {
                if branch.register(claim, index, waker) {
                    claim.decide(index);
                    return Some(index);
                }
            }
            if claim.begin_waiting() {
                return None;
            }
            claim.begin_again();
        }
    }

    /// The winner, if a peer has claimed one.
    fn look(&mut self, waker: &Waker) -> Option<usize> {
        let claim = self.claim.as_ref()?;
        if claim.winner().is_none() {
            // Whoever claims it from here on finds the waker of this poll.
            self.branches.iter_mut().for_each(|branch| _ = branch.pick_up(waker));
        }
        let winner = claim.winner()?;
        // In a channel that is locked, a claim comes before its effect: the lock waits for that.
        self.branches[winner].pick_up(waker);
        Some(winner)
    }

    /// Step 5.
    fn finish(&mut self, winner: usize) -> Option<O> {
        self.finished = true;
        self.withdraw();
        std::mem::take(&mut self.branches).swap_remove(winner).finish()
    }

    fn withdraw(&mut self) {
        if self.claim.take().is_some() {
            self.branches.iter_mut().for_each(|branch| branch.withdraw());
        }
    }
}

impl<O> Future for SelectFuture<'_, O> {
    type Output = O;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<O> {
        assert!(!self.finished, "a select was polled again after it had finished");
        let progress = ready!(turn::proceed(context, self.location));
        let winner = match self.claim {
            Some(_) => self.look(context.waker()),
            None => self.attempt().or_else(|| self.register(context.waker())),
        };
        if let Some(output) = winner.and_then(|winner| self.finish(winner)) {
            progress.made();
            return Poll::Ready(output);
        }
        self.branches.iter().for_each(|branch| branch.waits(self.location));
        Poll::Pending
    }
}

impl<O> Drop for SelectFuture<'_, O> {
    fn drop(&mut self) {
        self.withdraw();
    }
}

impl<O> fmt::Debug for SelectFuture<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectFuture")
            .field("branches", &self.branches.len())
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}
