//! What is known of places in the program: how long what begins there has lately taken.
//!
//! A place is known to be *short* after a few short runs in a row, until one is long. A wrong guess costs
//! one closure the way between the lanes, or the wait lane one long poll, which the monitor sees to.
//!
//! The figures are guesses: two threads that learn at once may lose a step, which is all right.

use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::tuning::{INLINE_LIMIT, SHORT_AFTER};

/// Places that can be known to be short; further ones are not learned. A power of two.
const PLACES: usize = 256;
/// How many slots a place may stand in.
const PROBES: usize = 4;

struct Slot {
    place: AtomicUsize,
    /// Short runs in a row.
    short_runs: AtomicU32,
}

static SLOTS: [Slot; PLACES] =
    [const { Slot { place: AtomicUsize::new(0), short_runs: AtomicU32::new(0) } }; PLACES];

/// A place in the program, by the address of something that stands for it.
#[derive(Clone, Copy)]
pub(crate) struct Place(usize);

impl From<&'static Location<'static>> for Place {
    fn from(location: &'static Location<'static>) -> Place {
        Place(ptr::from_ref(location) as usize)
    }
}

impl Place {
    /// That of all calls of a function: for a generic one, of all that have the same closures.
    pub(crate) fn of_function(function: *const ()) -> Place {
        Place(function as usize)
    }
}

/// What begins at `place` has lately been short.
pub(crate) fn is_short(place: Place) -> bool {
    find(place).is_some_and(|slot| slot.short_runs.load(Ordering::Relaxed) >= SHORT_AFTER)
}

/// What began at `place` took so long, of which `limit` is still short.
pub(crate) fn learn(place: Place, took: Duration, limit: Duration) {
    let is_short = took <= limit;
    let there = find(place);
    let Some(slot) = there.or_else(|| is_short.then(|| add(place)).flatten()) else { return };
    let before = slot.short_runs.load(Ordering::Relaxed);
    let after = if is_short { (before + 1).min(SHORT_AFTER) } else { 0 };
    if after != before {
        slot.short_runs.store(after, Ordering::Relaxed);
    }
}

/// Runs the closure, and learns how long what begins at `place` takes, to be asked for as short.
pub(crate) fn timed<R>(place: Place, closure: impl FnOnce() -> R) -> R {
    let began = Instant::now();
    let result = closure();
    learn(place, began.elapsed(), INLINE_LIMIT);
    result
}

fn find(place: Place) -> Option<&'static Slot> {
    slots(place).find(|slot| slot.place.load(Ordering::Relaxed) == place.0)
}

/// A slot for the place: a free one, or that of a place that is not known to be short.
fn add(place: Place) -> Option<&'static Slot> {
    slots(place).find(|slot| {
        let there = slot.place.load(Ordering::Relaxed);
        let may_go = there == 0 || slot.short_runs.load(Ordering::Relaxed) == 0;
        let claim = |relaxed| slot.place.compare_exchange(there, place.0, relaxed, relaxed);
        may_go && claim(Ordering::Relaxed).is_ok()
    })
}

/// Where the place may stand.
fn slots(Place(address): Place) -> impl Iterator<Item = &'static Slot> {
    let start = (address >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as usize) >> 40;
    (start..start + PROBES).map(|index| &SLOTS[index % PLACES])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Place, is_short, learn};
    use crate::tuning::SHORT_AFTER;

    const LIMIT: Duration = Duration::from_micros(10);

    #[test]
    fn a_place_is_learned_and_forgotten() {
        let place = Place::of_function(a_place_is_learned_and_forgotten as *const ());
        assert!(!is_short(place));
        (0..SHORT_AFTER).for_each(|_| learn(place, LIMIT / 2, LIMIT));
        assert!(is_short(place));
        learn(place, LIMIT * 2, LIMIT);
        assert!(!is_short(place));
        (1..SHORT_AFTER).for_each(|_| learn(place, LIMIT / 2, LIMIT));
        assert!(!is_short(place));
        learn(place, LIMIT / 2, LIMIT);
        assert!(is_short(place));
    }
}
