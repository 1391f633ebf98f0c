//! Pairs of the items of two iterators.

use super::drive_by_source;
use crate::iter::IndexedParallelIterator;
use crate::iter::plumbing::Source;

/// What [`zip`](IndexedParallelIterator::zip) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Zip<A, B> {
    pub(crate) left: A,
    pub(crate) right: B,
}

drive_by_source!(
    [A: IndexedParallelIterator, B: IndexedParallelIterator] Zip<A, B>,
    (A::Item, B::Item)
);

impl<A: IndexedParallelIterator, B: IndexedParallelIterator> IndexedParallelIterator for Zip<A, B> {
    type Source<'a>
        = ZipSource<A::Source<'a>, B::Source<'a>>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.left.len().min(self.right.len())
    }

    fn source(&mut self) -> Self::Source<'_> {
        ZipSource { left: self.left.source(), right: self.right.source() }
    }
}

/// The source of [`Zip`]. What the longer one has more stays in the last piece, and is dropped
/// there.
pub struct ZipSource<P, Q> {
    left: P,
    right: Q,
}

impl<P: Source, Q: Source> Source for ZipSource<P, Q> {
    type Item = (P::Item, Q::Item);

    const CHEAP_TO_CUT: bool = P::CHEAP_TO_CUT && Q::CHEAP_TO_CUT;

    fn len(&self) -> usize {
        self.left.len().min(self.right.len())
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let (left, right) = (self.left.split_at(index), self.right.split_at(index));
        (ZipSource { left: left.0, right: right.0 }, ZipSource { left: left.1, right: right.1 })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = Self::Item> + ExactSizeIterator {
        self.left.into_items().zip(self.right.into_items())
    }

    fn min_len(&self) -> usize {
        self.left.min_len().max(self.right.min_len())
    }

    fn max_len(&self) -> usize {
        self.left.max_len().min(self.right.max_len())
    }
}
