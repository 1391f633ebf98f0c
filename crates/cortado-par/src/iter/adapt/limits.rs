//! How long the pieces should be.

use super::drive_by_source;
use crate::iter::IndexedParallelIterator;
use crate::iter::plumbing::Source;

/// What [`with_min_len`](IndexedParallelIterator::with_min_len) and
/// [`with_max_len`](IndexedParallelIterator::with_max_len) give.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Limited<I> {
    pub(crate) base: I,
    pub(crate) min_len: usize,
    pub(crate) max_len: usize,
}

drive_by_source!([I: IndexedParallelIterator] Limited<I>, I::Item);

impl<I: IndexedParallelIterator> IndexedParallelIterator for Limited<I> {
    type Source<'a>
        = LimitedSource<I::Source<'a>>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.base.len()
    }

    fn source(&mut self) -> Self::Source<'_> {
        let base = self.base.source();
        let min_len = base.min_len().max(self.min_len);
        let max_len = base.max_len().min(self.max_len);
        LimitedSource { base, min_len, max_len }
    }
}

/// The source of [`Limited`].
pub struct LimitedSource<P> {
    base: P,
    min_len: usize,
    max_len: usize,
}

impl<P: Source> Source for LimitedSource<P> {
    type Item = P::Item;

    const CHEAP_TO_CUT: bool = P::CHEAP_TO_CUT;

    fn len(&self) -> usize {
        self.base.len()
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let (left, right) = self.base.split_at(index);
        let limited = |base| LimitedSource { base, min_len: self.min_len, max_len: self.max_len };
        (limited(left), limited(right))
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = P::Item> + ExactSizeIterator {
        self.base.into_items()
    }

    fn min_len(&self) -> usize {
        self.min_len
    }

    fn max_len(&self) -> usize {
        self.max_len
    }
}
