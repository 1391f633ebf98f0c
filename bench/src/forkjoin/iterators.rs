//! Parallel iterators and sorts over many items: the same chains with our traits and with Rayon's.

use std::hint::black_box;
use std::time::Instant;

use super::peer::{Cortado, Peer, Rayon, Sequential};
use crate::runtime::WORKERS;
use crate::stopwatch::Stopwatch;

const ITEMS: usize = 10_000_000;
const ITEMS_QUICK: usize = 2_000_000;
const STRINGS: usize = 500_000;
const STRINGS_QUICK: usize = 100_000;

/// Numbers per chunk, and sums per chunk that do not wait for each other, which fill the registers.
const CHUNK: usize = 65_536;
const SUMS: usize = 32;

/// Who has parallel iterators.
pub(super) trait Chains: Peer {
    fn sum_of_squares(numbers: &[f64]) -> f64;
    fn map(numbers: &[u64]) -> Vec<u64>;
    fn map_owned(numbers: Vec<u64>) -> Vec<u64>;
    fn map_range(count: usize) -> Vec<u64>;
    fn filter(numbers: &[u64]) -> Vec<u64>;
    fn unzip(numbers: &[u64]) -> (Vec<u64>, Vec<u64>);
    fn max(numbers: &[u64]) -> Option<u64>;
    fn find(numbers: &[u64], number: u64) -> Option<usize>;
    fn sort(numbers: &mut [u64]);
    fn sort_strings(strings: &mut [String]);
    fn sort_strings_unstably(strings: &mut [String]);
}

fn mapped(number: &u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

fn is_kept(number: &&u64) -> bool {
    number.is_multiple_of(3)
}

macro_rules! chains {
    ($peer:ty, $prelude:path) => {
        impl Chains for $peer {
            fn sum_of_squares(numbers: &[f64]) -> f64 {
                use $prelude::*;
                numbers.par_iter().map(|number| number * number).sum()
            }

            fn map(numbers: &[u64]) -> Vec<u64> {
                use $prelude::*;
                numbers.par_iter().map(mapped).collect()
            }

            fn map_owned(numbers: Vec<u64>) -> Vec<u64> {
                use $prelude::*;
                numbers.into_par_iter().map(|number| mapped(&number)).collect()
            }

            fn map_range(count: usize) -> Vec<u64> {
                use $prelude::*;
                (0..count).into_par_iter().map(|number| mapped(&(number as u64))).collect()
            }

            fn filter(numbers: &[u64]) -> Vec<u64> {
                use $prelude::*;
                numbers.par_iter().filter(is_kept).copied().collect()
            }

            fn unzip(numbers: &[u64]) -> (Vec<u64>, Vec<u64>) {
                use $prelude::*;
                numbers.par_iter().map(|number| (*number, mapped(number))).unzip()
            }

            fn max(numbers: &[u64]) -> Option<u64> {
                use $prelude::*;
                numbers.par_iter().max().copied()
            }

            fn find(numbers: &[u64], number: u64) -> Option<usize> {
                use $prelude::*;
                let found = numbers.par_iter().enumerate().find_any(|(_, one)| **one == number);
                found.map(|(index, _)| index)
            }

            fn sort(numbers: &mut [u64]) {
                use $prelude::*;
                numbers.par_sort_unstable();
            }

            fn sort_strings(strings: &mut [String]) {
                use $prelude::*;
                strings.par_sort();
            }

            fn sort_strings_unstably(strings: &mut [String]) {
                use $prelude::*;
                strings.par_sort_unstable();
            }
        }
    };
}

chains!(Cortado, cortado_par::prelude);
chains!(Rayon, rayon::prelude);

impl Chains for Sequential {
    fn sum_of_squares(numbers: &[f64]) -> f64 {
        numbers.iter().map(|number| number * number).sum()
    }

    fn map(numbers: &[u64]) -> Vec<u64> {
        numbers.iter().map(mapped).collect()
    }

    fn map_owned(numbers: Vec<u64>) -> Vec<u64> {
        numbers.into_iter().map(|number| mapped(&number)).collect()
    }

    fn map_range(count: usize) -> Vec<u64> {
        (0..count).map(|number| mapped(&(number as u64))).collect()
    }

    fn filter(numbers: &[u64]) -> Vec<u64> {
        numbers.iter().filter(is_kept).copied().collect()
    }

    fn unzip(numbers: &[u64]) -> (Vec<u64>, Vec<u64>) {
        numbers.iter().map(|number| (*number, mapped(number))).unzip()
    }

    fn max(numbers: &[u64]) -> Option<u64> {
        numbers.iter().max().copied()
    }

    fn find(numbers: &[u64], number: u64) -> Option<usize> {
        numbers.iter().position(|one| *one == number)
    }

    fn sort(numbers: &mut [u64]) {
        numbers.sort_unstable();
    }

    fn sort_strings(strings: &mut [String]) {
        strings.sort();
    }

    fn sort_strings_unstably(strings: &mut [String]) {
        strings.sort_unstable();
    }
}

/// ms for the sum of the squares of ten million numbers.
pub(super) fn sum_of_squares<C: Chains>(watch: &Stopwatch) -> f64 {
    summed::<C>(watch, C::sum_of_squares)
}

/// The same in chunks that Rayon's threads take, each in a loop that the compiler makes vectors of.
pub(super) fn sum_in_chunks_by_hand(watch: &Stopwatch) -> f64 {
    summed::<Rayon>(watch, |numbers| {
        use rayon::prelude::*;
        numbers.par_chunks(CHUNK).map(sum_of_chunk).sum()
    })
}

fn sum_of_chunk(numbers: &[f64]) -> f64 {
    let mut sums = [0.0; SUMS];
    let mut pieces = numbers.chunks_exact(SUMS);
    for piece in &mut pieces {
        sums.iter_mut().zip(piece).for_each(|(sum, number)| *sum += number * number);
    }
    let rest: f64 = pieces.remainder().iter().map(|number| number * number).sum();
    sums.iter().sum::<f64>() + rest
}

fn summed<P: Peer>(watch: &Stopwatch, sum: fn(&[f64]) -> f64) -> f64 {
    // Small whole numbers, whose sum is exact in any order.
    let count = amount(watch, ITEMS, ITEMS_QUICK);
    let numbers: Vec<f64> = (0..count).map(|number| (number % 4) as f64).collect();
    let expected = count as f64 / 4.0 * 14.0;
    P::start(WORKERS)
        .run(|_| watch.per_operation(1, || assert_eq!(sum(black_box(&numbers)), expected)))
        / 1e6
}

/// ms to sort ten million random numbers.
pub(super) fn sort_numbers<C: Chains>(watch: &Stopwatch) -> f64 {
    sorted::<C, _>(watch, &many_numbers(watch), C::sort)
}

/// ms to sort half a million strings, stably.
pub(super) fn sort_strings<C: Chains>(watch: &Stopwatch) -> f64 {
    sorted::<C, _>(watch, &random_strings(watch), C::sort_strings)
}

/// The same, unstably.
pub(super) fn sort_strings_unstably<C: Chains>(watch: &Stopwatch) -> f64 {
    sorted::<C, _>(watch, &random_strings(watch), C::sort_strings_unstably)
}

fn random_strings(watch: &Stopwatch) -> Vec<String> {
    random_numbers(amount(watch, STRINGS, STRINGS_QUICK)).iter().map(u64::to_string).collect()
}

fn sorted<P: Peer, T: Clone + Ord + Send + Sync>(
    watch: &Stopwatch,
    unsorted: &[T],
    sort: fn(&mut [T]),
) -> f64 {
    P::start(WORKERS).run(|_| {
        watch.median(|| {
            let mut items = black_box(unsorted.to_vec());
            let began = Instant::now();
            sort(&mut items);
            let took = began.elapsed();
            assert!(items.is_sorted());
            took
        })
    }) / 1e6
}

/// Ten million random numbers.
pub(super) fn many_numbers(watch: &Stopwatch) -> Vec<u64> {
    random_numbers(amount(watch, ITEMS, ITEMS_QUICK))
}

fn amount(watch: &Stopwatch, full: usize, quick: usize) -> usize {
    if watch.is_quick() { quick } else { full }
}

pub(super) fn random_numbers(count: usize) -> Vec<u64> {
    let mut random = fastrand::Rng::with_seed(1);
    (0..count).map(|_| random.u64(..)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_collect_the_same_and_in_order() {
        fn collected<C: Chains>(numbers: &[u64]) -> [Vec<u64>; 6] {
            C::start(WORKERS).run(|_| {
                let (left, right) = C::unzip(numbers);
                let owned = C::map_owned(numbers.to_vec());
                let range = C::map_range(numbers.len());
                [C::map(numbers), owned, range, C::filter(numbers), left, right]
            })
        }
        let numbers = random_numbers(10_000);
        let expected = collected::<Sequential>(&numbers);
        assert_eq!(collected::<Cortado>(&numbers), expected);
        assert_eq!(collected::<Rayon>(&numbers), expected);
    }

    #[test]
    fn all_find_the_same() {
        fn found<C: Chains>(numbers: &[u64]) -> (Option<u64>, [Option<usize>; 2]) {
            C::start(WORKERS).run(|_| {
                let found = [C::find(numbers, numbers[7_000]), C::find(numbers, 0)];
                (C::max(numbers), found)
            })
        }
        let numbers = random_numbers(10_000);
        let expected = found::<Sequential>(&numbers);
        assert_eq!(found::<Cortado>(&numbers), expected);
        assert_eq!(found::<Rayon>(&numbers), expected);
    }

    #[test]
    fn a_chunk_of_any_length_has_its_sum() {
        let numbers = vec![2.0; SUMS * 3 + 5];
        assert_eq!(sum_of_chunk(&numbers), 4.0 * numbers.len() as f64);
    }
}
