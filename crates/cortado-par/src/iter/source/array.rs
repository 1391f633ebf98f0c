//! Arrays: by value they are moved into a vector first, by reference they are slices.

use super::vec::VecIter;
use crate::iter::IntoParallelIterator;
use crate::slice;

impl<T: Send, const N: usize> IntoParallelIterator for [T; N] {
    type Iter = VecIter<T>;
    type Item = T;

    fn into_par_iter(self) -> VecIter<T> {
        Vec::from(self).into_par_iter()
    }
}

impl<'a, T: Sync, const N: usize> IntoParallelIterator for &'a [T; N] {
    type Iter = slice::Iter<'a, T>;
    type Item = &'a T;

    fn into_par_iter(self) -> slice::Iter<'a, T> {
        self.as_slice().into_par_iter()
    }
}

impl<'a, T: Send, const N: usize> IntoParallelIterator for &'a mut [T; N] {
    type Iter = slice::IterMut<'a, T>;
    type Item = &'a mut T;

    fn into_par_iter(self) -> slice::IterMut<'a, T> {
        self.as_mut_slice().into_par_iter()
    }
}
