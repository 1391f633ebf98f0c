//! What held the next job back while a slot was free, and for how long: the basis of what the
//! explanation says of a run in which not the number at once was the limit.

use std::time::Duration;

use super::super::explain::Holdback;

/// Why no further job starts for now, and when to try again at the latest.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pause {
    /// When to try again even if nothing happens.
    pub(super) until: Option<Duration>,
    /// What the next job waits for, if that is not a slot.
    pub(super) holdback: Option<Holdback>,
}

impl Pause {
    /// Until whatever holds the next job back wakes the run.
    pub(super) fn for_want_of(holdback: Holdback) -> Pause {
        Pause { until: None, holdback: Some(holdback) }
    }
}

/// The times, added up. Times are since the run began.
#[derive(Debug, Default)]
pub(super) struct Holdbacks {
    now: Option<(Holdback, Duration)>,
    sums: Vec<(Holdback, Duration)>,
}

impl Holdbacks {
    /// From `now` on, this holds the next job back, or nothing does.
    pub(super) fn note(&mut self, now: Duration, holdback: Option<Holdback>) {
        if self.now.map(|(known, _)| known) == holdback {
            return;
        }
        if let Some((known, since)) = self.now.take() {
            let time = now.saturating_sub(since);
            match self.sums.iter_mut().find(|(other, _)| *other == known) {
                Some((_, sum)) => *sum += time,
                None => self.sums.push((known, time)),
            }
        }
        self.now = holdback.map(|holdback| (holdback, now));
    }

    /// What held jobs back for longest, and how long that was.
    pub(super) fn longest(&self) -> Option<(Holdback, Duration)> {
        self.sums.iter().copied().max_by_key(|(_, time)| *time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_added_up_for_each() {
        let mut holdbacks = Holdbacks::default();
        let notes = [
            (10, Some(Holdback::Input)),
            (30, None),
            (40, Some(Holdback::Delay)),
            (65, Some(Holdback::Input)),
            (65, Some(Holdback::Input)),
            (75, None),
        ];
        for (ms, holdback) in notes {
            holdbacks.note(Duration::from_millis(ms), holdback);
        }
        assert_eq!(holdbacks.longest(), Some((Holdback::Input, Duration::from_millis(30))));
    }
}
