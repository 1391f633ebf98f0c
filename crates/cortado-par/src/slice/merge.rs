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

use std::cmp::Ordering;
use std::mem::{self, MaybeUninit};
use std::{ptr, slice};

use crate::join;
use crate::tuning::MERGE_ITEMS_LEAST;

/// Merges `items[..middle]` and `items[middle..]` into `buffer`. Afterwards, what is in `items` are
/// copies of what is in the buffer.
pub(super) fn merge_out<T: Send>(
    items: &mut [T],
    buffer: &mut [MaybeUninit<T>],
    middle: usize,
    compare: &(impl Fn(&T, &T) -> Ordering + Sync),
) {
    let (left, right) = items.split_at_mut(middle);
    merge(left, right, buffer, compare);
}

/// Merges `buffer[..middle]` and `buffer[middle..]` back into `items`.
///
/// # Safety
/// The buffer holds the items of both parts, as [`merge_out`] or [`copy`] leaves them.
pub(super) unsafe fn merge_back<T: Send>(
    items: &mut [T],
    buffer: &mut [MaybeUninit<T>],
    middle: usize,
    compare: &(impl Fn(&T, &T) -> Ordering + Sync),
) {
    assert_eq!(items.len(), buffer.len(), "the buffer is as long as what is sorted");
    let len = items.len();
    let undo = Undo { from: buffer.as_mut_ptr().cast(), to: items.as_mut_ptr(), len };
    // SAFETY: M4 (the caller says that the buffer is initialised; it is borrowed for all of this).
    let merged = unsafe { slice::from_raw_parts_mut(undo.from, len) };
    // SAFETY: M3 (the items are copied over, and by a panic copied back before anybody sees them).
    let target = unsafe { slice::from_raw_parts_mut(undo.to.cast(), len) };
    let (left, right) = merged.split_at_mut(middle);
    merge(left, right, target, compare);
    mem::forget(undo);
}

/// Copies the whole buffer back where a merge from it unwinds.
struct Undo<T> {
    from: *mut T,
    to: *mut T,
    len: usize,
}

impl<T> Drop for Undo<T> {
    fn drop(&mut self) {
        // SAFETY: M2, M3 (nobody uses either memory any more: a join has ended when it unwinds).
        unsafe { ptr::copy_nonoverlapping(self.from, self.to, self.len) };
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
pub(super) fn copy<T>(items: &mut [T], target: &mut [MaybeUninit<T>]) {
    assert_eq!(items.len(), target.len(), "a merge has a place for each item");
    // SAFETY: M1 (as many places as items, in memory of another owner).
    unsafe { ptr::copy_nonoverlapping(items.as_ptr(), target.as_mut_ptr().cast(), items.len()) };
}
