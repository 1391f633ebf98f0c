//! Parallel iterators over a thousand numbers, in us: where the work is small, what it costs to come
//! to it shows. Begun in the pool, or by a plain thread outside of it.

use std::hint::black_box;

use super::iterators::{Chains, random_numbers};
use super::peer::{Cortado, Rayon, Sequential};
use crate::runtime::WORKERS;
use crate::stopwatch::Stopwatch;

const FEW: usize = 1_000;
/// Chains that are timed together.
const TOGETHER: usize = 20;

/// Who can be called from outside, by a thread that never enters the pool.
pub(super) trait Outside: Chains {
    fn call<R>(&self, work: impl FnOnce() -> R) -> R;

    /// The greatest of what takes some 100 ns each to compute.
    fn heaviest(numbers: &[u64]) -> Option<u64>;
}

fn heavy(number: &u64) -> u64 {
    let mixed = |number: u64, _| (number ^ (number >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (0..120).fold(*number, mixed)
}

impl Outside for Cortado {
    fn call<R>(&self, work: impl FnOnce() -> R) -> R {
        let _entered = self.0.handle().enter();
        work()
    }

    fn heaviest(numbers: &[u64]) -> Option<u64> {
        use cortado_par::prelude::*;
        numbers.par_iter().map(heavy).max()
    }
}

/// Its global pool, to which a thread outside of all pools goes.
impl Outside for Rayon {
    fn call<R>(&self, work: impl FnOnce() -> R) -> R {
        let global = rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build_global();
        // It is there already in all calls but the first.
        drop(global);
        work()
    }

    fn heaviest(numbers: &[u64]) -> Option<u64> {
        use rayon::prelude::*;
        numbers.par_iter().map(heavy).max()
    }
}

impl Outside for Sequential {
    fn call<R>(&self, work: impl FnOnce() -> R) -> R {
        work()
    }

    fn heaviest(numbers: &[u64]) -> Option<u64> {
        numbers.iter().map(heavy).max()
    }
}

/// Mapped and collected in the pool.
pub(super) fn mapped<C: Chains>(watch: &Stopwatch) -> f64 {
    in_pool::<C>(watch, |numbers| {
        black_box(C::map(numbers));
    })
}

/// Filtered and collected in the pool.
pub(super) fn filtered<C: Chains>(watch: &Stopwatch) -> f64 {
    in_pool::<C>(watch, |numbers| {
        black_box(C::filter(numbers));
    })
}

/// Mapped and collected from outside.
pub(super) fn mapped_from_outside<O: Outside>(watch: &Stopwatch) -> f64 {
    from_outside::<O>(watch, |numbers| {
        black_box(O::map(numbers));
    })
}

/// 100 us of computing, asked for from outside.
pub(super) fn heavy_from_outside<O: Outside>(watch: &Stopwatch) -> f64 {
    from_outside::<O>(watch, |numbers| {
        black_box(O::heaviest(numbers));
    })
}

fn in_pool<C: Chains>(watch: &Stopwatch, work: impl Fn(&[u64]) + Sync) -> f64 {
    C::start(WORKERS).run(|_| repeated(watch, &work))
}

fn from_outside<O: Outside>(watch: &Stopwatch, work: impl Fn(&[u64])) -> f64 {
    O::start(WORKERS).call(|| repeated(watch, &work))
}

fn repeated(watch: &Stopwatch, work: impl Fn(&[u64])) -> f64 {
    let numbers = random_numbers(FEW);
    let all = || (0..TOGETHER).for_each(|_| work(black_box(&numbers)));
    watch.per_operation(TOGETHER, all) / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_find_the_same_from_outside() {
        fn found<O: Outside>(numbers: &[u64]) -> Option<u64> {
            O::start(WORKERS).call(|| O::heaviest(numbers))
        }
        let numbers = random_numbers(FEW);
        assert_eq!(found::<Cortado>(&numbers), found::<Sequential>(&numbers));
        assert_eq!(found::<Rayon>(&numbers), found::<Sequential>(&numbers));
    }
}
