//! Patience: whether it pays to look again and again for a moment before a thread falls asleep in
//! the poller.
//!
//! To fall asleep and to be woken costs two switches of the thread, and whoever causes the event
//! pays for the waking. Where events follow each other closely, as between a busy server and its
//! clients, looking again costs less than that. So a thread lingers for about as long as a sleep
//! costs (with that much it never does worse than twice the best choice, whatever comes: Karlin,
//! Manasse, McGeoch and Owicki, "Competitive randomized algorithms for nonuniform problems", SODA
//! 1990), and only while its sleeps have lately been short: a program that does something every
//! millisecond does not linger at all.

use std::time::Duration;

use crate::tuning;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Patience(u32);

impl Patience {
    /// Whether to look again, after `since` without an event.
    pub(crate) fn lasts(&self, since: Duration) -> bool {
        self.0 > 0 && since < tuning::POLLER_LINGER
    }

    /// A thread has slept, and it was woken so long after it had begun to wait.
    pub(crate) fn slept(&mut self, waited: Duration) {
        self.0 = match waited < 2 * tuning::POLLER_LINGER {
            true => (self.0 + 1).min(tuning::PATIENCE_MAX),
            false => self.0.saturating_sub(1),
        };
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn short_sleeps_make_patient_and_long_ones_impatient() {
        let mut patience = Patience::default();
        assert!(!patience.lasts(Duration::ZERO));
        patience.slept(tuning::POLLER_LINGER);
        assert!(patience.lasts(Duration::ZERO) && !patience.lasts(tuning::POLLER_LINGER));
        (0..100).for_each(|_| patience.slept(Duration::ZERO));
        (0..tuning::PATIENCE_MAX - 1).for_each(|_| patience.slept(Duration::from_secs(1)));
        assert!(patience.lasts(Duration::ZERO));
        patience.slept(Duration::from_secs(1));
        assert!(!patience.lasts(Duration::ZERO));
    }
}
