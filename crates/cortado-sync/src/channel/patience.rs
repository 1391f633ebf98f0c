//! What a thread does before it begins to wait in a channel with a buffer: it leaves the other side
//! alone for a moment, longer each time, and tries again. In the meantime the other side fills or
//! empties the buffer by many messages; a thread that waited in the queue would be woken for each
//! of them. A task needs none of this: the other side runs when it waits.
//!
//! Channels for less than two messages have nothing to gain: there every message is a hand-over, and
//! who only tries never meets the other.

use std::hint::spin_loop;
use std::thread;

use crate::tuning::{PATIENCE_PAUSES, PATIENCE_ROUNDS, PATIENCE_YIELDS};

/// Calls `attempt` until it has a result or the patience is at its end.
pub(super) fn try_patiently<R>(
    capacity: Option<usize>,
    mut attempt: impl FnMut() -> Option<R>,
) -> Option<R> {
    let first = attempt();
    if first.is_some() || capacity.is_some_and(|capacity| capacity < 2) {
        return first;
    }
    for round in 0..PATIENCE_ROUNDS {
        (0..PATIENCE_PAUSES << round).for_each(|_| spin_loop());
        if let Some(result) = attempt() {
            return Some(result);
        }
    }
    (0..PATIENCE_YIELDS).find_map(|_| {
        thread::yield_now();
        attempt()
    })
}
