//! Relief: a busy worker takes over what waits behind another one that does not get on.
//!
//! A worker keeps its queue while its thread is preempted, which it is for milliseconds where others
//! want its core, or while its poll is long. One that has nothing to do steals what waits there; but
//! where every worker always has something to do, nobody would, though the tasks of the others were
//! served again and again meanwhile. So each of them watches one of the others at a time.

use std::sync::Arc;
use std::time::Instant;

use super::Record;
use crate::tuning::RELIEF_AFTER;

/// See the module.
pub(super) struct Relief {
    /// The worker that is watched, and how many polls it had begun.
    watched: usize,
    polls: u64,
    /// When it is looked at next.
    until: Instant,
}

impl Relief {
    pub(super) fn new(now: Instant) -> Relief {
        Relief { watched: 0, polls: u64::MAX, until: now }
    }

    /// Looks at the worker that is watched. Returns it if tasks wait behind it and it has begun no poll
    /// since the look before; else watches the next one from now on.
    pub(super) fn look<'a>(
        &mut self,
        workers: &'a [Arc<Record>],
        own: &Record,
        now: Instant,
    ) -> Option<&'a Record> {
        if now < self.until {
            return None;
        }
        self.until = now + RELIEF_AFTER;
        let watched = &workers[self.watched % workers.len()];
        if watched.polls() == self.polls
            && watched.lane() == own.lane()
            && !watched.queue().is_empty()
        {
            return Some(watched);
        }
        self.watched = (self.watched + 1) % workers.len();
        if self.watched == own.index() {
            self.watched = (self.watched + 1) % workers.len();
        }
        self.polls = workers[self.watched].polls();
        None
    }
}
