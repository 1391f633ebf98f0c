//! Every n-th item.

use super::drive_by_source;
use crate::iter::IndexedParallelIterator;
use crate::iter::plumbing::Source;

/// What [`step_by`](IndexedParallelIterator::step_by) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct StepBy<I> {
    pub(crate) base: I,
    /// At least 1.
    pub(crate) step: usize,
}

drive_by_source!([I: IndexedParallelIterator] StepBy<I>, I::Item);

impl<I: IndexedParallelIterator> IndexedParallelIterator for StepBy<I> {
    type Source<'a>
        = StepBySource<I::Source<'a>>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.base.len().div_ceil(self.step)
    }

    fn source(&mut self) -> Self::Source<'_> {
        StepBySource { base: self.base.source(), step: self.step }
    }
}

/// The source of [`StepBy`]. Its first item is always one that counts.
pub struct StepBySource<P> {
    base: P,
    step: usize,
}

impl<P: Source> Source for StepBySource<P> {
    type Item = P::Item;

    fn len(&self) -> usize {
        self.base.len().div_ceil(self.step)
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let in_base = index.saturating_mul(self.step).min(self.base.len());
        let (left, right) = self.base.split_at(in_base);
        (StepBySource { base: left, step: self.step }, StepBySource { base: right, ..self })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = P::Item> + ExactSizeIterator {
        self.base.into_items().step_by(self.step)
    }

    fn min_len(&self) -> usize {
        self.base.min_len().div_ceil(self.step)
    }

    fn max_len(&self) -> usize {
        self.base.max_len().div_ceil(self.step)
    }
}
