//! Joins of two long halves: how soon a second thread is there.

use std::thread;
use std::time::{Duration, Instant};

use super::peer::Peer;
use crate::runtime::WORKERS;
use crate::stopwatch::Stopwatch;

const HALF: Duration = Duration::from_millis(1);
/// Between two joins: whoever has nothing to do has long fallen asleep by the end of it.
const PAUSE: Duration = Duration::from_millis(3);

/// What a join takes beyond one of its two halves, in us. The pool is at rest before it.
pub(super) fn beyond_one<P: Peer>(watch: &Stopwatch) -> f64 {
    let peer = P::start(WORKERS);
    watch.median(|| {
        thread::sleep(PAUSE);
        peer.run(|place| {
            let began = Instant::now();
            P::join(place, |_| compute(), |_| compute());
            began.elapsed().saturating_sub(HALF)
        })
    }) / 1e3
}

fn compute() {
    let began = Instant::now();
    while began.elapsed() < HALF {}
}
