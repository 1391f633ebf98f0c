//! The messages that a broadcast channel keeps, and who still wants them.
//!
//! Messages are numbered from 0. Those that are kept are the newest ones: a receiver that wants an
//! older one has missed it. How many receivers want a message never falls from one to the next,
//! because receivers join at the newest. So messages that nobody wants any more are at the front.

use std::collections::VecDeque;
use std::sync::Arc;

/// See the module.
pub struct Ring<T> {
    kept: VecDeque<Kept<T>>,
    /// The number of the first one in `kept`.
    first: u64,
    capacity: usize,
    receivers: usize,
}

struct Kept<T> {
    message: Arc<T>,
    wanted_by: usize,
}

/// What a receiver finds.
pub(super) enum Next<T> {
    Message(Arc<T>),
    Missed(u64),
    Nothing,
}

impl<T> Ring<T> {
    pub(super) fn new(capacity: usize) -> Ring<T> {
        Ring { kept: VecDeque::new(), first: 0, capacity, receivers: 0 }
    }

    /// The number that the next message gets.
    pub(super) fn end(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    pub(super) fn receivers(&self) -> usize {
        self.receivers
    }

    /// How many messages somebody still wants.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// How many messages a receiver that wants `next` has before it.
    pub(super) fn len_from(&self, next: u64) -> usize {
        (self.end() - next) as usize
    }

    /// Adds a message; returns the one that had to go for it.
    pub(super) fn push(&mut self, message: Arc<T>) -> Option<Arc<T>> {
        let oldest = match self.kept.len() == self.capacity {
            true => self.pop_front(),
            false => None,
        };
        self.kept.push_back(Kept { message, wanted_by: self.receivers });
        oldest
    }

    fn pop_front(&mut self) -> Option<Arc<T>> {
        self.first += 1;
        self.kept.pop_front().map(|kept| kept.message)
    }

    /// A receiver joins; returns what it wants first.
    pub(super) fn join(&mut self) -> u64 {
        self.receivers += 1;
        self.end()
    }

    /// The message that a receiver wants next.
    pub(super) fn take(&mut self, next: &mut u64) -> Next<T> {
        if *next < self.first {
            let missed = self.first - *next;
            *next = self.first;
            return Next::Missed(missed);
        }
        let index = (*next - self.first) as usize;
        let Some(kept) = self.kept.get_mut(index) else { return Next::Nothing };
        *next += 1;
        kept.wanted_by -= 1;
        if kept.wanted_by > 0 {
            return Next::Message(kept.message.clone());
        }
        // Nobody wants what is older either.
        self.pop_front().map_or(Next::Nothing, Next::Message)
    }

    /// A receiver leaves; returns what nobody wants any more.
    pub(super) fn leave(&mut self, next: u64) -> Vec<Arc<T>> {
        self.receivers -= 1;
        let from = next.saturating_sub(self.first) as usize;
        for kept in self.kept.iter_mut().skip(from) {
            kept.wanted_by -= 1;
        }
        let mut unwanted = Vec::new();
        while self.kept.front().is_some_and(|kept| kept.wanted_by == 0) {
            unwanted.extend(self.pop_front());
        }
        unwanted
    }
}
