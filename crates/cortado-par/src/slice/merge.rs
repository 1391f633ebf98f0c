//! Merging two sorted runs from one memory into another, in parallel: the longer run is cut in its
//! middle, the other one where the same item would stand, and both pairs are merged on their own.
//!
//! A merge copies items, so for a while there are two of each. Who owns them:
//! - M1: the memory to which a merge copies is as long as the one from which it copies, and each
//!   item is copied once to a place of its own: `left` and `right` are as long as `target`.
//! - M2: an item is not compared again once it has been copied, so what is left behind stays equal
//!   to the copy, bit by bit, and either may be regarded as the item.
//! - M3: whatever the comparison does, the slice that is sorted holds each item once when the sort
//!   ends or unwinds. Merging out of it leaves it as it is. Merging back into it is undone by a panic:
//!   then everything is copied from the buffer, which still has it (M2).
//! - M4: the buffer's items are never dropped.
//! - M5: a [`SortedOut`] is made of a part of the buffer that a merge or a copy has just filled.

use std::cmp::Ordering;
use std::mem::{self, MaybeUninit};
use std::{ptr, slice};

use crate::join;
use crate::tuning::MERGE_ITEMS_LEAST;

/// A part of the buffer to which items were sorted out.
pub(super) struct SortedOut<'b, T>(&'b mut [MaybeUninit<T>]);

/// Copies `items`, which are sorted, into `buffer`.
pub(super) fn copy_out<'b, T>(
    items: &mut [T],
    buffer: &'b mut [MaybeUninit<T>],
) -> SortedOut<'b, T> {
    copy(items, buffer);
    SortedOut(buffer)
}

/// Merges `items[..middle]` and `items[middle..]` into `buffer`. Afterwards, what is in `items` are
/// copies of what is in the buffer.
pub(super) fn merge_out<'b, T: Send>(
    items: &mut [T],
    middle: usize,
    buffer: &'b mut [MaybeUninit<T>],
    compare: &(impl Fn(&T, &T) -> Ordering + Sync),
) -> SortedOut<'b, T> {
    let (left, right) = items.split_at_mut(middle);
    merge(left, right, buffer, compare);
    SortedOut(buffer)
}

/// Merges both parts of the buffer, to which the two parts of `items` were sorted out, back into
/// `items`.
pub(super) fn merge_back<T: Send>(
    items: &mut [T],
    left: SortedOut<'_, T>,
    right: SortedOut<'_, T>,
    compare: &(impl Fn(&T, &T) -> Ordering + Sync),
) {
    let (left_len, right_len) = (left.0.len(), right.0.len());
    assert_eq!(items.len(), left_len + right_len, "a merge has a place for each item");
    let undo = Undo {
        left: left.0.as_mut_ptr().cast(),
        left_len,
        right: right.0.as_mut_ptr().cast(),
        right_len,
        items: items.as_mut_ptr(),
    };
    // SAFETY: M5 (the left part holds items; it is borrowed for all of this).
    let left = unsafe { slice::from_raw_parts_mut(undo.left, left_len) };
    // SAFETY: M5 (as before, for the right part).
    let right = unsafe { slice::from_raw_parts_mut(undo.right, right_len) };
    // SAFETY: M3 (the items are copied over, and by a panic copied back before anybody sees them).
    let target = unsafe { slice::from_raw_parts_mut(undo.items.cast(), left_len + right_len) };
    merge(left, right, target, compare);
    mem::forget(undo);
}

/// Copies both parts of the buffer back where a merge from them unwinds.
struct Undo<T> {
    left: *mut T,
    left_len: usize,
    right: *mut T,
    right_len: usize,
    items: *mut T,
}

impl<T> Drop for Undo<T> {
    fn drop(&mut self) {
        // SAFETY: M2, M3 (nobody uses the memories any more: a join has ended when it unwinds).
        unsafe {
            ptr::copy_nonoverlapping(self.left, self.items, self.left_len);
            ptr::copy_nonoverlapping(self.right, self.items.add(self.left_len), self.right_len);
        }
    }
}

/// Merges two runs into `target`, which is as long as both. Of equal items, those of the left run
/// come first. The runs are exclusive, so that each item is seen by one thread at a time.
fn merge<T: Send>(
    left: &mut [T],
    right: &mut [T],
    target: &mut [MaybeUninit<T>],
    compare: &(impl Fn(&T, &T) -> Ordering + Sync),
) {
    if target.len() < MERGE_ITEMS_LEAST {
        return merge_here(left, right, target, compare);
    }
    let (of_left, of_right) = if left.len() >= right.len() {
        let pivot = left.len() / 2;
        (pivot, right.partition_point(|item| compare(item, &left[pivot]).is_lt()))
    } else {
        let pivot = right.len() / 2;
        (left.partition_point(|item| compare(item, &right[pivot]).is_le()), pivot)
    };
    let (left, right) = (left.split_at_mut(of_left), right.split_at_mut(of_right));
    let target = target.split_at_mut(of_left + of_right);
    join(
        || merge(left.0, right.0, target.0, compare),
        || merge(left.1, right.1, target.1, compare),
    );
}

/// The same on this thread.
fn merge_here<T>(
    left: &mut [T],
    right: &mut [T],
    target: &mut [MaybeUninit<T>],
    compare: &impl Fn(&T, &T) -> Ordering,
) {
    let (mut of_left, mut of_right) = (0, 0);
    while of_left < left.len() && of_right < right.len() {
        let (left, right) = (&left[of_left], &right[of_right]);
        let right_is_next = compare(right, left).is_lt();
        let next = if right_is_next { right } else { left };
        // SAFETY: M1, M2 (a copy, of which one is regarded as the item).
        target[of_left + of_right].write(unsafe { ptr::read(next) });
        of_right += usize::from(right_is_next);
        of_left += usize::from(!right_is_next);
    }
    let rest = &mut target[of_left + of_right..];
    let (rest_of_left, rest_of_right) = rest.split_at_mut(left.len() - of_left);
    copy(&mut left[of_left..], rest_of_left);
    copy(&mut right[of_right..], rest_of_right);
}

/// Copies `items` to `target`, which is as long.
fn copy<T>(items: &mut [T], target: &mut [MaybeUninit<T>]) {
    assert_eq!(items.len(), target.len(), "a merge has a place for each item");
    // SAFETY: M1 (as many places as items, in memory of another owner).
    unsafe { ptr::copy_nonoverlapping(items.as_ptr(), target.as_mut_ptr().cast(), items.len()) };
}
