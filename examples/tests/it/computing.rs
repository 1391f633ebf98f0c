//! The programs that compute.

use crate::program::Program;

const RAYON_BESIDE_TIMERS: &str = env!("CARGO_BIN_EXE_rayon_beside_timers");

#[test]
fn rayon_computes_on_lowered_threads() {
    let lines = Program::run(RAYON_BESIDE_TIMERS, &["20000"]);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert_eq!(lines[0], "20000 numbers are in order");
    assert!(lines[1].contains(" ticks meanwhile, "), "{lines:#?}");
    // All have the work lane's priority, which counts from this process's own, and none a higher one.
    let own = rustix::process::getpriority_process(None).unwrap();
    let lane = (own + 10).min(19);
    assert_eq!(lines[2], format!("priorities of the threads that sorted: {{{lane}}}"));
}
