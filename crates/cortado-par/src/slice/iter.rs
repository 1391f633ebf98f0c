//! References to the items of a slice.

use std::mem;

use crate::iter::plumbing::Source;
use crate::iter::{IndexedParallelIterator, IntoParallelIterator, drive_by_source};

/// Shared references to the items of a slice.
#[derive(Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Iter<'a, T> {
    slice: &'a [T],
}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Iter { slice: self.slice }
    }
}

impl<'a, T: Sync> IntoParallelIterator for &'a [T] {
    type Iter = Iter<'a, T>;
    type Item = &'a T;

    fn into_par_iter(self) -> Iter<'a, T> {
        Iter { slice: self }
    }
}

drive_by_source!(['a, T: Sync] Iter<'a, T>, &'a T);

impl<'a, T: Sync> IndexedParallelIterator for Iter<'a, T> {
    type Source<'s>
        = IterSource<'a, T>
    where
        Self: 's;

    fn len(&self) -> usize {
        self.slice.len()
    }

    fn source(&mut self) -> IterSource<'a, T> {
        IterSource { slice: self.slice }
    }
}

/// The source of [`Iter`].
pub struct IterSource<'a, T> {
    slice: &'a [T],
}

impl<'a, T: Sync> Source for IterSource<'a, T> {
    type Item = &'a T;

    const CHEAP_TO_CUT: bool = true;

    fn len(&self) -> usize {
        self.slice.len()
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let (left, right) = self.slice.split_at(index);
        (IterSource { slice: left }, IterSource { slice: right })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = &'a T> + ExactSizeIterator {
        self.slice.iter()
    }
}

/// Mutable references to the items of a slice.
#[derive(Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct IterMut<'a, T> {
    slice: &'a mut [T],
}

impl<'a, T: Send> IntoParallelIterator for &'a mut [T] {
    type Iter = IterMut<'a, T>;
    type Item = &'a mut T;

    fn into_par_iter(self) -> IterMut<'a, T> {
        IterMut { slice: self }
    }
}

drive_by_source!(['a, T: Send] IterMut<'a, T>, &'a mut T);

impl<'a, T: Send> IndexedParallelIterator for IterMut<'a, T> {
    type Source<'s>
        = IterMutSource<'a, T>
    where
        Self: 's;

    fn len(&self) -> usize {
        self.slice.len()
    }

    fn source(&mut self) -> IterMutSource<'a, T> {
        IterMutSource { slice: mem::take(&mut self.slice) }
    }
}

/// The source of [`IterMut`].
pub struct IterMutSource<'a, T> {
    slice: &'a mut [T],
}

impl<'a, T: Send> Source for IterMutSource<'a, T> {
    type Item = &'a mut T;

    const CHEAP_TO_CUT: bool = true;

    fn len(&self) -> usize {
        self.slice.len()
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let (left, right) = self.slice.split_at_mut(index);
        (IterMutSource { slice: left }, IterMutSource { slice: right })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = &'a mut T> + ExactSizeIterator {
        self.slice.iter_mut()
    }
}
