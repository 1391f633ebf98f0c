//! Parts of a slice of the same length, from its beginning or from its end.

use std::mem;

use crate::iter::plumbing::Source;
use crate::iter::{IndexedParallelIterator, drive_by_source};

/// One kind of chunks: how many there are, behind which item of the slice `index` of them end, and
/// the std iterator that makes them. Chunks from the end begin with the right part.
macro_rules! chunks {
    (
        $(#[$doc:meta])*
        $name:ident, $source:ident, [$($reference:tt)*], $bound:ident, $items:ident,
        |$len:ident, $size:ident| $count:expr,
        |$slice:ident, $in_chunks:ident| $split:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[must_use = "a parallel iterator does nothing until it is consumed"]
        pub struct $name<'a, T> {
            source: $source<'a, T>,
        }

        impl<'a, T> $name<'a, T> {
            #[track_caller]
            pub(super) fn new(slice: $($reference)* [T], size: usize) -> $name<'a, T> {
                assert_ne!(size, 0, "chunks need a size of at least 1");
                $name { source: $source { slice, size } }
            }
        }

        drive_by_source!(['a, T: $bound] $name<'a, T>, $($reference)* [T]);

        impl<'a, T: $bound> IndexedParallelIterator for $name<'a, T> {
            type Source<'s>
                = $source<'a, T>
            where
                Self: 's;

            fn len(&self) -> usize {
                self.source.len()
            }

            fn source(&mut self) -> $source<'a, T> {
                let slice = mem::take(&mut self.source.slice);
                $source { slice, size: self.source.size }
            }
        }

        #[doc = concat!("The source of [`", stringify!($name), "`].")]
        #[derive(Debug)]
        pub struct $source<'a, T> {
            slice: $($reference)* [T],
            size: usize,
        }

        impl<'a, T: $bound> Source for $source<'a, T> {
            type Item = $($reference)* [T];

            fn len(&self) -> usize {
                let ($len, $size) = (self.slice.len(), self.size);
                $count
            }

            fn split_at(self, index: usize) -> (Self, Self) {
                let $in_chunks = index.saturating_mul(self.size).min(self.slice.len());
                let $slice = self.slice;
                let (left, right) = $split;
                ($source { slice: left, size: self.size }, $source { slice: right, size: self.size })
            }

            fn into_items(
                self,
            ) -> impl DoubleEndedIterator<Item = Self::Item> + ExactSizeIterator {
                self.slice.$items(self.size)
            }
        }
    };
}

/// The part of `slice` with `count` items from its end on, and the rest.
fn split_from_end<T>(slice: &[T], count: usize) -> (&[T], &[T]) {
    let (rest, part) = slice.split_at(slice.len() - count);
    (part, rest)
}

/// The same of a mutable slice.
fn split_from_end_mut<T>(slice: &mut [T], count: usize) -> (&mut [T], &mut [T]) {
    let (rest, part) = slice.split_at_mut(slice.len() - count);
    (part, rest)
}

chunks! {
    /// What [`par_chunks`](super::ParallelSlice::par_chunks) gives.
    Chunks, ChunksSource, [&'a], Sync, chunks,
    |len, size| len.div_ceil(size),
    |slice, count| slice.split_at(count)
}

chunks! {
    /// What [`par_chunks_mut`](super::ParallelSliceMut::par_chunks_mut) gives.
    ChunksMut, ChunksMutSource, [&'a mut], Send, chunks_mut,
    |len, size| len.div_ceil(size),
    |slice, count| slice.split_at_mut(count)
}

chunks! {
    /// What [`par_chunks_exact`](super::ParallelSlice::par_chunks_exact) gives.
    ChunksExact, ChunksExactSource, [&'a], Sync, chunks_exact,
    |len, size| len / size,
    |slice, count| slice.split_at(count)
}

chunks! {
    /// What [`par_chunks_exact_mut`](super::ParallelSliceMut::par_chunks_exact_mut) gives.
    ChunksExactMut, ChunksExactMutSource, [&'a mut], Send, chunks_exact_mut,
    |len, size| len / size,
    |slice, count| slice.split_at_mut(count)
}

chunks! {
    /// What [`par_rchunks`](super::ParallelSlice::par_rchunks) gives.
    RChunks, RChunksSource, [&'a], Sync, rchunks,
    |len, size| len.div_ceil(size),
    |slice, count| split_from_end(slice, count)
}

chunks! {
    /// What [`par_rchunks_mut`](super::ParallelSliceMut::par_rchunks_mut) gives.
    RChunksMut, RChunksMutSource, [&'a mut], Send, rchunks_mut,
    |len, size| len.div_ceil(size),
    |slice, count| split_from_end_mut(slice, count)
}

chunks! {
    /// What [`par_rchunks_exact`](super::ParallelSlice::par_rchunks_exact) gives.
    RChunksExact, RChunksExactSource, [&'a], Sync, rchunks_exact,
    |len, size| len / size,
    |slice, count| split_from_end(slice, count)
}

chunks! {
    /// What [`par_rchunks_exact_mut`](super::ParallelSliceMut::par_rchunks_exact_mut) gives.
    RChunksExactMut, RChunksExactMutSource, [&'a mut], Send, rchunks_exact_mut,
    |len, size| len / size,
    |slice, count| split_from_end_mut(slice, count)
}

/// What is left of a slice whose chunks are all of the same length.
macro_rules! remainder {
    ($name:ident, |$len:ident, $size:ident| $range:expr) => {
        impl<'a, T: Sync> $name<'a, T> {
            /// The items that fill no chunk. Nothing is iterated over for it.
            pub fn remainder(&self) -> &'a [T] {
                let ($len, $size) = (self.source.slice.len(), self.source.size);
                &self.source.slice[$range]
            }
        }
    };
}

remainder!(ChunksExact, |len, size| len - len % size..);
remainder!(RChunksExact, |len, size| ..len % size);

/// The same where it can be changed.
macro_rules! remainder_mut {
    ($name:ident, |$len:ident, $size:ident| $range:expr) => {
        impl<'a, T: Send> $name<'a, T> {
            /// The items that fill no chunk. Nothing is iterated over for it.
            pub fn remainder(&mut self) -> &mut [T] {
                let ($len, $size) = (self.source.slice.len(), self.source.size);
                &mut self.source.slice[$range]
            }

            /// The same for as long as the slice is borrowed.
            pub fn into_remainder(self) -> &'a mut [T] {
                let ($len, $size) = (self.source.slice.len(), self.source.size);
                &mut self.source.slice[$range]
            }
        }
    };
}

remainder_mut!(ChunksExactMut, |len, size| len - len % size..);
remainder_mut!(RChunksExactMut, |len, size| ..len % size);
