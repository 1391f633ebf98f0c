//! A worker's pace: after how many polls it looks around, by how long its polls are.
//!
//! What waits at the descriptors and in the injector waits for a number of polls of a busy worker. That
//! number is fixed where polls are as short as they should be; where they are long, the worker looks the
//! more often, so that nobody out there waits much longer than for one of them. A clock is read at each
//! look only. Tokio paces its looks at the injector by the same measure (`global_queue_interval`).

use std::time::Instant;

use crate::tuning::{
    INJECTOR_EVERY_POLLS, INJECTOR_EVERY_POLLS_WITH_MANY, LOOK_AIM, LOOK_EVERY_POLLS,
};

/// See the module.
pub(super) struct Pace {
    /// Polls from one look to the next.
    polls: u32,
    left: u32,
    /// When the last look was; nothing where the worker has slept since.
    looked: Option<Instant>,
}

impl Pace {
    pub(super) fn new() -> Pace {
        Pace { polls: LOOK_EVERY_POLLS, left: LOOK_EVERY_POLLS, looked: None }
    }

    /// A poll begins.
    pub(super) fn count_poll(&mut self) {
        self.left = self.left.saturating_sub(1);
    }

    /// The worker has slept: how long that took says nothing of its polls.
    pub(super) fn forget(&mut self) {
        self.looked = None;
    }

    /// It is time for a look; what `now` says is when.
    pub(super) fn look_is_due(&mut self, now: impl FnOnce() -> Instant) -> Option<Instant> {
        if self.left > 0 {
            return None;
        }
        let now = now();
        if let Some(before) = self.looked.replace(now) {
            let ns_per_poll = (now - before).as_nanos() / u128::from(self.polls);
            let polls = LOOK_AIM.as_nanos() / ns_per_poll.max(1);
            self.polls = polls.clamp(1, u128::from(LOOK_EVERY_POLLS)) as u32;
        }
        self.left = self.polls;
        Some(now)
    }

    /// Polls between two looks at the injector.
    pub(super) fn injector_every(&self) -> u32 {
        INJECTOR_EVERY_POLLS.min(self.polls)
    }

    /// The same where many tasks of the worker's own wait.
    pub(super) fn injector_every_with_many(&self) -> u32 {
        INJECTOR_EVERY_POLLS_WITH_MANY.min(self.polls.saturating_mul(INJECTOR_EVERY_POLLS))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Polls until the next look, of which each takes `poll`.
    fn until_look(pace: &mut Pace, now: &mut Instant, poll: Duration) -> u32 {
        for polls in 1.. {
            pace.count_poll();
            *now += poll;
            if pace.look_is_due(|| *now).is_some() {
                return polls;
            }
        }
        unreachable!("a look is due some time")
    }

    #[test]
    fn the_longer_the_polls_the_fewer_are_between_looks() {
        let (mut pace, mut now) = (Pace::new(), Instant::now());
        let mut looks = |poll| {
            until_look(&mut pace, &mut now, poll);
            until_look(&mut pace, &mut now, poll);
            let polls = until_look(&mut pace, &mut now, poll);
            (polls, pace.injector_every(), pace.injector_every_with_many())
        };
        assert_eq!(looks(Duration::from_nanos(20)), (61, 8, 64));
        assert_eq!(looks(LOOK_AIM / 10), (10, 8, 64));
        assert_eq!(looks(LOOK_AIM * 3), (1, 1, 8));
        assert_eq!(looks(Duration::ZERO), (61, 8, 64));
    }

    #[test]
    fn a_sleep_is_no_poll() {
        let (mut pace, mut now) = (Pace::new(), Instant::now());
        for _ in 0..3 {
            assert_eq!(until_look(&mut pace, &mut now, Duration::from_nanos(100)), 61);
            now += Duration::from_secs(1);
            pace.forget();
        }
    }
}
