//! What a task computes in a test.

use std::time::{Duration, Instant};

/// Computes for about this long, in steps that the machine's load does not lengthen much.
pub(crate) fn compute(us: u64) -> u64 {
    let began = Instant::now();
    let mut sum = 0u64;
    while began.elapsed() < Duration::from_micros(us) {
        sum = (0..200).fold(sum, |sum, n| std::hint::black_box(sum.wrapping_mul(31) + n));
    }
    sum
}
