//! Quicksort and mergesort by joins, with the sizes below which Rayon's own demonstrations go on
//! without joins.

use std::hint::black_box;
use std::time::Instant;

use super::peer::{Peer, Sequential};
use crate::runtime::WORKERS;
use crate::stopwatch::Stopwatch;

const QUICK_AT_ONCE: usize = 5 * 1024;
const MERGE_AT_ONCE: usize = 4096;

/// ms to sort; what is sorted is in the same random order each time.
fn sorting<P: Peer>(
    watch: &Stopwatch,
    sort: impl Fn(&mut P::Place<'_>, &mut Vec<u32>) + Sync,
) -> f64 {
    let mut random = fastrand::Rng::with_seed(1);
    let unsorted: Vec<u32> = (0..1_000_000).map(|_| random.u32(..)).collect();
    P::start(WORKERS).run(|place| {
        watch.median(|| {
            let mut numbers = black_box(unsorted.clone());
            let began = Instant::now();
            sort(place, &mut numbers);
            let took = began.elapsed();
            assert!(numbers.is_sorted());
            took
        })
    }) / 1e6
}

/// ms for a million numbers.
pub(super) fn quicksort<P: Peer>(watch: &Stopwatch) -> f64 {
    sorting::<P>(watch, |place, numbers| quick::<P>(place, numbers, QUICK_AT_ONCE))
}

fn quick<P: Peer>(place: &mut P::Place<'_>, numbers: &mut [u32], at_once: usize) {
    if numbers.len() <= 1 {
        return;
    }
    if numbers.len() <= at_once {
        return quick::<Sequential>(&mut (), numbers, 0);
    }
    let pivot = partition(numbers);
    let (low, high) = numbers.split_at_mut(pivot);
    P::join(
        place,
        |place| quick::<P>(place, low, at_once),
        |place| quick::<P>(place, &mut high[1..], at_once),
    );
}

/// Moves the pivot, the middle number, to where it belongs among the others.
fn partition(numbers: &mut [u32]) -> usize {
    let last = numbers.len() - 1;
    numbers.swap(numbers.len() / 2, last);
    let mut pivot = 0;
    for i in 0..last {
        if numbers[i] <= numbers[last] {
            numbers.swap(i, pivot);
            pivot += 1;
        }
    }
    numbers.swap(pivot, last);
    pivot
}

/// ms for a million numbers.
pub(super) fn mergesort<P: Peer>(watch: &Stopwatch) -> f64 {
    sorting::<P>(watch, |place, numbers| {
        let mut buffer = numbers.clone();
        halves::<P>(place, numbers, &mut buffer);
    })
}

/// Sorts `numbers`; `buffer` holds the same ones.
fn halves<P: Peer>(place: &mut P::Place<'_>, numbers: &mut [u32], buffer: &mut [u32]) {
    if numbers.len() <= MERGE_AT_ONCE {
        return numbers.sort();
    }
    let middle = numbers.len() / 2;
    let (left, right) = numbers.split_at_mut(middle);
    let (left_buffer, right_buffer) = buffer.split_at_mut(middle);
    P::join(
        place,
        |place| halves::<P>(place, left_buffer, left),
        |place| halves::<P>(place, right_buffer, right),
    );
    merge::<P>(place, left_buffer, right_buffer, numbers);
}

/// Merges two sorted slices, in parallel where they are long: the longer one is halved, and the other
/// where its half ends.
fn merge<P: Peer>(place: &mut P::Place<'_>, left: &[u32], right: &[u32], merged: &mut [u32]) {
    let (long, short) = if left.len() < right.len() { (right, left) } else { (left, right) };
    if merged.len() <= MERGE_AT_ONCE {
        return merge_at_once(left, right, merged);
    }
    let middle = long.len() / 2;
    let in_short = short.partition_point(|number| *number < long[middle]);
    let (low, high) = merged.split_at_mut(middle + in_short);
    P::join(
        place,
        |place| merge::<P>(place, &long[..middle], &short[..in_short], low),
        |place| merge::<P>(place, &long[middle..], &short[in_short..], high),
    );
}

fn merge_at_once(left: &[u32], right: &[u32], merged: &mut [u32]) {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    for place in merged {
        let next = match (left.peek(), right.peek()) {
            (Some(l), Some(r)) if l <= r => left.next(),
            (_, Some(_)) => right.next(),
            (_, None) => left.next(),
        };
        *place = *next.expect("as many numbers as places");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sorts_sort() {
        let mut random = fastrand::Rng::with_seed(7);
        let unsorted: Vec<u32> = (0..20_000).map(|_| random.u32(..500)).collect();
        let mut expected = unsorted.clone();
        expected.sort();
        let (mut quicked, mut merged, mut buffer) =
            (unsorted.clone(), unsorted.clone(), unsorted.clone());
        quick::<Sequential>(&mut (), &mut quicked, QUICK_AT_ONCE);
        halves::<Sequential>(&mut (), &mut merged, &mut buffer);
        assert_eq!(quicked, expected);
        assert_eq!(merged, expected);
    }
}
