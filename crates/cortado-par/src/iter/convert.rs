//! From and to parallel iterators: the traits of `par_iter`, `into_par_iter`, `collect` and
//! `par_extend`.

use super::ParallelIterator;

/// What can become a parallel iterator by value, as std's `IntoIterator`.
///
/// # Examples
/// ```
/// use cortado_par::prelude::*;
///
/// let words = vec!["a".to_owned(), "b".to_owned()];
/// let louder: Vec<String> = words.into_par_iter().map(|word| word + "!").collect();
/// assert_eq!(louder, ["a!", "b!"]);
/// ```
pub trait IntoParallelIterator {
    /// The parallel iterator.
    type Iter: ParallelIterator<Item = Self::Item>;

    /// What it gives.
    type Item: Send;

    /// Makes the parallel iterator.
    fn into_par_iter(self) -> Self::Iter;
}

impl<I: ParallelIterator> IntoParallelIterator for I {
    type Iter = I;
    type Item = I::Item;

    fn into_par_iter(self) -> I {
        self
    }
}

/// What can be iterated by shared reference, which is everything whose `&` is
/// [`IntoParallelIterator`].
///
/// # Examples
/// ```
/// use cortado_par::prelude::*;
///
/// assert_eq!([3, 1, 2].par_iter().max(), Some(&3));
/// ```
pub trait IntoParallelRefIterator<'data> {
    /// The parallel iterator.
    type Iter: ParallelIterator<Item = Self::Item>;

    /// What it gives: mostly `&'data T`.
    type Item: Send + 'data;

    /// Makes the parallel iterator.
    fn par_iter(&'data self) -> Self::Iter;
}

impl<'data, C: ?Sized + 'data> IntoParallelRefIterator<'data> for C
where
    &'data C: IntoParallelIterator,
{
    type Iter = <&'data C as IntoParallelIterator>::Iter;
    type Item = <&'data C as IntoParallelIterator>::Item;

    fn par_iter(&'data self) -> Self::Iter {
        self.into_par_iter()
    }
}

/// What can be iterated by mutable reference, which is everything whose `&mut` is
/// [`IntoParallelIterator`].
///
/// # Examples
/// ```
/// use cortado_par::prelude::*;
///
/// let mut numbers = [1, 2, 3];
/// numbers.par_iter_mut().for_each(|number| *number *= 10);
/// assert_eq!(numbers, [10, 20, 30]);
/// ```
pub trait IntoParallelRefMutIterator<'data> {
    /// The parallel iterator.
    type Iter: ParallelIterator<Item = Self::Item>;

    /// What it gives: mostly `&'data mut T`.
    type Item: Send + 'data;

    /// Makes the parallel iterator.
    fn par_iter_mut(&'data mut self) -> Self::Iter;
}

impl<'data, C: ?Sized + 'data> IntoParallelRefMutIterator<'data> for C
where
    &'data mut C: IntoParallelIterator,
{
    type Iter = <&'data mut C as IntoParallelIterator>::Iter;
    type Item = <&'data mut C as IntoParallelIterator>::Item;

    fn par_iter_mut(&'data mut self) -> Self::Iter {
        self.into_par_iter()
    }
}

/// What a parallel iterator can be [collected](ParallelIterator::collect) into, as std's
/// `FromIterator`.
///
/// # Examples
/// A collection of one's own goes through one that is there:
/// ```
/// use cortado_par::iter::{FromParallelIterator, IntoParallelIterator, ParallelIterator};
///
/// struct Sorted(Vec<u32>);
///
/// impl FromParallelIterator<u32> for Sorted {
///     fn from_par_iter<I: IntoParallelIterator<Item = u32>>(items: I) -> Sorted {
///         let mut numbers: Vec<u32> = items.into_par_iter().collect();
///         numbers.sort();
///         Sorted(numbers)
///     }
/// }
///
/// let sorted: Sorted = vec![2, 3, 1].into_par_iter().collect();
/// assert_eq!(sorted.0, [1, 2, 3]);
/// ```
pub trait FromParallelIterator<T: Send> {
    /// Collects all items.
    fn from_par_iter<I: IntoParallelIterator<Item = T>>(items: I) -> Self;
}

/// What the items of a parallel iterator can be added to, as std's `Extend`.
///
/// # Examples
/// ```
/// use cortado_par::prelude::*;
///
/// let mut numbers = vec![1, 2];
/// numbers.par_extend(3..6);
/// assert_eq!(numbers, [1, 2, 3, 4, 5]);
/// ```
pub trait ParallelExtend<T: Send> {
    /// Adds all items.
    fn par_extend<I: IntoParallelIterator<Item = T>>(&mut self, items: I);

    /// Itself, if it is a vector: then items whose number is known are put in their places at once where
    /// there are several collections to extend.
    #[doc(hidden)]
    fn par_extended_vec(&mut self) -> Option<&mut Vec<T>> {
        None
    }
}
