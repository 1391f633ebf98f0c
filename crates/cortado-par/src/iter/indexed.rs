//! The trait of parallel iterators that know how many items they have, and which is where.

use std::cmp::Ordering;

use super::adapt::{Chunks, Enumerate, Interleave, Limited, Rev, Skip, StepBy, Take, Zip};
use super::plumbing::Source;
use super::{IntoParallelIterator, ParallelIterator, collect};

/// A parallel iterator that knows how many items it has, and can be cut anywhere.
///
/// Who implements it lends a [`Source`]; see [`plumbing`](super::plumbing).
#[expect(clippy::len_without_is_empty, reason = "as in Rayon, an iterator is asked for its length")]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub trait IndexedParallelIterator: ParallelIterator {
    /// The items as a source, which may borrow from the iterator.
    type Source<'a>: Source<Item = Self::Item>
    where
        Self: 'a;

    /// How many items there are.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((0..10).into_par_iter().skip(3).len(), 7);
    /// ```
    fn len(&self) -> usize;

    /// Lends the items as a source. It has no items left afterwards, whether they were used or
    /// not.
    fn source(&mut self) -> Self::Source<'_>;

    /// Replaces the contents of `target` by all items, and uses its memory.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut squares = vec![7; 100];
    /// (0..3).into_par_iter().map(|number| number * number).collect_into_vec(&mut squares);
    /// assert_eq!(squares, [0, 1, 4]);
    /// ```
    fn collect_into_vec(self, target: &mut Vec<Self::Item>) {
        target.clear();
        let len = self.len();
        collect::append_exact(target, self, len);
    }

    /// The same for the components of pairs.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let (mut words, mut lens) = (Vec::new(), Vec::new());
    /// ["a", "bb"].par_iter().map(|word| (*word, word.len())).unzip_into_vecs(&mut words, &mut lens);
    /// assert_eq!((words, lens), (vec!["a", "bb"], vec![1, 2]));
    /// ```
    fn unzip_into_vecs<A: Send, B: Send>(self, left: &mut Vec<A>, right: &mut Vec<B>)
    where
        Self: IndexedParallelIterator<Item = (A, B)>,
    {
        left.clear();
        right.clear();
        let len = self.len();
        collect::unzip_exact(left, right, self, len);
    }

    /// Pairs of an item of each, until one has no more.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut totals = [1, 2, 3];
    /// totals.par_iter_mut().zip([10, 20, 30].par_iter()).for_each(|(total, more)| *total += more);
    /// assert_eq!(totals, [11, 22, 33]);
    /// ```
    fn zip<Z>(self, other: Z) -> Zip<Self, Z::Iter>
    where
        Z: IntoParallelIterator<Iter: IndexedParallelIterator>,
    {
        Zip { left: self, right: other.into_par_iter() }
    }

    /// The same for two of the same length.
    ///
    /// # Panics
    /// If the lengths differ.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let sums = [1, 2].par_iter().zip_eq([10, 20].par_iter()).map(|(left, right)| left + right);
    /// assert_eq!(sums.collect::<Vec<_>>(), [11, 22]);
    /// ```
    #[track_caller]
    fn zip_eq<Z>(self, other: Z) -> Zip<Self, Z::Iter>
    where
        Z: IntoParallelIterator<Iter: IndexedParallelIterator>,
    {
        let zipped = self.zip(other);
        let (left, right) = (zipped.left.len(), zipped.right.len());
        assert_eq!(left, right, "`zip_eq` needs two parallel iterators of the same length");
        zipped
    }

    /// The items of both in turn, and then what the longer one has more.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let turns: Vec<i32> = (0..2).into_par_iter().interleave(7..11).collect();
    /// assert_eq!(turns, [0, 7, 1, 8, 9, 10]);
    /// ```
    fn interleave<B>(self, other: B) -> Interleave<Self, B::Iter>
    where
        B: IntoParallelIterator<Item = Self::Item, Iter: IndexedParallelIterator>,
    {
        Interleave { first: self, second: other.into_par_iter() }
    }

    /// The items of both in turn, until the one whose turn it is has no more.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let turns: Vec<i32> = (0..2).into_par_iter().interleave_shortest(7..11).collect();
    /// assert_eq!(turns, [0, 7, 1, 8]);
    /// ```
    fn interleave_shortest<B>(self, other: B) -> Interleave<Take<Self>, Take<B::Iter>>
    where
        B: IntoParallelIterator<Item = Self::Item, Iter: IndexedParallelIterator>,
    {
        let other = other.into_par_iter();
        let (first, second) = (self.len(), other.len());
        // Where the second one is used up, the first one has had one turn more.
        let (of_first, of_second) =
            if first <= second { (first, first) } else { (second + 1, second) };
        Interleave { first: self.take(of_first), second: other.take(of_second) }
    }

    /// Vectors of `size` successive items, the last one of what remains. On slices,
    /// [`par_chunks`](crate::slice::ParallelSlice::par_chunks) needs no vectors.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let chunks: Vec<Vec<i32>> = (0..5).into_par_iter().chunks(2).collect();
    /// assert_eq!(chunks, [vec![0, 1], vec![2, 3], vec![4]]);
    /// ```
    #[track_caller]
    fn chunks(self, size: usize) -> Chunks<Self> {
        assert_ne!(size, 0, "`chunks` needs a size of at least 1");
        Chunks { base: self, size }
    }

    /// Folds `size` successive items into one, and those that remain. In contrast to
    /// [`fold`](ParallelIterator::fold) it does not depend on the machine what is folded together.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let sums = (1..=10u32).into_par_iter().fold_chunks(3, || 0, |sum, number| sum + number);
    /// assert_eq!(sums.collect::<Vec<_>>(), [1 + 2 + 3, 4 + 5 + 6, 7 + 8 + 9, 10]);
    /// ```
    #[track_caller]
    fn fold_chunks<V, N, F>(
        self,
        size: usize,
        identity: N,
        fold: F,
    ) -> impl IndexedParallelIterator<Item = V>
    where
        V: Send,
        N: Fn() -> V + Sync + Send,
        F: Fn(V, Self::Item) -> V + Sync + Send,
    {
        self.chunks(size).map(move |chunk| chunk.into_iter().fold(identity(), &fold))
    }

    /// The same from a clone of `value` on.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let sums = (1..=4u32).into_par_iter().fold_chunks_with(3, 100, |sum, number| sum + number);
    /// assert_eq!(sums.collect::<Vec<_>>(), [106, 104]);
    /// ```
    #[track_caller]
    fn fold_chunks_with<V, F>(
        self,
        size: usize,
        value: V,
        fold: F,
    ) -> impl IndexedParallelIterator<Item = V>
    where
        V: Clone + Send,
        F: Fn(V, Self::Item) -> V + Sync + Send,
    {
        self.chunks(size)
            .map_with(value, move |value, chunk| chunk.into_iter().fold(value.clone(), &fold))
    }

    /// Compares the items of both in order, as words in a dictionary.
    ///
    /// # Examples
    /// ```
    /// use std::cmp::Ordering;
    ///
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([1, 2].par_iter().cmp(&[1, 2, 3]), Ordering::Less);
    /// ```
    fn cmp<I>(self, other: I) -> Ordering
    where
        I: IntoParallelIterator<Item = Self::Item, Iter: IndexedParallelIterator>,
        Self::Item: Ord,
    {
        let other = other.into_par_iter();
        let by_len = self.len().cmp(&other.len());
        let ordering = self.zip(other).map(|(left, right)| left.cmp(&right));
        ordering.find_first(|ordering| ordering.is_ne()).unwrap_or(by_len)
    }

    /// Compares the items of both in order, as far as they can be compared.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([1.0].par_iter().partial_cmp(&[f64::NAN]), None);
    /// ```
    fn partial_cmp<I>(self, other: I) -> Option<Ordering>
    where
        I: IntoParallelIterator<Iter: IndexedParallelIterator>,
        Self::Item: PartialOrd<I::Item>,
    {
        let other = other.into_par_iter();
        let by_len = self.len().cmp(&other.len());
        let ordering = self.zip(other).map(|(left, right)| left.partial_cmp(&right));
        let different = ordering.find_first(|ordering| *ordering != Some(Ordering::Equal));
        different.unwrap_or(Some(by_len))
    }

    /// Whether both have equal items, in the same order.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert!([1, 2].par_iter().eq(&vec![1, 2]));
    /// ```
    fn eq<I>(self, other: I) -> bool
    where
        I: IntoParallelIterator<Iter: IndexedParallelIterator>,
        Self::Item: PartialEq<I::Item>,
    {
        let other = other.into_par_iter();
        self.len() == other.len() && self.zip(other).all(|(left, right)| left == right)
    }

    /// Whether both differ in an item or in their lengths.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert!([1, 2].par_iter().ne(&vec![1, 3]));
    /// ```
    fn ne<I>(self, other: I) -> bool
    where
        I: IntoParallelIterator<Iter: IndexedParallelIterator>,
        Self::Item: PartialEq<I::Item>,
    {
        !self.eq(other)
    }

    /// Whether it is less than the other one, by [`partial_cmp`](Self::partial_cmp).
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert!([1, 2].par_iter().lt(&[1, 3]));
    /// ```
    fn lt<I>(self, other: I) -> bool
    where
        I: IntoParallelIterator<Iter: IndexedParallelIterator>,
        Self::Item: PartialOrd<I::Item>,
    {
        self.partial_cmp(other).is_some_and(Ordering::is_lt)
    }

    /// Whether it is at most the other one, by [`partial_cmp`](Self::partial_cmp).
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert!([1, 2].par_iter().le(&[1, 2]));
    /// ```
    fn le<I>(self, other: I) -> bool
    where
        I: IntoParallelIterator<Iter: IndexedParallelIterator>,
        Self::Item: PartialOrd<I::Item>,
    {
        self.partial_cmp(other).is_some_and(Ordering::is_le)
    }

    /// Whether it is greater than the other one, by [`partial_cmp`](Self::partial_cmp).
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert!([1, 3].par_iter().gt(&[1, 2]));
    /// ```
    fn gt<I>(self, other: I) -> bool
    where
        I: IntoParallelIterator<Iter: IndexedParallelIterator>,
        Self::Item: PartialOrd<I::Item>,
    {
        self.partial_cmp(other).is_some_and(Ordering::is_gt)
    }

    /// Whether it is at least the other one, by [`partial_cmp`](Self::partial_cmp).
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert!([1, 2].par_iter().ge(&[1, 2]));
    /// ```
    fn ge<I>(self, other: I) -> bool
    where
        I: IntoParallelIterator<Iter: IndexedParallelIterator>,
        Self::Item: PartialOrd<I::Item>,
    {
        self.partial_cmp(other).is_some_and(Ordering::is_ge)
    }

    /// The items with their index.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!(["a", "b"].par_iter().enumerate().collect::<Vec<_>>(), [(0, &"a"), (1, &"b")]);
    /// ```
    fn enumerate(self) -> Enumerate<Self> {
        Enumerate { base: self }
    }

    /// The first item, and every `step`-th after it.
    ///
    /// # Panics
    /// If `step` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((0..8).into_par_iter().step_by(3).collect::<Vec<_>>(), [0, 3, 6]);
    /// ```
    #[track_caller]
    fn step_by(self, step: usize) -> StepBy<Self> {
        assert_ne!(step, 0, "`step_by` needs a step of at least 1");
        StepBy { base: self, step }
    }

    /// The items without the first `count`.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((0..5).into_par_iter().skip(3).collect::<Vec<_>>(), [3, 4]);
    /// ```
    fn skip(self, count: usize) -> Skip<Self> {
        Skip { base: self, count }
    }

    /// The first `count` items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((0..5).into_par_iter().take(2).collect::<Vec<_>>(), [0, 1]);
    /// ```
    fn take(self, count: usize) -> Take<Self> {
        Take { base: self, count }
    }

    /// The index of some item that `predicate` accepts: whichever is found first in time.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!(["a", "b"].par_iter().position_any(|word| *word == "b"), Some(1));
    /// ```
    fn position_any<P: Fn(Self::Item) -> bool + Sync + Send>(self, predicate: P) -> Option<usize> {
        self.positions(predicate).find_any(|_| true)
    }

    /// The index of the first item that `predicate` accepts.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([1, 2, 2].par_iter().position_first(|&number| number == 2), Some(1));
    /// ```
    fn position_first<P>(self, predicate: P) -> Option<usize>
    where
        P: Fn(Self::Item) -> bool + Sync + Send,
    {
        self.positions(predicate).find_first(|_| true)
    }

    /// The index of the last item that `predicate` accepts.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([1, 2, 2].par_iter().position_last(|&number| number == 2), Some(2));
    /// ```
    fn position_last<P>(self, predicate: P) -> Option<usize>
    where
        P: Fn(Self::Item) -> bool + Sync + Send,
    {
        self.positions(predicate).find_last(|_| true)
    }

    /// The indices of all items that `predicate` accepts.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let odd = [1, 2, 3].par_iter().positions(|number| number % 2 == 1);
    /// assert_eq!(odd.collect::<Vec<_>>(), [0, 2]);
    /// ```
    fn positions<P>(self, predicate: P) -> impl ParallelIterator<Item = usize>
    where
        P: Fn(Self::Item) -> bool + Sync + Send,
    {
        self.enumerate().filter_map(move |(index, item)| predicate(item).then_some(index))
    }

    /// The items from the last to the first.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((0..3).into_par_iter().rev().collect::<Vec<_>>(), [2, 1, 0]);
    /// ```
    fn rev(self) -> Rev<Self> {
        Rev { base: self }
    }

    /// No piece has fewer items than `min_len`, unless there are fewer altogether: where an item is
    /// worth almost nothing, and its closure keeps it from being seen.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let pieces = (0..100).into_par_iter().with_min_len(100).fold(|| 0, |sum, item| sum + item);
    /// assert_eq!(pieces.collect::<Vec<i32>>(), [4950]);
    /// ```
    fn with_min_len(self, min_len: usize) -> Limited<Self> {
        Limited { base: self, min_len, max_len: usize::MAX }
    }

    /// No piece has more items than `max_len`, unless `with_min_len` says otherwise: where items
    /// differ by much.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let pieces = (0..100).into_par_iter().with_max_len(1).fold(|| 0, |sum, item| sum + item);
    /// assert_eq!(pieces.count(), 100);
    /// ```
    fn with_max_len(self, max_len: usize) -> Limited<Self> {
        Limited { base: self, min_len: 1, max_len }
    }
}
