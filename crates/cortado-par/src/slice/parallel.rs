//! What slices have in parallel beside `par_iter`.

use std::cmp::Ordering;

use super::sort::{merge_sort, quicksort, sort_by_cached_key};
use super::{
    Chunks, ChunksExact, ChunksExactMut, ChunksMut, RChunks, RChunksExact, RChunksExactMut,
    RChunksMut, Split, SplitMut, Windows,
};

/// Parts of a slice, in parallel.
pub trait ParallelSlice<T: Sync> {
    /// The slice.
    fn as_parallel_slice(&self) -> &[T];

    /// The parts between the items that `is_separator` accepts, without these.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let lens = [1, 2, 0, 3].par_split(|number| *number == 0).map(<[i32]>::len);
    /// assert_eq!(lens.collect::<Vec<_>>(), [2, 1]);
    /// ```
    fn par_split<P: Fn(&T) -> bool + Sync + Send>(&self, is_separator: P) -> Split<'_, T, P> {
        Split { slice: self.as_parallel_slice(), is_separator }
    }

    /// All parts of `size` successive items, which overlap.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let sums = [1, 2, 3].par_windows(2).map(|pair| pair[0] + pair[1]);
    /// assert_eq!(sums.collect::<Vec<i32>>(), [3, 5]);
    /// ```
    #[track_caller]
    fn par_windows(&self, size: usize) -> Windows<'_, T> {
        assert_ne!(size, 0, "windows need a size of at least 1");
        Windows { slice: self.as_parallel_slice(), size }
    }

    /// Parts of `size` items, the last one of what remains.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let sums = [1, 2, 3].par_chunks(2).map(|chunk| chunk.iter().sum());
    /// assert_eq!(sums.collect::<Vec<i32>>(), [3, 3]);
    /// ```
    #[track_caller]
    fn par_chunks(&self, size: usize) -> Chunks<'_, T> {
        Chunks::new(self.as_parallel_slice(), size)
    }

    /// Parts of `size` items; what remains is left out.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let chunks = [1, 2, 3].par_chunks_exact(2);
    /// assert_eq!(chunks.remainder(), [3]);
    /// assert_eq!(chunks.map(|chunk| chunk[0] + chunk[1]).sum::<i32>(), 3);
    /// ```
    #[track_caller]
    fn par_chunks_exact(&self, size: usize) -> ChunksExact<'_, T> {
        ChunksExact::new(self.as_parallel_slice(), size)
    }

    /// Parts of `size` items from the end of the slice on, the last one of what remains.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([1, 2, 3].par_rchunks(2).collect::<Vec<_>>(), [&[2, 3][..], &[1]]);
    /// ```
    #[track_caller]
    fn par_rchunks(&self, size: usize) -> RChunks<'_, T> {
        RChunks::new(self.as_parallel_slice(), size)
    }

    /// Parts of `size` items from the end of the slice on; what remains is left out.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let chunks = [1, 2, 3].par_rchunks_exact(2);
    /// assert_eq!(chunks.remainder(), [1]);
    /// assert_eq!(chunks.collect::<Vec<_>>(), [[2, 3]]);
    /// ```
    #[track_caller]
    fn par_rchunks_exact(&self, size: usize) -> RChunksExact<'_, T> {
        RChunksExact::new(self.as_parallel_slice(), size)
    }
}

impl<T: Sync> ParallelSlice<T> for [T] {
    fn as_parallel_slice(&self) -> &[T] {
        self
    }
}

/// Mutable parts of a slice, and sorts, in parallel.
///
/// # Sorting
/// The stable sorts, `par_sort…`, take memory for as many items as the slice has; equal items keep
/// their order. The unstable ones take none and are faster for numbers. Where the comparison
/// panics, the panic arrives at the caller, and the slice has all its items in an unspecified
/// order; so it has where the comparison is no order.
pub trait ParallelSliceMut<T: Send> {
    /// The slice.
    fn as_parallel_slice_mut(&mut self) -> &mut [T];

    /// The parts between the items that `is_separator` accepts, without these.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [3, 1, 0, 2, 1];
    /// numbers.par_split_mut(|number| *number == 0).for_each(|part| part.sort());
    /// assert_eq!(numbers, [1, 3, 0, 1, 2]);
    /// ```
    fn par_split_mut<P>(&mut self, is_separator: P) -> SplitMut<'_, T, P>
    where
        P: Fn(&T) -> bool + Sync + Send,
    {
        SplitMut { slice: self.as_parallel_slice_mut(), is_separator }
    }

    /// Parts of `size` items, the last one of what remains.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [1, 2, 3];
    /// numbers.par_chunks_mut(2).enumerate().for_each(|(index, chunk)| chunk.fill(index));
    /// assert_eq!(numbers, [0, 0, 1]);
    /// ```
    #[track_caller]
    fn par_chunks_mut(&mut self, size: usize) -> ChunksMut<'_, T> {
        ChunksMut::new(self.as_parallel_slice_mut(), size)
    }

    /// Parts of `size` items; what remains is left out.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [1, 2, 3];
    /// numbers.par_chunks_exact_mut(2).for_each(|chunk| chunk.swap(0, 1));
    /// assert_eq!(numbers, [2, 1, 3]);
    /// ```
    #[track_caller]
    fn par_chunks_exact_mut(&mut self, size: usize) -> ChunksExactMut<'_, T> {
        ChunksExactMut::new(self.as_parallel_slice_mut(), size)
    }

    /// Parts of `size` items from the end of the slice on, the last one of what remains.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [1, 2, 3];
    /// numbers.par_rchunks_mut(2).enumerate().for_each(|(index, chunk)| chunk.fill(index));
    /// assert_eq!(numbers, [1, 0, 0]);
    /// ```
    #[track_caller]
    fn par_rchunks_mut(&mut self, size: usize) -> RChunksMut<'_, T> {
        RChunksMut::new(self.as_parallel_slice_mut(), size)
    }

    /// Parts of `size` items from the end of the slice on; what remains is left out.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [1, 2, 3];
    /// numbers.par_rchunks_exact_mut(2).for_each(|chunk| chunk.swap(0, 1));
    /// assert_eq!(numbers, [1, 3, 2]);
    /// ```
    #[track_caller]
    fn par_rchunks_exact_mut(&mut self, size: usize) -> RChunksExactMut<'_, T> {
        RChunksExactMut::new(self.as_parallel_slice_mut(), size)
    }

    /// Sorts the slice, and keeps the order of equal items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut words = ["pear", "apple", "fig"];
    /// words.par_sort();
    /// assert_eq!(words, ["apple", "fig", "pear"]);
    /// ```
    fn par_sort(&mut self)
    where
        T: Ord,
    {
        merge_sort(self.as_parallel_slice_mut(), T::cmp);
    }

    /// Sorts the slice by `compare`, and keeps the order of equal items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [2.5, 0.5, 1.5];
    /// numbers.par_sort_by(f64::total_cmp);
    /// assert_eq!(numbers, [0.5, 1.5, 2.5]);
    /// ```
    fn par_sort_by<F: Fn(&T, &T) -> Ordering + Sync>(&mut self, compare: F) {
        merge_sort(self.as_parallel_slice_mut(), compare);
    }

    /// Sorts the slice by the items' keys, and keeps the order of items with equal keys. The key is
    /// made for each comparison; where it costs much, see
    /// [`par_sort_by_cached_key`](Self::par_sort_by_cached_key).
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [-3, 1, 2];
    /// numbers.par_sort_by_key(|number: &i32| number.abs());
    /// assert_eq!(numbers, [1, 2, -3]);
    /// ```
    fn par_sort_by_key<K: Ord, F: Fn(&T) -> K + Sync>(&mut self, key: F) {
        merge_sort(self.as_parallel_slice_mut(), |left, right| key(left).cmp(&key(right)));
    }

    /// Sorts the slice by the items' keys, each of which is made once, and keeps the order of items
    /// with equal keys.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [3, 20, 100];
    /// numbers.par_sort_by_cached_key(|number| number.to_string());
    /// assert_eq!(numbers, [100, 20, 3]);
    /// ```
    fn par_sort_by_cached_key<K: Ord + Send, F: Fn(&T) -> K + Sync>(&mut self, key: F) {
        sort_by_cached_key(self.as_parallel_slice_mut(), key);
    }

    /// Sorts the slice in place; equal items may change their order.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [3, 1, 2];
    /// numbers.par_sort_unstable();
    /// assert_eq!(numbers, [1, 2, 3]);
    /// ```
    fn par_sort_unstable(&mut self)
    where
        T: Ord,
    {
        quicksort(self.as_parallel_slice_mut(), T::cmp);
    }

    /// Sorts the slice in place by `compare`; equal items may change their order.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [3, 1, 2];
    /// numbers.par_sort_unstable_by(|left, right| right.cmp(left));
    /// assert_eq!(numbers, [3, 2, 1]);
    /// ```
    fn par_sort_unstable_by<F: Fn(&T, &T) -> Ordering + Sync>(&mut self, compare: F) {
        quicksort(self.as_parallel_slice_mut(), compare);
    }

    /// Sorts the slice in place by the items' keys; items with equal keys may change their order.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut numbers = [-3, 1, 2];
    /// numbers.par_sort_unstable_by_key(|number: &i32| number.abs());
    /// assert_eq!(numbers, [1, 2, -3]);
    /// ```
    fn par_sort_unstable_by_key<K: Ord, F: Fn(&T) -> K + Sync>(&mut self, key: F) {
        quicksort(self.as_parallel_slice_mut(), |left, right| key(left).cmp(&key(right)));
    }
}

impl<T: Send> ParallelSliceMut<T> for [T] {
    fn as_parallel_slice_mut(&mut self) -> &mut [T] {
        self
    }
}
