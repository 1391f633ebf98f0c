//! A stretch of plain calls, where joins and scopes run on the thread itself, and whether it lasts too long.

use std::time::{Duration, Instant};

use crate::tuning::{EARLY_JOINS, JOINS_PER_LOOK, WAIT_LANE_LIMIT};

/// See the module.
#[derive(Clone, Copy)]
pub(crate) struct Stretch {
    began: Instant,
    /// Joins, and jobs of scopes, so far.
    joins: u32,
}

impl Stretch {
    pub(crate) fn begin() -> Stretch {
        Stretch { began: Instant::now(), joins: 0 }
    }

    pub(crate) fn lasted(&self) -> Duration {
        self.began.elapsed()
    }

    /// There is one join more. True: the stretch has lasted too long. The clock is looked at now and then.
    pub(crate) fn go_on(&mut self) -> bool {
        self.joins = self.joins.wrapping_add(1);
        let looks = self.joins <= EARLY_JOINS || self.joins.is_multiple_of(JOINS_PER_LOOK);
        looks && self.lasted() >= WAIT_LANE_LIMIT
    }
}
