//! Parallel iterators that collect ten million numbers, in ms.

use std::hint::black_box;
use std::time::Instant;

use super::iterators::{Chains, many_numbers};
use crate::runtime::WORKERS;
use crate::stopwatch::Stopwatch;

/// To compute a number from each, into a vector.
pub(super) fn map<C: Chains>(watch: &Stopwatch) -> f64 {
    collected::<C, _>(watch, C::map)
}

/// The same of numbers that are moved out of a vector.
pub(super) fn map_owned<C: Chains>(watch: &Stopwatch) -> f64 {
    let numbers = many_numbers(watch);
    C::start(WORKERS).run(|_| {
        watch.median(|| {
            let owned = black_box(numbers.clone());
            let began = Instant::now();
            black_box(C::map_owned(owned));
            began.elapsed()
        })
    }) / 1e6
}

/// The same of the numbers of a range.
pub(super) fn map_range<C: Chains>(watch: &Stopwatch) -> f64 {
    collected::<C, _>(watch, |numbers| C::map_range(numbers.len()))
}

/// A third of the numbers.
pub(super) fn filter<C: Chains>(watch: &Stopwatch) -> f64 {
    collected::<C, _>(watch, C::filter)
}

/// The numbers and what is computed from each, into two vectors.
pub(super) fn unzip<C: Chains>(watch: &Stopwatch) -> f64 {
    collected::<C, _>(watch, C::unzip)
}

fn collected<C: Chains, R>(watch: &Stopwatch, collect: impl Fn(&[u64]) -> R + Sync) -> f64 {
    let numbers = many_numbers(watch);
    C::start(WORKERS).run(|_| {
        watch.per_operation(1, || {
            black_box(collect(black_box(&numbers)));
        })
    }) / 1e6
}
