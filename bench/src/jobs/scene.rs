//! The kinds of jobs on which the automatic number at once is compared with fixed ones. Each scene
//! says what one job is, which fixed numbers are worth trying, and roughly how fast they go; the
//! estimate only sets how many jobs a short run needs, never a figure.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::service::{Delay, Service};

/// Fixed numbers at once for jobs that wait.
const WAITING: &[u32] = &[1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512];
/// Fixed numbers at once for jobs that compute: beyond this they only get in each other's way.
const COMPUTING: &[u32] = &[1, 2, 3, 4, 6, 8, 12, 16, 32];

/// One kind of job.
#[derive(Clone, Copy)]
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Jobs of a full round: about ten seconds at the best fixed number on two cores.
    pub(super) jobs: u64,
    /// The fixed numbers at once that the sweep tries.
    pub(super) fixed: &'static [u32],
    /// How many times the throughput of one job per core the automatic number must reach.
    pub(super) times_cores: Option<f64>,
    /// Seconds for which the sweep runs each fixed number.
    pub(super) sweep_seconds: f64,
    /// A rough estimate of jobs per second, from jobs at once and cores.
    pub(super) rough_rate: fn(f64, f64) -> f64,
    /// Prepares files and services in a folder.
    pub(super) stage: fn(&Path) -> Result<Stage>,
}

/// A scene that is ready to run.
pub(super) struct Stage {
    /// The job; its input is appended.
    pub(super) job: Vec<OsString>,
    /// The input of the job with this number.
    pub(super) input: Box<dyn Fn(u64) -> String>,
    /// What the jobs talk to; it ends with the stage.
    pub(super) _service: Option<Service>,
}

pub(super) const ALL: &[Scene] = &[
    Scene {
        name: "auto-sleep",
        about: "-j auto beside the best fixed -j on sleep 0.2",
        jobs: 20_000,
        fixed: WAITING,
        times_cores: Some(10.0),
        sweep_seconds: 2.0,
        rough_rate: |at_once, cores| (at_once / 0.2).min(cores / 0.001),
        stage: |_| plain(&["sleep"], |_| "0.2".to_owned()),
    },
    Scene {
        name: "auto-fetch",
        about: "-j auto beside the best fixed -j on an HTTP fetch that the server delays by 50 ms",
        jobs: 15_000,
        fixed: WAITING,
        times_cores: Some(10.0),
        sweep_seconds: 2.0,
        rough_rate: |at_once, cores| (at_once / 0.052).min(cores / 0.0012),
        stage: |_| fetching(Delay::Constant(Duration::from_millis(50))),
    },
    Scene {
        name: "auto-gzip",
        about: "-j auto beside the best fixed -j on gzip of 8 MB files",
        jobs: 60,
        fixed: COMPUTING,
        times_cores: None,
        sweep_seconds: 4.0,
        rough_rate: |at_once, cores| at_once.min(cores) / 0.32,
        stage: compressing,
    },
    Scene {
        name: "auto-sha256",
        about: "-j auto beside the best fixed -j on sha256sum of many small files",
        jobs: 15_000,
        fixed: COMPUTING,
        times_cores: None,
        sweep_seconds: 2.0,
        rough_rate: |at_once, cores| at_once.min(cores) / 0.0013,
        stage: hashing,
    },
    Scene {
        name: "auto-wait-cpu",
        about: "-j auto beside the best fixed -j on 50 ms of waiting and 40 ms of CPU",
        jobs: 480,
        fixed: WAITING.split_at(11).0,
        times_cores: None,
        sweep_seconds: 3.0,
        rough_rate: |at_once, cores| (at_once / 0.092).min(cores / 0.042),
        stage: |_| {
            let program = own_program()?;
            plain(&[&program, "workload", "wait-cpu", "50", "40"], |job| job.to_string())
        },
    },
    Scene {
        name: "auto-slow-service",
        about: "-j auto beside the best fixed -j on a service that gets slower beyond 16 at once",
        jobs: 1_600,
        fixed: WAITING.split_at(11).0,
        times_cores: None,
        sweep_seconds: 3.0,
        rough_rate: |at_once, _| {
            let excess = (at_once / 16.0).max(1.0);
            at_once / (0.1 * excess * excess)
        },
        stage: |_| fetching(Delay::GrowsBeyond { knee: 16, base: Duration::from_millis(100) }),
    },
    Scene {
        name: "auto-lengths",
        about: "-j auto beside the best fixed -j on waits from 10 ms to 2 s",
        jobs: 13_000,
        fixed: WAITING,
        times_cores: Some(10.0),
        sweep_seconds: 6.0,
        rough_rate: |at_once, cores| (at_once / 0.38).min(cores / 0.001),
        stage: |_| plain(&["sleep"], |job| format!("{:.3}", length_seconds(job))),
    },
];

fn plain(job: &[&str], input: impl Fn(u64) -> String + 'static) -> Result<Stage> {
    let job = job.iter().map(OsString::from).collect();
    Ok(Stage { job, input: Box::new(input), _service: None })
}

/// The bench itself, as a word of a job.
fn own_program() -> Result<String> {
    let path = env::current_exe().context("find the bench's own executable")?;
    path.into_os_string().into_string().ok().context("the bench's own path is not UTF-8")
}

fn fetching(delay: Delay) -> Result<Stage> {
    let service = Service::start(delay)?;
    let program = own_program()?;
    let stage = plain(&[&program, "workload", "fetch", &service.url()], |job| job.to_string())?;
    Ok(Stage { _service: Some(service), ..stage })
}

fn compressing(folder: &Path) -> Result<Stage> {
    const FILES: u64 = 8;
    let write = |number| write_words(&folder.join(format!("text-{number}")), number, 8_000_000);
    (0..FILES).try_for_each(write)?;
    let folder = folder.to_owned();
    let program = own_program()?;
    plain(&[&program, "workload", "quiet", "gzip", "-c"], move |job| {
        folder.join(format!("text-{}", job % FILES)).display().to_string()
    })
}

fn hashing(folder: &Path) -> Result<Stage> {
    const FILES: u64 = 2_000;
    let path = |folder: &Path, number: u64| -> PathBuf { folder.join(format!("small-{number}")) };
    (0..FILES).try_for_each(|number| write_words(&path(folder, number), number, 16_000))?;
    let folder = folder.to_owned();
    plain(&["sha256sum"], move |job| path(&folder, job % FILES).display().to_string())
}

/// Writes about `bytes` of pseudo-random words, which compress as text does; the seed fixes them.
fn write_words(path: &Path, seed: u64, bytes: usize) -> Result<()> {
    let mut file = BufWriter::new(File::create(path).context("write a file to work on")?);
    let mut random = Random(seed);
    let mut written = 0;
    while written < bytes {
        let number = random.next() % 20_000;
        let word = format!("{:x}{} ", number.wrapping_mul(2_654_435_761) % 65_536, number % 7);
        file.write_all(word.as_bytes())?;
        written += word.len();
    }
    Ok(file.flush()?)
}

/// Waits spread evenly over the orders of magnitude from 10 ms to 2 s, the same in every run.
fn length_seconds(job: u64) -> f64 {
    let part = Random(job).next() as f64 / u64::MAX as f64;
    0.01 * 200.0_f64.powf(part)
}

/// The splitmix64 sequence (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_span_the_range_and_repeat() {
        let all: Vec<f64> = (0..1000).map(length_seconds).collect();
        assert!(all.iter().all(|length| (0.01..=2.0).contains(length)));
        assert!(all.iter().any(|length| *length < 0.02) && all.iter().any(|l| *l > 1.0));
        assert_eq!(all[7], length_seconds(7));
    }

    #[test]
    fn files_are_the_same_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = ["a", "b"].map(|name| folder.path().join(name));
        write_words(&first, 3, 1000).unwrap();
        write_words(&second, 3, 1000).unwrap();
        let text = std::fs::read(&first).unwrap();
        assert!(text.len() >= 1000);
        assert_eq!(text, std::fs::read(&second).unwrap());
    }

    #[test]
    fn the_slow_service_is_not_swept_far_beyond_its_knee() {
        let scene = ALL.iter().find(|scene| scene.name == "auto-slow-service").unwrap();
        assert_eq!(scene.fixed.last(), Some(&64));
    }
}
