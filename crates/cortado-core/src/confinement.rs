//! Confinement: on which CPUs the threads of a runtime stay that runs under a CPU quota.
//!
//! Beyond its quota the kernel stops all threads of a control group for the rest of a period (100 ms
//! as a rule), whatever their priority: with a quota of 1 CPU, two computing threads on two CPUs
//! stop everything half of the time. Threads that share as many CPUs as the quota holds cannot use
//! it up, and there priorities decide again. Counting seats instead does not do: a computing poll
//! cannot be interrupted, the work lane has more threads than seats, and one computing thread beside
//! a wait lane on another CPU is beyond a quota of 1 already.
//!
//! So the work lane stays on as many CPUs as the quota holds whole ones. Where the rest is worth it,
//! the wait lane may use one CPU more. Which CPUs they are depends on the process, so that several
//! processes spread.

use cortado_probe::Lane;

use crate::sys::{CpuLimit, Cpus};
use crate::tuning::QUOTA_REST;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Confinement {
    wait: Option<Cpus>,
    work: Option<Cpus>,
}

impl Confinement {
    /// Under these limits, of a process that may use `usable`, counted from the CPU at `start`.
    pub(crate) fn new(limit: CpuLimit, usable: &Cpus, start: usize) -> Confinement {
        let Some(quota) = limit.quota.filter(|quota| *quota < usable.count() as f64) else {
            return Confinement::default();
        };
        let whole = (quota.floor() as usize).max(1);
        let rest = usize::from(quota - whole as f64 >= QUOTA_REST);
        let some = |count: usize| (count < usable.count()).then(|| usable.some_from(start, count));
        Confinement { wait: some(whole + rest), work: some(whole) }
    }

    /// Where the threads of a lane stay; nothing where they may run everywhere.
    pub(crate) fn of(&self, lane: Lane) -> Option<&Cpus> {
        match lane {
            Lane::Wait => self.wait.as_ref(),
            Lane::Work => self.work.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(quota: Option<f64>, cores: usize) -> [Option<usize>; 2] {
        let limit = CpuLimit { cores, quota };
        let made = Confinement::new(limit, &Cpus::first(cores), 3);
        [Lane::Wait, Lane::Work].map(|lane| made.of(lane).map(Cpus::count))
    }

    #[test]
    fn without_a_quota_below_the_cores_nobody_is_confined() {
        assert_eq!(counts(None, 2), [None, None]);
        assert_eq!(counts(Some(2.0), 2), [None, None]);
        assert_eq!(counts(Some(7.5), 4), [None, None]);
    }

    #[test]
    fn both_lanes_share_the_cpus_of_a_whole_quota() {
        assert_eq!(counts(Some(1.0), 2), [Some(1), Some(1)]);
        assert_eq!(counts(Some(3.1), 8), [Some(3), Some(3)]);
        assert_eq!(counts(Some(0.4), 8), [Some(1), Some(1)]);
    }

    #[test]
    fn the_wait_lane_may_use_what_is_left() {
        assert_eq!(counts(Some(1.5), 2), [None, Some(1)]);
        assert_eq!(counts(Some(2.5), 8), [Some(3), Some(2)]);
    }
}
