//! Nothing, one item, or the same item many times.

use super::OptionIter;
use crate::iter::adapt::drive_by_source;
use crate::iter::plumbing::Source;
use crate::iter::{IndexedParallelIterator, IntoParallelIterator};

/// No items.
///
/// # Examples
/// ```
/// use cortado_par::iter::empty;
/// use cortado_par::prelude::*;
///
/// assert_eq!(empty().chain(1..3).collect::<Vec<_>>(), [1, 2]);
/// ```
pub fn empty<T: Send>() -> OptionIter<T> {
    None.into_par_iter()
}

/// One item.
///
/// # Examples
/// ```
/// use cortado_par::iter::once;
/// use cortado_par::prelude::*;
///
/// assert_eq!(once(0).chain(1..3).collect::<Vec<_>>(), [0, 1, 2]);
/// ```
pub fn once<T: Send>(item: T) -> OptionIter<T> {
    Some(item).into_par_iter()
}

/// Clones of an item, `count` of them.
///
/// # Examples
/// ```
/// use cortado_par::iter::repeat_n;
/// use cortado_par::prelude::*;
///
/// assert_eq!(repeat_n("a", 3).collect::<String>(), "aaa");
/// ```
pub fn repeat_n<T: Clone + Send>(item: T, count: usize) -> RepeatN<T> {
    RepeatN { item, count }
}

/// What [`repeat_n`] gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct RepeatN<T> {
    item: T,
    count: usize,
}

drive_by_source!([T: Clone + Send] RepeatN<T>, T);

impl<T: Clone + Send> IndexedParallelIterator for RepeatN<T> {
    type Source<'a>
        = RepeatSource<T>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.count
    }

    fn source(&mut self) -> RepeatSource<T> {
        RepeatSource { item: self.item.clone(), count: self.count }
    }
}

/// The source of [`RepeatN`].
pub struct RepeatSource<T> {
    item: T,
    count: usize,
}

impl<T: Clone + Send> Source for RepeatSource<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.count
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let left = RepeatSource { item: self.item.clone(), count: index };
        (left, RepeatSource { item: self.item, count: self.count - index })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        std::iter::repeat_n(self.item, self.count)
    }
}
