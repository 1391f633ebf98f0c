//! Vectors of successive items.

use super::drive_by_source;
use crate::iter::IndexedParallelIterator;
use crate::iter::plumbing::Source;

/// What [`chunks`](IndexedParallelIterator::chunks) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Chunks<I> {
    pub(crate) base: I,
    /// At least 1.
    pub(crate) size: usize,
}

drive_by_source!([I: IndexedParallelIterator] Chunks<I>, Vec<I::Item>);

impl<I: IndexedParallelIterator> IndexedParallelIterator for Chunks<I> {
    type Source<'a>
        = ChunksSource<I::Source<'a>>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.base.len().div_ceil(self.size)
    }

    fn source(&mut self) -> Self::Source<'_> {
        ChunksSource { base: self.base.source(), size: self.size }
    }
}

/// The source of [`Chunks`].
pub struct ChunksSource<P> {
    base: P,
    size: usize,
}

impl<P: Source> Source for ChunksSource<P> {
    type Item = Vec<P::Item>;

    fn len(&self) -> usize {
        self.base.len().div_ceil(self.size)
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let in_base = index.saturating_mul(self.size).min(self.base.len());
        let (left, right) = self.base.split_at(in_base);
        (ChunksSource { base: left, size: self.size }, ChunksSource { base: right, ..self })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = Self::Item> + ExactSizeIterator {
        ChunkItems { items: self.base.into_items(), size: self.size }
    }

    fn min_len(&self) -> usize {
        self.base.min_len().div_ceil(self.size)
    }

    fn max_len(&self) -> usize {
        self.base.max_len().div_ceil(self.size)
    }
}

/// The vectors of a piece.
struct ChunkItems<I> {
    items: I,
    size: usize,
}

impl<I: ExactSizeIterator> Iterator for ChunkItems<I> {
    type Item = Vec<I::Item>;

    fn next(&mut self) -> Option<Vec<I::Item>> {
        let chunk: Vec<I::Item> = self.items.by_ref().take(self.size).collect();
        if chunk.is_empty() { None } else { Some(chunk) }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.items.len().div_ceil(self.size);
        (left, Some(left))
    }
}

impl<I: DoubleEndedIterator + ExactSizeIterator> DoubleEndedIterator for ChunkItems<I> {
    fn next_back(&mut self) -> Option<Vec<I::Item>> {
        let of_last = match self.items.len() % self.size {
            0 => self.size,
            rest => rest,
        };
        let mut chunk: Vec<I::Item> = self.items.by_ref().rev().take(of_last).collect();
        chunk.reverse();
        if chunk.is_empty() { None } else { Some(chunk) }
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for ChunkItems<I> {}
