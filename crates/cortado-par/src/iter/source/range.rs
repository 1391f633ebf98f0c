//! Ranges of integers and of characters.
//!
//! Those of integers with up to 32 bits or of pointer size, and of characters, are indexed. The
//! others are not, since their length may be no `usize`; where it is one, they are as fast and
//! collect in place as well. An inclusive range is a range with one more item, chained where that
//! one is the greatest of all.

use std::ops::{Range, RangeInclusive};

use super::OptionIter;
use super::range_item::{IndexedRangeItem, RangeItem};
use crate::iter::adapt::Chain;
use crate::iter::plumbing::{Consumer, Halves, Source, drive_halves, drive_source};
use crate::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

/// The numbers of a range, or its characters.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct RangeIter<T> {
    range: Range<T>,
}

impl<T: RangeItem> IntoParallelIterator for Range<T> {
    type Iter = RangeIter<T>;
    type Item = T;

    fn into_par_iter(self) -> RangeIter<T> {
        RangeIter { range: self }
    }
}

impl<T: RangeItem> IntoParallelIterator for RangeInclusive<T> {
    type Iter = Chain<RangeIter<T>, OptionIter<T>>;
    type Item = T;

    fn into_par_iter(self) -> Self::Iter {
        let is_empty = self.is_empty();
        let (start, end) = self.into_inner();
        let (range, last) = match end.after() {
            _ if is_empty => (start..start, None),
            Some(after) => (start..after, None),
            None => (start..end, Some(end)),
        };
        range.into_par_iter().chain(last)
    }
}

impl<T: RangeItem> RangeIter<T> {
    fn whole(&self) -> RangeSource<T> {
        RangeSource { range: self.range.clone() }
    }
}

impl<T: RangeItem> ParallelIterator for RangeIter<T> {
    type Item = T;

    fn drive<C: Consumer<T>>(self, consumer: &C, portion: C::Portion) -> C::Output {
        match self.opt_len() {
            Some(_) => drive_source(self.whole(), consumer, portion),
            None => drive_halves(self.whole(), consumer, portion),
        }
    }

    fn opt_len(&self) -> Option<usize> {
        T::distance(&self.range)
    }
}

impl<T: IndexedRangeItem> IndexedParallelIterator for RangeIter<T> {
    type Source<'a>
        = RangeSource<T>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.whole().len()
    }

    fn source(&mut self) -> RangeSource<T> {
        self.whole()
    }
}

/// The source of [`RangeIter`], if its length is a `usize`.
pub struct RangeSource<T> {
    range: Range<T>,
}

impl<T: RangeItem> Source for RangeSource<T> {
    type Item = T;

    const CHEAP_TO_CUT: bool = true;

    fn len(&self) -> usize {
        T::distance(&self.range).expect("a range that is cut by index has a length")
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let middle = self.range.start.plus(index);
        let Range { start, end } = self.range;
        (RangeSource { range: start..middle }, RangeSource { range: middle..end })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        let len = self.len();
        T::counted_items(self.range, len)
    }
}

impl<T: RangeItem> Halves for RangeSource<T> {
    type Item = T;

    fn halve(self) -> (Self, Option<Self>) {
        let middle = T::middle(&self.range);
        let Range { start, end } = self.range;
        (RangeSource { range: start..middle }, Some(RangeSource { range: middle..end }))
    }

    fn into_items(self) -> impl Iterator<Item = T> {
        T::items(self.range)
    }
}
