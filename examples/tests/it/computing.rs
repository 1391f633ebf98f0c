//! The programs that compute.

use crate::program::Program;

const RAYON_BESIDE_TIMERS: &str = env!("CARGO_BIN_EXE_rayon_beside_timers");

#[test]
fn rayon_computes_on_lowered_threads() {
    let lines = Program::run(RAYON_BESIDE_TIMERS, &["20000"]);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert_eq!(lines[0], "20000 numbers are in order");
    assert!(lines[1].contains(" ticks meanwhile, "), "{lines:#?}");
    // All have the work lane's priority, and none a higher one.
    assert_eq!(lines[2], "priorities of the threads that sorted: {10}");
}
