//! What a pool costs that has next to nothing to do.

use super::peer::{Peer, Rayon};
use crate::runtime::{WORKERS, share_of_core};
use crate::stopwatch::Stopwatch;

/// A thread outside asks for a join of two empty closures every millisecond, and waits for it: CPU
/// time of the whole process, that thread included, as a share of a core, in percent.
pub(super) fn tiny_jobs<P: Peer>(watch: &Stopwatch) -> f64 {
    let peer = P::start(WORKERS);
    share_of_core(watch, || {
        peer.run(|place| P::join(place, |_| (), |_| ()));
    })
}

/// The same with `rayon::spawn`, which nobody waits for.
pub(super) fn spawned_by_rayon(watch: &Stopwatch) -> f64 {
    let Rayon(pool) = Rayon::start(WORKERS);
    share_of_core(watch, || pool.spawn(|| ()))
}
