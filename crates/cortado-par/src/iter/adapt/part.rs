//! The beginning of the items, and what remains without it.

use super::drive_by_source;
use crate::iter::IndexedParallelIterator;
use crate::iter::plumbing::Source;

/// What [`take`](IndexedParallelIterator::take) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Take<I> {
    pub(crate) base: I,
    pub(crate) count: usize,
}

drive_by_source!([I: IndexedParallelIterator] Take<I>, I::Item);

impl<I: IndexedParallelIterator> IndexedParallelIterator for Take<I> {
    type Source<'a>
        = I::Source<'a>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.base.len().min(self.count)
    }

    fn source(&mut self) -> Self::Source<'_> {
        let count = self.len();
        let (taken, rest) = self.base.source().split_at(count);
        // Should an item's drop panic, the others are dropped all the same.
        drop(rest);
        taken
    }
}

/// What [`skip`](IndexedParallelIterator::skip) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Skip<I> {
    pub(crate) base: I,
    pub(crate) count: usize,
}

drive_by_source!([I: IndexedParallelIterator] Skip<I>, I::Item);

impl<I: IndexedParallelIterator> IndexedParallelIterator for Skip<I> {
    type Source<'a>
        = I::Source<'a>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.base.len().saturating_sub(self.count)
    }

    fn source(&mut self) -> Self::Source<'_> {
        let count = self.base.len().min(self.count);
        let (skipped, rest) = self.base.source().split_at(count);
        drop(skipped);
        rest
    }
}
