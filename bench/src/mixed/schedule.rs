//! The open-loop schedule of the echo client and the record of its answers. A request's latency
//! counts from the moment at which it was to be sent, not from when it was, and a request that is
//! never answered counts with the time it has been due for: a server that stalls cannot hide the
//! requests it kept from being sent (coordinated omission).

use hdrhistogram::Histogram;

use crate::latency::histogram;

/// When each request is to be sent, in nanoseconds of the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    pub(super) start_ns: u64,
    pub(super) interval_ns: u64,
    /// Requests at the start that are sent and not counted.
    pub(super) warm_up: u64,
    /// Requests in all.
    pub(super) total: u64,
}

impl Schedule {
    pub(super) fn intended_ns(&self, request: u64) -> u64 {
        self.start_ns + request * self.interval_ns
    }
}

/// The answers so far.
pub(super) struct Answers {
    schedule: Schedule,
    is_answered: Vec<bool>,
    outstanding: u64,
    latencies: Histogram<u64>,
}

impl Answers {
    pub(super) fn new(schedule: Schedule) -> Self {
        let is_answered = vec![false; schedule.total as usize];
        Self { schedule, is_answered, outstanding: schedule.total, latencies: histogram() }
    }

    /// Request number `request` was answered; false if there is no such request outstanding.
    pub(super) fn answered(&mut self, request: u64, now_ns: u64) -> bool {
        let Some(slot @ false) = self.is_answered.get_mut(request as usize) else { return false };
        *slot = true;
        self.outstanding -= 1;
        self.record(request, now_ns);
        true
    }

    pub(super) fn outstanding(&self) -> u64 {
        self.outstanding
    }

    /// Counts what is still outstanding with the time it has been due for, and returns all
    /// latencies with the number of requests that were never answered.
    pub(super) fn close(mut self, now_ns: u64) -> (Histogram<u64>, u64) {
        for request in 0..self.schedule.total {
            if !self.is_answered[request as usize] {
                self.record(request, now_ns);
            }
        }
        (self.latencies, self.outstanding)
    }

    fn record(&mut self, request: u64, now_ns: u64) {
        if request >= self.schedule.warm_up {
            let latency = now_ns.saturating_sub(self.schedule.intended_ns(request));
            self.latencies.saturating_record(latency.max(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule =
        Schedule { start_ns: 1_000_000, interval_ns: 1_000_000, warm_up: 0, total: 10 };

    #[test]
    fn latency_counts_from_the_intended_time() {
        let mut answers = Answers::new(SCHEDULE);
        assert!(answers.answered(2, SCHEDULE.intended_ns(2) + 50_000));
        let (latencies, lost) = answers.close(SCHEDULE.intended_ns(2));
        assert_eq!(lost, 9);
        assert!((latencies.max() as i64 - 2_000_000).abs() < 10_000);
        assert!(latencies.value_at_quantile(1.0) >= 50_000);
    }

    #[test]
    fn a_stall_shows_in_every_request_that_was_due_in_it() {
        let mut answers = Answers::new(SCHEDULE);
        let stall_ends = SCHEDULE.intended_ns(9);
        for request in 0..10 {
            assert!(answers.answered(request, stall_ends));
        }
        let (latencies, lost) = answers.close(stall_ends);
        assert_eq!(lost, 0);
        let median = latencies.value_at_quantile(0.5);
        assert!((3_900_000..4_100_000).contains(&median), "{median}");
    }

    #[test]
    fn the_unanswered_count_with_the_time_they_have_been_due() {
        let answers = Answers::new(Schedule { total: 1, ..SCHEDULE });
        let (latencies, lost) = answers.close(SCHEDULE.start_ns + 3_000_000_000);
        assert_eq!(lost, 1);
        assert!(latencies.max() >= 2_990_000_000);
    }

    #[test]
    fn warm_up_is_not_counted_and_nothing_counts_twice() {
        let mut answers = Answers::new(Schedule { warm_up: 2, ..SCHEDULE });
        assert!(answers.answered(1, SCHEDULE.intended_ns(9)));
        assert!(answers.answered(2, SCHEDULE.intended_ns(2) + 1000));
        assert!(!answers.answered(2, SCHEDULE.intended_ns(9)));
        assert!(!answers.answered(99, SCHEDULE.intended_ns(9)));
        assert_eq!(answers.outstanding(), 8);
        assert_eq!(answers.latencies.len(), 1);
    }
}
