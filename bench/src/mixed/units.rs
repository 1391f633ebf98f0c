//! The computing that tasks do: a count of units, so that every runtime is given the same work and
//! its throughput can be told, however the machine shares its cores.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Steps of one unit. Each is a step of an xorshift generator (Marsaglia 2003), which needs the one
/// before; steps of a linear congruence would not do, since compilers merge several into one.
const STEPS: u64 = 64;

/// Computes `units` units without pause.
pub(super) fn compute(units: u64) {
    let mut state = black_box(1_u64);
    for _ in 0..units * STEPS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
}

/// How many units an idle core computes in a millisecond: the best of several tries, since
/// whatever disturbs a try makes it slower.
pub(super) fn calibrate() -> u64 {
    const UNITS: u64 = 20_000;
    let time = |_| {
        let started = Instant::now();
        compute(UNITS);
        started.elapsed()
    };
    let best = (0..20).map(time).min().unwrap_or(Duration::MAX);
    (UNITS as f64 / (best.as_secs_f64() * 1e3)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_finds_a_rate() {
        assert!(calibrate() > 0);
    }
}
