//! `-j auto` beside the best fixed `-j`: a short sweep of cortado itself finds the fastest fixed
//! numbers, then those, the automatic number and one job per core run in turn, whole runs from the
//! first job to the last, so that finding the number counts against the automatic one.

use std::rc::Rc;
use std::thread;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::scene::Scene;
use super::sweep::{Track, Tried, fastest};
use crate::goal::{Better, Goal};
use crate::registry::{Case, Settings};
use crate::report::{Metric, OURS, Report};
use crate::round::{Contender, Fate, Series, interleave, median};

/// How many of the sweep's fastest numbers run the final rounds; one alone may be luck. A smoke run
/// tries too few numbers for the second to be near the first.
const FINALISTS: usize = 2;
const BEST: &str = "best-fixed";
const CORES: &str = "cores";

/// The comparison on one scene.
pub(super) struct Auto(pub(super) Scene);

impl Case for Auto {
    fn name(&self) -> &'static str {
        self.0.name
    }

    fn about(&self) -> &'static str {
        self.0.about
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let folder = TempDir::new().context("make a folder for the scene")?;
        let (series, notes) = match self.measure(settings, &folder) {
            Ok(found) => found,
            Err(error) => (failed(&format!("{error:#}")), Vec::new()),
        };
        let mut goals = vec![Goal::Times { peer: BEST, factor: 0.9 }];
        goals.extend(self.0.times_cores.map(|factor| Goal::Times { peer: CORES, factor }));
        let metric = Metric { name: "", unit: "jobs/s", better: Better::Higher, goals };
        Ok(Report { metrics: vec![metric], series, notes })
    }
}

impl Auto {
    fn measure(&self, settings: &Settings, folder: &TempDir) -> Result<(Vec<Series>, Vec<String>)> {
        let track = Rc::new(Track {
            scene: self.0,
            stage: (self.0.stage)(folder.path())?,
            folder: folder.path().to_owned(),
            cortado: settings.cortado.path()?,
            cores: u32::try_from(usize::from(thread::available_parallelism()?))?,
        });
        let in_quick = |at_once: &&u32| !settings.quick || matches!(at_once, 2 | 6 | 16 | 128);
        let fixed: Vec<u32> = self.0.fixed.iter().filter(in_quick).copied().collect();
        let seconds = settings.amount(self.0.sweep_seconds, 0.4);
        let tried = track.sweep(&fixed, seconds)?;
        let jobs = settings.amount(self.0.jobs, self.0.jobs.div_ceil(8));
        let cores_jobs = track.jobs_for(track.cores, settings.amount(8.0, 0.5)).min(jobs);
        let runner = |name: String, at_once, jobs| {
            Box::new(Runner { name, at_once, jobs, track: Rc::clone(&track) }) as Box<dyn Contender>
        };
        let mut contenders = vec![runner(OURS.to_owned(), None, jobs)];
        contenders.push(runner(CORES.to_owned(), Some(track.cores), cores_jobs));
        for at_once in fastest(&tried, settings.amount(FINALISTS, 1)) {
            contenders.push(runner(format!("-j{at_once}"), Some(at_once), jobs));
        }
        let mut series = interleave(&mut contenders, settings.rounds(1));
        let mut notes = vec![sweep_note(&tried)];
        notes.extend(name_best(&mut series).map(|name| format!("{BEST} is {name}")));
        notes.push(format!("{jobs} jobs a round; {CORES} ran {cores_jobs}, its rate is steady"));
        Ok((series, notes))
    }
}

fn failed(why: &str) -> Vec<Series> {
    vec![Series { name: OURS.to_owned(), fate: Fate::Failed(why.to_owned()) }]
}

fn sweep_note(tried: &[Tried]) -> String {
    let one = |tried: &Tried| format!("-j{} {:.1}", tried.at_once, tried.jobs_per_second);
    format!("sweep, jobs/s: {}", tried.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// Gives the finalist with the highest median the name by which the goal calls it, and returns the
/// name that it had.
fn name_best(series: &mut [Series]) -> Option<String> {
    let rate = |series: &Series| median(&series.column(0)).unwrap_or(0.0);
    let finalists = series.iter_mut().filter(|series| series.name.starts_with("-j"));
    let best = finalists.max_by(|left, right| rate(left).total_cmp(&rate(right)))?;
    Some(std::mem::replace(&mut best.name, BEST.to_owned()))
}

struct Runner {
    name: String,
    at_once: Option<u32>,
    jobs: u64,
    track: Rc<Track>,
}

impl Contender for Runner {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn round(&mut self) -> Result<Vec<f64>> {
        Ok(vec![self.track.throughput(self.at_once, self.jobs)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_finalist_gets_the_name_of_the_goal() {
        let series = |name: &str, rate: f64| Series {
            name: name.to_owned(),
            fate: Fate::Measured(vec![vec![rate]]),
        };
        let mut all = [series(OURS, 9.0), series("-j8", 5.0), series("-j16", 6.0)];
        assert_eq!(name_best(&mut all).as_deref(), Some("-j16"));
        assert_eq!(all[2].name, BEST);
        assert_eq!(name_best(&mut [series(OURS, 9.0)]), None);
    }
}
