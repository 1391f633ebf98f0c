//! Aim: the deadline of a `Sleep` and how far it has come, in one word, since a task that sleeps has
//! nothing else to say about itself: an instant of std's has 16 bytes, 12 of them used.

use std::time::Duration;

use super::entry::LAST_DEADLINE;

const STAGE_BITS: u32 = 2;

/// See the module: nanoseconds from the clock's start, above the stage.
#[derive(Clone, Copy)]
pub(super) struct Aim(i64);

/// How far a `Sleep` has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The wheel knows nothing of it.
    New,
    /// The same, and its deadline was ahead when it was made.
    Ahead,
    /// Its entry is armed.
    Waiting,
    /// It has finished.
    Elapsed,
}

impl Aim {
    /// Deadlines farther than 73 years are brought to that.
    pub(super) fn new(nanoseconds: i64, stage: Stage) -> Aim {
        let last = LAST_DEADLINE.cast_signed();
        Aim(nanoseconds.clamp(-last, last) << STAGE_BITS | stage as i64)
    }

    /// So much later than `now`, which is the time.
    pub(super) fn ahead(now: u64, by: Duration) -> Aim {
        let by = u64::try_from(by.as_nanos()).unwrap_or(LAST_DEADLINE);
        let stage = if by == 0 { Stage::New } else { Stage::Ahead };
        let deadline = now.saturating_add(by).min(LAST_DEADLINE);
        Aim::new(deadline.cast_signed(), stage)
    }

    pub(super) fn nanoseconds(self) -> i64 {
        self.0 >> STAGE_BITS
    }

    pub(super) fn stage(self) -> Stage {
        match self.0 & ((1 << STAGE_BITS) - 1) {
            0 => Stage::New,
            1 => Stage::Ahead,
            2 => Stage::Waiting,
            _ => Stage::Elapsed,
        }
    }

    pub(super) fn enter(&mut self, stage: Stage) {
        *self = Aim::new(self.nanoseconds(), stage);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn holds_every_time_and_stage() {
        let last = LAST_DEADLINE.cast_signed();
        for stage in [Stage::New, Stage::Ahead, Stage::Waiting, Stage::Elapsed] {
            for nanoseconds in [-last, -7, 0, 1, 123_456_789, last] {
                let aim = Aim::new(nanoseconds, stage);
                assert_eq!((aim.nanoseconds(), aim.stage()), (nanoseconds, stage));
            }
            assert_eq!(Aim::new(i64::MAX, stage).nanoseconds(), last);
            assert_eq!(Aim::new(i64::MIN, stage).nanoseconds(), -last);
        }
    }

    #[test]
    fn later_than_now() {
        let aim = Aim::ahead(5, Duration::from_nanos(7));
        assert_eq!((aim.nanoseconds(), aim.stage()), (12, Stage::Ahead));
        assert_eq!(Aim::ahead(5, Duration::ZERO).stage(), Stage::New);
        assert_eq!(Aim::ahead(5, Duration::MAX).nanoseconds(), LAST_DEADLINE.cast_signed());
    }
}
