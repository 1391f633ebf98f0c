//! Parts of a slice that overlap.

use crate::iter::plumbing::Source;
use crate::iter::{IndexedParallelIterator, drive_by_source};

/// What [`par_windows`](super::ParallelSlice::par_windows) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Windows<'a, T> {
    pub(super) slice: &'a [T],
    /// At least 1.
    pub(super) size: usize,
}

drive_by_source!(['a, T: Sync] Windows<'a, T>, &'a [T]);

impl<'a, T: Sync> IndexedParallelIterator for Windows<'a, T> {
    type Source<'s>
        = WindowsSource<'a, T>
    where
        Self: 's;

    fn len(&self) -> usize {
        (self.slice.len() + 1).saturating_sub(self.size)
    }

    fn source(&mut self) -> WindowsSource<'a, T> {
        WindowsSource { slice: self.slice, size: self.size, len: self.len() }
    }
}

/// The source of [`Windows`].
pub struct WindowsSource<'a, T> {
    slice: &'a [T],
    size: usize,
    len: usize,
}

impl<'a, T: Sync> Source for WindowsSource<'a, T> {
    type Item = &'a [T];

    fn len(&self) -> usize {
        self.len
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let left_end = if index == 0 { 0 } else { index + self.size - 1 };
        let left = WindowsSource { slice: &self.slice[..left_end], len: index, ..self };
        let right = WindowsSource { slice: &self.slice[index..], len: self.len - index, ..self };
        (left, right)
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = &'a [T]> + ExactSizeIterator {
        self.slice.windows(self.size).take(self.len)
    }
}
