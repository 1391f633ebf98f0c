//! A lock that is held across a join: whoever waits for the join and picks up whatever job there is
//! meanwhile may pick up one that needs the lock.

use std::hint::black_box;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::peer::Peer;
use crate::stopwatch::Stopwatch;

const THREADS: usize = 8;
/// Layers of joins around each section, of those within it, and what a leaf computes.
const ROOT_LAYERS: u32 = 6;
const LAYERS_OF_MANY: u32 = 3;
const INNER_LAYERS: u32 = 5;
const LEAF_STEPS: u32 = 1000;

/// µs per locked section, where all sections belong to one computation.
pub(super) fn one_root<P: Peer>(watch: &Stopwatch) -> f64 {
    let (peer, lock) = (P::start(THREADS), Mutex::new(0));
    until_the_end(watch, || peer.run(|place| sections::<P>(place, &lock, ROOT_LAYERS)));
    per_section(watch, &lock)
}

/// The same, where as many threads as the pool has bring computations of their own.
pub(super) fn many_roots<P: Peer>(watch: &Stopwatch) -> f64 {
    let (peer, lock) = (P::start(THREADS), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                until_the_end(watch, || {
                    peer.run(|place| sections::<P>(place, &lock, LAYERS_OF_MANY));
                });
            });
        }
    });
    per_section(watch, &lock)
}

fn span(watch: &Stopwatch) -> Duration {
    watch.span(Duration::from_secs(2), Duration::from_secs(1))
}

fn until_the_end(watch: &Stopwatch, round: impl Fn()) {
    let began = Instant::now();
    while began.elapsed() < span(watch) {
        round();
    }
}

fn per_section(watch: &Stopwatch, lock: &Mutex<u64>) -> f64 {
    span(watch).as_secs_f64() * 1e6 / *lock.lock().expect("no section panics") as f64
}

fn sections<P: Peer>(place: &mut P::Place<'_>, lock: &Mutex<u64>, layers: u32) {
    if layers == 0 {
        let mut sections = lock.lock().expect("no section panics");
        compute::<P>(place, INNER_LAYERS);
        *sections += 1;
        return;
    }
    P::join(
        place,
        |place| sections::<P>(place, lock, layers - 1),
        |place| sections::<P>(place, lock, layers - 1),
    );
}

fn compute<P: Peer>(place: &mut P::Place<'_>, layers: u32) {
    if layers == 0 {
        return (0..LEAF_STEPS).for_each(|step| {
            black_box(step);
        });
    }
    P::join(
        place,
        |place| compute::<P>(place, layers - 1),
        |place| compute::<P>(place, layers - 1),
    );
}
