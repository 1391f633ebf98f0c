//! Parts of a slice between separators.

use crate::iter::ParallelIterator;
use crate::iter::plumbing::{Consumer, Halves, drive_halves};

/// What [`par_split`](super::ParallelSlice::par_split) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Split<'a, T, P> {
    pub(super) slice: &'a [T],
    pub(super) is_separator: P,
}

impl<'a, T: Sync, P: Fn(&T) -> bool + Sync + Send> ParallelIterator for Split<'a, T, P> {
    type Item = &'a [T];

    fn drive<C: Consumer<&'a [T]>>(self, consumer: &C, portion: C::Portion) -> C::Output {
        let halves = SplitHalves { slice: self.slice, is_separator: &self.is_separator };
        drive_halves(halves, consumer, portion)
    }
}

struct SplitHalves<'a, 'p, T, P> {
    slice: &'a [T],
    is_separator: &'p P,
}

impl<'a, T: Sync, P: Fn(&T) -> bool + Sync> Halves for SplitHalves<'a, '_, T, P> {
    type Item = &'a [T];

    fn halve(self) -> (Self, Option<Self>) {
        let SplitHalves { slice, is_separator } = self;
        match separator_near_middle(slice, is_separator) {
            None => (self, None),
            Some(at) => (
                SplitHalves { slice: &slice[..at], is_separator },
                Some(SplitHalves { slice: &slice[at + 1..], is_separator }),
            ),
        }
    }

    fn into_items(self) -> impl Iterator<Item = &'a [T]> {
        self.slice.split(self.is_separator)
    }
}

/// What [`par_split_mut`](super::ParallelSliceMut::par_split_mut) gives.
#[derive(Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct SplitMut<'a, T, P> {
    pub(super) slice: &'a mut [T],
    pub(super) is_separator: P,
}

impl<'a, T: Send, P: Fn(&T) -> bool + Sync + Send> ParallelIterator for SplitMut<'a, T, P> {
    type Item = &'a mut [T];

    fn drive<C: Consumer<&'a mut [T]>>(self, consumer: &C, portion: C::Portion) -> C::Output {
        let halves = SplitMutHalves { slice: self.slice, is_separator: &self.is_separator };
        drive_halves(halves, consumer, portion)
    }
}

struct SplitMutHalves<'a, 'p, T, P> {
    slice: &'a mut [T],
    is_separator: &'p P,
}

impl<'a, T: Send, P: Fn(&T) -> bool + Sync> Halves for SplitMutHalves<'a, '_, T, P> {
    type Item = &'a mut [T];

    fn halve(self) -> (Self, Option<Self>) {
        let SplitMutHalves { slice, is_separator } = self;
        match separator_near_middle(slice, is_separator) {
            None => (SplitMutHalves { slice, is_separator }, None),
            Some(at) => {
                let (left, right) = slice.split_at_mut(at);
                (
                    SplitMutHalves { slice: left, is_separator },
                    Some(SplitMutHalves { slice: &mut right[1..], is_separator }),
                )
            }
        }
    }

    fn into_items(self) -> impl Iterator<Item = &'a mut [T]> {
        self.slice.split_mut(self.is_separator)
    }
}

/// The first separator behind the middle, or else the last one before it.
fn separator_near_middle<T>(slice: &[T], is_separator: impl Fn(&T) -> bool) -> Option<usize> {
    let (left, right) = slice.split_at(slice.len() / 2);
    let behind = right.iter().position(&is_separator).map(|at| left.len() + at);
    behind.or_else(|| left.iter().rposition(&is_separator))
}
