//! Finds the fixed numbers at once that are worth measuring at length: each candidate runs once for
//! a short while, and the fastest go on to the final rounds.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::scene::{Scene, Stage};
use super::{cortado_run, write_lines};
use crate::measured_child;

/// A scene that is ready, and the command under test.
pub(super) struct Track {
    pub(super) scene: Scene,
    pub(super) stage: Stage,
    pub(super) folder: PathBuf,
    pub(super) cortado: PathBuf,
    pub(super) cores: u32,
}

/// A fixed number at once, and what it reached in the sweep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tried {
    pub(super) at_once: u32,
    pub(super) jobs_per_second: f64,
}

impl Track {
    /// Runs `jobs` jobs, `at_once` of them or as many as cortado finds, and returns jobs per second.
    pub(super) fn throughput(&self, at_once: Option<u32>, jobs: u64) -> Result<f64> {
        let inputs = self.inputs(jobs)?;
        let option = at_once.map(|number| format!("-j{number}"));
        let options: Vec<&str> = option.as_deref().into_iter().collect();
        let mut command = cortado_run(&self.cortado, &options, &self.stage.job, &inputs)?;
        let cost = measured_child::run(&mut command)?;
        Ok(jobs as f64 / cost.wall.as_secs_f64())
    }

    fn inputs(&self, jobs: u64) -> Result<PathBuf> {
        let name = format!("inputs-{jobs}");
        let path = self.folder.join(&name);
        if path.is_file() {
            return Ok(path);
        }
        write_lines(Path::new(&self.folder), &name, (0..jobs).map(&self.stage.input))
    }

    /// How many jobs keep `at_once` of them busy for about so many seconds.
    pub(super) fn jobs_for(&self, at_once: u32, seconds: f64) -> u64 {
        let rate = (self.scene.rough_rate)(f64::from(at_once), f64::from(self.cores));
        ((rate * seconds) as u64).clamp(u64::from(at_once), self.scene.jobs.max(1024))
    }

    /// Tries every number in `fixed` for about `seconds` each.
    pub(super) fn sweep(&self, fixed: &[u32], seconds: f64) -> Result<Vec<Tried>> {
        let one = |at_once: &u32| {
            let jobs = self.jobs_for(*at_once, seconds);
            let jobs_per_second = self.throughput(Some(*at_once), jobs)?;
            eprintln!("    -j{at_once}: {jobs_per_second:.1} jobs/s over {jobs} jobs");
            Ok(Tried { at_once: *at_once, jobs_per_second })
        };
        fixed.iter().map(one).collect()
    }
}

/// The fastest `count` of the numbers tried, the fastest first.
pub(super) fn fastest(tried: &[Tried], count: usize) -> Vec<u32> {
    let mut order = tried.to_vec();
    order.sort_by(|left, right| right.jobs_per_second.total_cmp(&left.jobs_per_second));
    order.iter().take(count).map(|tried| tried.at_once).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_come_first() {
        let tried = |at_once, jobs_per_second| Tried { at_once, jobs_per_second };
        let all = [tried(1, 5.0), tried(4, 20.0), tried(8, 19.0), tried(16, 3.0)];
        assert_eq!(fastest(&all, 2), [4, 8]);
        assert_eq!(fastest(&all, 9).len(), 4);
    }
}
