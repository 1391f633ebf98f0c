//! Vectors by value: each item is moved out of the vector's memory.

use super::drain::{DrainSource, drain};
use crate::iter::adapt::drive_by_source;
use crate::iter::{IndexedParallelIterator, IntoParallelIterator};
use crate::slice;

/// The items of a vector, by value.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct VecIter<T> {
    vec: Vec<T>,
}

impl<T: Send> IntoParallelIterator for Vec<T> {
    type Iter = VecIter<T>;
    type Item = T;

    fn into_par_iter(self) -> VecIter<T> {
        VecIter { vec: self }
    }
}

impl<T: Send> IntoParallelIterator for Box<[T]> {
    type Iter = VecIter<T>;
    type Item = T;

    fn into_par_iter(self) -> VecIter<T> {
        self.into_vec().into_par_iter()
    }
}

impl<'a, T: Sync> IntoParallelIterator for &'a Vec<T> {
    type Iter = slice::Iter<'a, T>;
    type Item = &'a T;

    fn into_par_iter(self) -> slice::Iter<'a, T> {
        self.as_slice().into_par_iter()
    }
}

impl<'a, T: Send> IntoParallelIterator for &'a mut Vec<T> {
    type Iter = slice::IterMut<'a, T>;
    type Item = &'a mut T;

    fn into_par_iter(self) -> slice::IterMut<'a, T> {
        self.as_mut_slice().into_par_iter()
    }
}

drive_by_source!([T: Send] VecIter<T>, T);

impl<T: Send> IndexedParallelIterator for VecIter<T> {
    type Source<'a>
        = DrainSource<'a, T>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.vec.len()
    }

    fn source(&mut self) -> DrainSource<'_, T> {
        drain(&mut self.vec)
    }
}
