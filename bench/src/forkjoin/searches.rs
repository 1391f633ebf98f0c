//! Parallel iterators that look for one of ten million numbers, in ms.

use std::hint::black_box;

use super::iterators::{Chains, many_numbers};
use crate::runtime::WORKERS;
use crate::stopwatch::Stopwatch;

/// The greatest one.
pub(super) fn max<C: Chains>(watch: &Stopwatch) -> f64 {
    searched::<C>(watch, |numbers| {
        black_box(C::max(numbers));
    })
}

/// One that is not there.
pub(super) fn find_none<C: Chains>(watch: &Stopwatch) -> f64 {
    searched::<C>(watch, |numbers| assert_eq!(C::find(numbers, black_box(0)), None))
}

fn searched<C: Chains>(watch: &Stopwatch, search: impl Fn(&[u64]) + Sync) -> f64 {
    let numbers = many_numbers(watch);
    C::start(WORKERS).run(|_| watch.per_operation(1, || search(black_box(&numbers)))) / 1e6
}
