//! `Option` and `Result`: one item or none.

use crate::iter::adapt::drive_by_source;
use crate::iter::plumbing::Source;
use crate::iter::{IndexedParallelIterator, IntoParallelIterator};

/// The value of an `Option` or `Result`, if there is one.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct OptionIter<T> {
    value: Option<T>,
}

drive_by_source!([T: Send] OptionIter<T>, T);

impl<T: Send> IndexedParallelIterator for OptionIter<T> {
    type Source<'a>
        = OptionSource<T>
    where
        Self: 'a;

    fn len(&self) -> usize {
        usize::from(self.value.is_some())
    }

    fn source(&mut self) -> OptionSource<T> {
        OptionSource { value: self.value.take() }
    }
}

/// The source of [`OptionIter`].
pub struct OptionSource<T> {
    value: Option<T>,
}

impl<T: Send> Source for OptionSource<T> {
    type Item = T;

    fn len(&self) -> usize {
        usize::from(self.value.is_some())
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let none = OptionSource { value: None };
        if index == 0 { (none, self) } else { (self, none) }
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        self.value.into_iter()
    }
}

macro_rules! optional {
    ($([$($generics:tt)*] $type:ty, $item:ty, |$value:ident| $option:expr;)*) => {$(
        impl<$($generics)*> IntoParallelIterator for $type {
            type Iter = OptionIter<$item>;
            type Item = $item;

            fn into_par_iter(self) -> OptionIter<$item> {
                let $value = self;
                OptionIter { value: $option }
            }
        }
    )*};
}

optional! {
    [T: Send] Option<T>, T, |option| option;
    ['a, T: Sync] &'a Option<T>, &'a T, |option| option.as_ref();
    ['a, T: Send] &'a mut Option<T>, &'a mut T, |option| option.as_mut();
    [T: Send, E] Result<T, E>, T, |result| result.ok();
    ['a, T: Sync, E] &'a Result<T, E>, &'a T, |result| result.as_ref().ok();
    ['a, T: Send, E] &'a mut Result<T, E>, &'a mut T, |result| result.as_mut().ok();
}
