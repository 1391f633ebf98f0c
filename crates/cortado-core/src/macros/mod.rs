//! Waiting for several futures in one task: `select!`, `join!` and `try_join!`, without procedural
//! macros.
//!
//! All three work in the same way. A first stage takes the branches one by one; the names that it
//! makes for each branch are of that expansion alone, so those of different branches differ. The
//! last stage repeats code over the branches: pinned futures, one `poll_fn` that polls them in turn,
//! and one variable per branch that takes its output out of the scope in which the futures live.
//!
//! A poll begins at some branch and goes around once, in two rounds over the same straight code:
//! from there to the end, then from the first to there.

mod join;
mod select;

use std::cell::Cell;

thread_local! {
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// A number below `count`, at random, for the branch that is polled first. It is the generator
/// SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014), with a state per thread.
#[doc(hidden)]
pub fn __first_of(count: usize) -> usize {
    let state = STATE.try_with(|state| {
        let seed = std::ptr::from_ref(state) as u64;
        let next = state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        state.set(next);
        next ^ seed.rotate_left(32)
    });
    let mut bits = state.unwrap_or(0);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    // The high bits times the count, as fair as a remainder and cheaper.
    ((bits >> 32).wrapping_mul(count as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::__first_of;

    #[test]
    fn every_branch_comes_first_about_equally_often() {
        for count in [1, 2, 3, 7, 64] {
            let mut seen = vec![0u32; count];
            for _ in 0..count * 1000 {
                seen[__first_of(count)] += 1;
            }
            assert!(seen.iter().all(|seen| (700..1300).contains(seen)), "{seen:?}");
        }
    }
}
