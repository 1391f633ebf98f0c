//! How much of a CPU quota is left. Where a cgroup throttles our jobs they stand still, and to the kernel's counters the
//! CPUs are idle and the jobs wait; only that they have used what the quota grants tells that more at once would not
//! help.

use std::collections::VecDeque;
use std::time::Duration;

/// Over how long the use is averaged. A quota is granted anew every 100 ms (the kernel's default), and spent in the
/// first part of each such period when many jobs compute.
const AVERAGED: Duration = Duration::from_millis(200);

/// What was used of a quota lately.
#[derive(Debug)]
pub(crate) struct Quota {
    /// CPUs' worth of time that is granted.
    granted: f64,
    /// The end of each look's time, and the CPU time that jobs used in it.
    looks: VecDeque<(Duration, Duration)>,
    /// When the first of them began.
    since: Duration,
}

impl Quota {
    /// A quota of so many CPUs' worth of time; nothing was used before the run began.
    pub(crate) fn new(granted: f64) -> Self {
        Self { granted, looks: VecDeque::new(), since: Duration::ZERO }
    }

    /// The share that is left, 0 to 1, when jobs have used `working` between the last call and `now`, a time since the
    /// run began.
    pub(crate) fn left_share(&mut self, now: Duration, working: Duration) -> f64 {
        self.looks.push_back((now, working));
        while let Some((end, _)) = self.looks.front()
            && *end + AVERAGED < now
        {
            self.since = *end;
            self.looks.pop_front();
        }
        let used: Duration = self.looks.iter().map(|(_, working)| working).sum();
        let granted_s = self.granted * now.saturating_sub(self.since).as_secs_f64();
        (1.0 - used.as_secs_f64() / granted_s.max(1e-9)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throttled_run_leaves_nothing_also_while_it_stands_still() {
        let ms = Duration::from_millis;
        let mut quota = Quota::new(0.5);
        // Two jobs compute for the first 25 ms of each period of 100 ms, and are throttled for the rest.
        for look in 0..50_u64 {
            let working = if look % 5 == 0 { ms(50) } else { ms(0) };
            assert!(quota.left_share(ms(20 * (look + 1)), working) < 0.15, "look {look}");
        }
        // Then they wait, and the quota is not used.
        let left: Vec<f64> =
            (50..65_u64).map(|look| quota.left_share(ms(20 * (look + 1)), ms(0))).collect();
        assert_eq!(left.last(), Some(&1.0));
        assert!(left.is_sorted());
    }
}
