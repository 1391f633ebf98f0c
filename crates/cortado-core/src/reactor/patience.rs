//! Patience: whether it pays to look again and again for a moment before a thread falls asleep in
//! the poller.
//!
//! To fall asleep and to be woken costs two switches of the thread and, where its core has nothing else to
//! do, the way of the core into its own sleep and out of it; and whoever causes the event pays for the
//! waking. Where events follow each other closely, as between a server and a client that waits for each
//! answer, looking again costs less than that. So a thread lingers for about as long as a sleep
//! costs (with that much it never does worse than twice the best choice, whatever comes: Karlin,
//! Manasse, McGeoch and Owicki, "Competitive randomized algorithms for nonuniform problems", SODA
//! 1990), and only while no other thread of the runtime has anything to do.
//!
//! It begins where a sleep was shorter than that. Where sleeps are not quite so short, a part of them is
//! the waking, which lingering saves: so it tries now and then. It ends after a few times in vain. A program
//! that does something every 100 µs does not linger at all.
//!
//! Between two looks the thread lets others have its core. If that takes so long that they compute,
//! such as threads of Rayon that are in the work lane, it would find out what has happened meanwhile by
//! the kernel's next tick only: it does not linger for a good while.

use std::time::Duration;

use crate::tuning;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// How many times in a row it may still linger in vain.
    left: u32,
    /// Sleeps in a row, without lingering, in which lingering would nearly have helped.
    close_calls: u32,
    /// Sleeps until it may linger again.
    pause: u32,
}

impl Patience {
    /// Whether to look again, after `since` without an event.
    pub(crate) fn lasts(&self, since: Duration) -> bool {
        self.left > 0 && since < tuning::POLLER_LINGER
    }

    /// The thread has let others have its core while it lingered, and got it back after so long.
    pub(crate) fn gave_way(&mut self, lasted: Duration) {
        if lasted >= tuning::LINGER_LOST {
            *self = Patience { pause: tuning::SLEEPS_WITHOUT_LINGERING, ..Patience::default() };
        }
    }

    /// An event has come while the thread lingered.
    pub(crate) fn helped(&mut self) {
        self.left = tuning::PATIENCE_MAX;
    }

    /// A thread has slept, after it had lingered in vain or not at all, and it was woken so long after
    /// it had begun to wait.
    pub(crate) fn slept(&mut self, waited: Duration) {
        if self.pause > 0 {
            self.pause -= 1;
        } else if waited < tuning::POLLER_LINGER {
            self.left = (self.left + 1).min(tuning::PATIENCE_MAX);
        } else if self.left > 0 {
            self.left -= 1;
        } else if waited < 2 * tuning::POLLER_LINGER {
            self.try_now_and_then();
        } else {
            self.close_calls = 0;
        }
    }

    /// It would have helped if the waking, which is a part of such a sleep, took no time.
    fn try_now_and_then(&mut self) {
        self.close_calls += 1;
        if self.close_calls >= tuning::LINGER_TRY_EVERY {
            *self = Patience { left: 1, ..Patience::default() };
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_micros(1);
    const CLOSE: Duration = tuning::POLLER_LINGER;
    const LONG: Duration = Duration::from_millis(1);

    fn lingers(patience: &Patience) -> bool {
        patience.lasts(Duration::ZERO)
    }

    /// How many sleeps of this length it takes until it lingers.
    fn sleeps_until_it_lingers(patience: &mut Patience, waited: Duration) -> usize {
        let sleeps = (1..2000).find(|_| {
            patience.slept(waited);
            lingers(patience)
        });
        sleeps.unwrap_or(2000)
    }

    #[test]
    fn who_sleeps_shortly_lingers_at_once_and_until_it_was_in_vain_a_few_times() {
        let mut patience = Patience::default();
        assert_eq!(sleeps_until_it_lingers(&mut patience, SHORT), 1);
        assert!(!patience.lasts(tuning::POLLER_LINGER));
        patience.helped();
        (1..tuning::PATIENCE_MAX).for_each(|_| patience.slept(LONG));
        assert!(lingers(&patience));
        patience.slept(LONG);
        assert!(!lingers(&patience));
    }

    #[test]
    fn who_sleeps_a_little_longer_tries_now_and_then() {
        let mut patience = Patience::default();
        for _ in 0..3 {
            let sleeps = sleeps_until_it_lingers(&mut patience, CLOSE);
            assert_eq!(sleeps, tuning::LINGER_TRY_EVERY as usize);
            patience.slept(CLOSE);
            assert!(!lingers(&patience));
        }
        sleeps_until_it_lingers(&mut patience, CLOSE);
        patience.helped();
        patience.slept(CLOSE);
        assert!(lingers(&patience));
    }

    #[test]
    fn who_gives_way_to_others_that_compute_sleeps_for_a_while() {
        let mut patience = Patience::default();
        patience.helped();
        patience.gave_way(SHORT);
        assert!(lingers(&patience));
        patience.gave_way(tuning::LINGER_LOST);
        assert!(!lingers(&patience));
        let sleeps = sleeps_until_it_lingers(&mut patience, SHORT);
        assert_eq!(sleeps, tuning::SLEEPS_WITHOUT_LINGERING as usize + 1);
    }

    #[test]
    fn who_sleeps_long_does_not_try() {
        assert_eq!(sleeps_until_it_lingers(&mut Patience::default(), LONG), 2000);
    }
}
