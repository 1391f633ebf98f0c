//! Parallel sorts. What one thread sorts is sorted by std; here is how several share the work.
//! Which memory holds the items meanwhile is said in `merge.rs`.

use std::array;
use std::cmp::Ordering;
use std::mem::MaybeUninit;

use super::merge::{SortedOut, copy_out, merge_back, merge_out};

use crate::iter::{
    HalvesSplitter, IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator,
};
use crate::join_context;
use crate::tuning::{LOPSIDED, SAMPLES, SORT_ITEMS_LEAST};

/// Sorts both halves at the same time and merges them, through memory of the same size. Equal items
/// keep their order.
pub(super) fn merge_sort<T: Send>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering + Sync) {
    if is_small(items) {
        return items.sort_by(compare);
    }
    let mut buffer = Vec::with_capacity(items.len());
    let buffer = &mut buffer.spare_capacity_mut()[..items.len()];
    sort_in_place(items, buffer, &compare, HalvesSplitter::new(), false);
}

/// Sorts `items`. What is in `buffer` afterwards is of no use.
fn sort_in_place<T: Send>(
    items: &mut [T],
    buffer: &mut [MaybeUninit<T>],
    compare: &(impl Fn(&T, &T) -> Ordering + Sync),
    mut splitter: HalvesSplitter,
    migrated: bool,
) {
    if is_small(items) || !splitter.splits(migrated) {
        return items.sort_by(compare);
    }
    let middle = items.len() / 2;
    let (left, right) = items.split_at_mut(middle);
    let (left_buffer, right_buffer) = buffer.split_at_mut(middle);
    let (left, right) = join_context(
        |context| sort_out(left, left_buffer, compare, splitter, context.migrated()),
        |context| sort_out(right, right_buffer, compare, splitter, context.migrated()),
    );
    merge_back(items, left, right, compare);
}

/// Puts `items` into `buffer`, sorted. What is in `items` afterwards are copies of them.
fn sort_out<'b, T: Send>(
    items: &mut [T],
    buffer: &'b mut [MaybeUninit<T>],
    compare: &(impl Fn(&T, &T) -> Ordering + Sync),
    mut splitter: HalvesSplitter,
    migrated: bool,
) -> SortedOut<'b, T> {
    if is_small(items) || !splitter.splits(migrated) {
        items.sort_by(compare);
        return copy_out(items, buffer);
    }
    let middle = items.len() / 2;
    let (left, right) = items.split_at_mut(middle);
    let (left_buffer, right_buffer) = buffer.split_at_mut(middle);
    join_context(
        |context| sort_in_place(left, left_buffer, compare, splitter, context.migrated()),
        |context| sort_in_place(right, right_buffer, compare, splitter, context.migrated()),
    );
    merge_out(items, middle, buffer, compare)
}

/// Moves the lesser items before a pivot and the others behind it, and sorts both sides at the same
/// time, in place.
pub(super) fn quicksort<T: Send>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering + Sync) {
    sort_around_pivot(items, &compare, HalvesSplitter::new(), false);
}

fn sort_around_pivot<T: Send>(
    items: &mut [T],
    compare: &(impl Fn(&T, &T) -> Ordering + Sync),
    mut splitter: HalvesSplitter,
    migrated: bool,
) {
    if is_small(items) || !splitter.splits(migrated) {
        return items.sort_unstable_by(compare);
    }
    let mut pivot = partition(items, compare);
    if pivot.min(items.len() - pivot) < items.len() / LOPSIDED {
        // Few different items, or an unlucky sample: the median costs more, and is right for sure.
        pivot = items.len() / 2;
        items.select_nth_unstable_by(pivot, compare);
    }
    let (left, right) = items.split_at_mut(pivot);
    join_context(
        |context| sort_around_pivot(left, compare, splitter, context.migrated()),
        |context| sort_around_pivot(&mut right[1..], compare, splitter, context.migrated()),
    );
}

/// Moves the items that are less than the median of a sample before it, and the others behind it;
/// returns where it stands then. It swaps always, and moves the border where the item was less, so
/// that there is nothing to predict (Lomuto's partition without branches).
fn partition<T>(items: &mut [T], compare: &impl Fn(&T, &T) -> Ordering) -> usize {
    let distance = items.len() / SAMPLES;
    let mut sample: [usize; SAMPLES] = array::from_fn(|index| index * distance);
    sample.sort_by(|left, right| compare(&items[*left], &items[*right]));
    items.swap(0, sample[SAMPLES / 2]);
    let Some((pivot, rest)) = items.split_first_mut() else { return 0 };
    let mut less = 0;
    for index in 0..rest.len() {
        let is_less = compare(&rest[index], pivot).is_lt();
        rest.swap(less, index);
        less += usize::from(is_less);
    }
    items.swap(0, less);
    less
}

/// Makes all keys, sorts them with the items' places, and moves each item to its place.
pub(super) fn sort_by_cached_key<T: Send, K: Ord + Send>(
    items: &mut [T],
    key: impl Fn(&T) -> K + Sync,
) {
    let place = |(index, item): (usize, &mut T)| (key(item), index);
    let mut places: Vec<(K, usize)> = items.par_iter_mut().enumerate().map(place).collect();
    // No two places are equal, so this keeps the order of equal keys.
    quicksort(&mut places, Ord::cmp);
    for index in 0..items.len() {
        let mut from = places[index].1;
        // What stood before `index` has been swapped to where that place's item came from.
        while from < index {
            from = places[from].1;
        }
        places[index].1 = from;
        items.swap(index, from);
    }
}

fn is_small<T>(items: &[T]) -> bool {
    items.len() < SORT_ITEMS_LEAST || size_of::<T>() == 0
}
