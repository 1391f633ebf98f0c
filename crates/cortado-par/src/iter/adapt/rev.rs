//! Items from the last to the first.

use super::drive_by_source;
use crate::iter::IndexedParallelIterator;
use crate::iter::plumbing::Source;

/// What [`rev`](IndexedParallelIterator::rev) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Rev<I> {
    pub(crate) base: I,
}

drive_by_source!([I: IndexedParallelIterator] Rev<I>, I::Item);

impl<I: IndexedParallelIterator> IndexedParallelIterator for Rev<I> {
    type Source<'a>
        = RevSource<I::Source<'a>>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.base.len()
    }

    fn source(&mut self) -> Self::Source<'_> {
        RevSource { base: self.base.source() }
    }
}

/// The source of [`Rev`].
pub struct RevSource<P> {
    base: P,
}

impl<P: Source> Source for RevSource<P> {
    type Item = P::Item;

    const CHEAP_TO_CUT: bool = P::CHEAP_TO_CUT;

    fn len(&self) -> usize {
        self.base.len()
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let from_front = self.base.len() - index;
        let (last, first) = self.base.split_at(from_front);
        (RevSource { base: first }, RevSource { base: last })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = P::Item> + ExactSizeIterator {
        self.base.into_items().rev()
    }

    fn min_len(&self) -> usize {
        self.base.min_len()
    }

    fn max_len(&self) -> usize {
        self.base.max_len()
    }
}
