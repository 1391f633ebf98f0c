//! Items with their index.

use super::drive_by_source;
use crate::iter::IndexedParallelIterator;
use crate::iter::plumbing::Source;

/// What [`enumerate`](IndexedParallelIterator::enumerate) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Enumerate<I> {
    pub(crate) base: I,
}

drive_by_source!([I: IndexedParallelIterator] Enumerate<I>, (usize, I::Item));

impl<I: IndexedParallelIterator> IndexedParallelIterator for Enumerate<I> {
    type Source<'a>
        = EnumerateSource<I::Source<'a>>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.base.len()
    }

    fn source(&mut self) -> Self::Source<'_> {
        EnumerateSource { base: self.base.source(), first: 0 }
    }
}

/// The source of [`Enumerate`].
pub struct EnumerateSource<P> {
    base: P,
    first: usize,
}

impl<P: Source> Source for EnumerateSource<P> {
    type Item = (usize, P::Item);

    const CHEAP_TO_CUT: bool = P::CHEAP_TO_CUT;

    fn len(&self) -> usize {
        self.base.len()
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let (left, right) = self.base.split_at(index);
        let right = EnumerateSource { base: right, first: self.first + index };
        (EnumerateSource { base: left, first: self.first }, right)
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = Self::Item> + ExactSizeIterator {
        let indices = self.first..self.first + self.base.len();
        indices.zip(self.base.into_items())
    }

    fn min_len(&self) -> usize {
        self.base.min_len()
    }

    fn max_len(&self) -> usize {
        self.base.max_len()
    }
}
