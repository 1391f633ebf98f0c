//! The items of a vector, taken out of its memory piece by piece.
//!
//! Invariants:
//! - D1: the items that a [`DrainSource`] or [`DrainItems`] refers to are initialised, and it alone
//!   owns them. The memory stays the vector's, which regards it as spare.

use std::mem::{self, MaybeUninit};
use std::ptr;
use std::slice;

use crate::iter::plumbing::Source;

/// All items of a vector, which is empty from now on.
pub(super) fn drain<T>(vec: &mut Vec<T>) -> DrainSource<'_, T> {
    let len = vec.len();
    // SAFETY: D1 (the vector gives its items up before anybody else owns them).
    unsafe { vec.set_len(0) };
    DrainSource { items: &mut vec.spare_capacity_mut()[..len] }
}

/// A run of items, each of which is given out or dropped once.
pub struct DrainSource<'v, T> {
    items: &'v mut [MaybeUninit<T>],
}

impl<T: Send> Source for DrainSource<'_, T> {
    type Item = T;

    const CHEAP_TO_CUT: bool = true;

    fn len(&self) -> usize {
        self.items.len()
    }

    fn split_at(mut self, index: usize) -> (Self, Self) {
        let (left, right) = mem::take(&mut self.items).split_at_mut(index);
        (DrainSource { items: left }, DrainSource { items: right })
    }

    fn into_items(mut self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        DrainItems { items: mem::take(&mut self.items).iter_mut() }
    }
}

impl<T> Drop for DrainSource<'_, T> {
    fn drop(&mut self) {
        drop_all(self.items);
    }
}

/// The items of a piece.
struct DrainItems<'v, T> {
    items: slice::IterMut<'v, MaybeUninit<T>>,
}

impl<T> Iterator for DrainItems<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let item = self.items.next()?;
        // SAFETY: D1 (it is no longer among `items`, so nobody else owns it).
        Some(unsafe { item.assume_init_read() })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<T> DoubleEndedIterator for DrainItems<'_, T> {
    fn next_back(&mut self) -> Option<T> {
        let item = self.items.next_back()?;
        // SAFETY: D1 (as in `next`).
        Some(unsafe { item.assume_init_read() })
    }
}

impl<T> ExactSizeIterator for DrainItems<'_, T> {}

impl<T> Drop for DrainItems<'_, T> {
    fn drop(&mut self) {
        drop_all(mem::take(&mut self.items).into_slice());
    }
}

/// Drops items that nobody else owns; a panic of one does not keep the others.
fn drop_all<T>(items: &mut [MaybeUninit<T>]) {
    let items: *mut [T] = ptr::from_mut(items) as *mut [T];
    // SAFETY: D1 (they are initialised, and whoever owns them is dropped).
    unsafe { items.drop_in_place() };
}
