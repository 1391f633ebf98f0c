//! Jobs seen from outside: how long each worked, stood ready without a core, or waited for something else.
//!
//! **Where the figures come from.** `/proc/PID/schedstat` has CPU time and run-queue delay in nanoseconds, and is still
//! readable when the process has ended and has not been waited for. It speaks of one thread only, so while a job lives
//! its threads are summed. Processes that a job starts (`sh -c 'a | b'`, make) are found by their parents in a scan of
//! `/proc`, whose distance grows with its cost so that it stays below about 2 % of a core; what a job has already
//! waited for is in its `stat` in clock ticks. At the end the caller gives the CPU time of the whole tree from `wait4`
//! if it has it: that figure is exact.
//!
//! **More CPU than time.** Threads and child processes may together use several cores, while a job has only one time
//! from begin to end. Of that time it is taken to work for `min(cpu, wall)`; then to be queued for as much as is left of
//! the queue's figure; the rest is waiting. So a job counts as working while any of its threads works, waiting is never
//! overstated, and the three parts always add up to the wall time.
//!
//! **Cost.** A look reads at most [`JOBS_PER_LOOK`] jobs, two files of about 5 µs each, in turn; the others are taken to
//! do what those do. The end of a job costs one file, which for jobs of a millisecond would be a twentieth of what they
//! take: of those, who makes them reads one in [`MEASURED`], and the others are taken to have stood in the queue for the
//! same share of their time.

use std::collections::HashMap;
use std::time::Duration;

use super::super::auto::Split;
use super::procfs::{Reader, Schedstat, Stat, numbers_in};

/// Most jobs that one look reads.
const JOBS_PER_LOOK: usize = 64;
/// Least time between two scans for the jobs' own child processes.
const SCAN_INTERVAL: Duration = Duration::from_millis(200);
/// Time between two scans as a multiple of what a scan takes.
const SCAN_REST: u32 = 50;
/// Jobs whose resident memory is below this are not asked for their exact peak, bytes.
const SMALL_JOB: u64 = 16 << 20;
/// Of short jobs, one in so many is asked how long it stood in the queue for a core.
pub(crate) const MEASURED: u64 = 8;
/// Peaks of ended jobs that the estimate of a job's peak looks back on.
const PEAKS: usize = 32;

/// CPU time and run-queue delay of a job so far, its live threads and child processes included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct JobSample {
    /// On a core.
    pub(crate) cpu: Duration,
    /// Ready, without a core.
    pub(crate) queued: Duration,
}

/// What a job came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct JobUse {
    /// From start to end.
    pub(crate) wall: Duration,
    /// CPU time of all its threads and processes; may exceed `wall`.
    pub(crate) cpu: Duration,
    /// `wall`, split.
    pub(crate) split: Split,
    /// Highest resident memory seen, bytes; 0 for jobs too short to be looked at.
    pub(crate) peak_memory: u64,
}

/// Splits `wall` as the header of this file says.
pub(crate) fn split(wall: Duration, cpu: Duration, queued: Duration) -> Split {
    let working = cpu.min(wall);
    let queued = queued.min(wall - working);
    Split { working, queued, waiting: wall - working - queued }
}

#[derive(Debug)]
struct Live {
    began: Duration,
    looked: Duration,
    seen: JobSample,
    /// Queue time of child processes that are gone.
    gone_queued: Duration,
    descendants: Vec<(u32, Duration)>,
    resident: u64,
    peak: u64,
}

/// Measures the running jobs. Times are given by the caller, since the run began.
#[derive(Debug)]
pub(crate) struct Meter {
    reader: Reader,
    jobs: HashMap<u32, Live>,
    /// The order in which looks go round.
    round: Vec<u32>,
    next: usize,
    looked: Duration,
    /// When `alive` was brought up to date.
    counted: Duration,
    /// Time of all jobs since the last look.
    alive: Duration,
    /// Measured part of that, from jobs that ended or were read.
    measured: Split,
    scanned: Option<(Duration, Duration)>,
    /// Of the last job that came and went and was measured: the share of its time in the queue.
    short_queue_share: f64,
    peaks: [u64; PEAKS],
    ended: usize,
    tick: Duration,
    page: u64,
}

impl Default for Meter {
    fn default() -> Self {
        let ticks = rustix::param::clock_ticks_per_second().max(1) as u32;
        Self {
            reader: Reader::default(),
            jobs: HashMap::new(),
            round: Vec::new(),
            next: 0,
            looked: Duration::ZERO,
            counted: Duration::ZERO,
            alive: Duration::ZERO,
            measured: Split::default(),
            scanned: None,
            short_queue_share: 0.0,
            peaks: [0; PEAKS],
            ended: 0,
            tick: Duration::from_secs(1) / ticks,
            page: rustix::param::page_size() as u64,
        }
    }
}

impl Meter {
    /// A job was started as process `pid` at `began`.
    pub(crate) fn started(&mut self, pid: u32, began: Duration, now: Duration) {
        self.count(now);
        self.alive += now.saturating_sub(began);
        let live = Live {
            began,
            looked: began,
            seen: JobSample::default(),
            gone_queued: Duration::ZERO,
            descendants: Vec::new(),
            resident: 0,
            peak: 0,
        };
        self.jobs.insert(pid, live);
        self.round.push(pid);
    }

    /// The job of process `pid` has ended and **has not been waited for yet**, so that its figures can still be read.
    /// `None` for a process that was not announced.
    ///
    /// The result's CPU time is what could be seen from outside; [`Ended::with_cpu`] replaces it by the exact one.
    pub(crate) fn ended(&mut self, pid: u32, now: Duration) -> Option<Ended> {
        self.count(now);
        let live = self.jobs.remove(&pid)?;
        if let Some(at) = self.round.iter().position(|other| *other == pid) {
            self.round.swap_remove(at);
        }
        let last = self.reader.schedstat(pid).unwrap_or_default();
        let children = live.descendants.iter().map(|(_, queued)| *queued).sum::<Duration>();
        let queued = last.queued + live.gone_queued + children;
        let mut cpu = last.cpu.max(live.seen.cpu);
        // Only jobs that lived long enough to be looked at can have done much outside their first thread.
        if live.looked > live.began
            && let Some(stat) = self.reader.stat(pid)
        {
            cpu = cpu.max(self.ticks(stat.own_ticks + stat.children_ticks));
        }
        let queued = queued.max(live.seen.queued);
        let wall = now.saturating_sub(live.began);
        let rest = now.saturating_sub(live.looked);
        let (cpu_rest, queued_rest) =
            (cpu.saturating_sub(live.seen.cpu), queued.saturating_sub(live.seen.queued));
        self.measured += split(rest, cpu_rest, queued_rest);
        self.peaks[self.ended % PEAKS] = live.peak;
        self.ended += 1;
        Some(Ended { wall, cpu, queued, peak_memory: live.peak })
    }

    /// A job came and went without being announced: it took `wall`, in which its processes used `cpu`. What it used;
    /// without `queued` it is taken to have stood in the queue for the same share as the last one that was measured.
    pub(crate) fn came_and_went(
        &mut self,
        wall: Duration,
        cpu: Duration,
        queued: Option<Duration>,
    ) -> JobUse {
        if let Some(queued) = queued {
            self.short_queue_share = queued.as_secs_f64() / wall.as_secs_f64().max(1e-9);
        }
        let queued = queued.unwrap_or_else(|| wall.mul_f64(self.short_queue_share.min(1.0)));
        let used = JobUse { wall, cpu, split: split(wall, cpu, queued), peak_memory: 0 };
        self.alive += wall;
        self.measured += used.split;
        used
    }

    /// Looks at the running jobs: what all jobs did since the last look. The parts add up to the time that jobs were
    /// alive, exactly; their shares are those of the jobs that ended or were read.
    pub(crate) fn look(&mut self, now: Duration) -> Split {
        self.count(now);
        self.scan_if_due(now);
        for _ in 0..self.round.len().min(JOBS_PER_LOOK) {
            self.next = (self.next + 1) % self.round.len();
            self.look_at(self.round[self.next], now);
        }
        self.looked = now;
        let alive = std::mem::take(&mut self.alive);
        scaled(std::mem::take(&mut self.measured), alive)
    }

    /// When each of the live jobs began.
    pub(crate) fn begins(&self) -> Vec<Duration> {
        self.jobs.values().map(|live| live.began).collect()
    }

    /// Resident memory of the live jobs together, bytes, as last seen.
    pub(crate) fn live_memory(&self) -> u64 {
        self.jobs.values().map(|live| live.resident).sum()
    }

    /// Peak memory of one job, bytes: the highest among the live and the last ended ones; 0 while nothing is known.
    pub(crate) fn job_peak(&self) -> u64 {
        let live = self.jobs.values().map(|live| live.peak).max();
        live.max(self.peaks.iter().copied().max()).unwrap_or(0)
    }

    /// Adds up the time of the jobs alive since the last call.
    fn count(&mut self, now: Duration) {
        let jobs = u32::try_from(self.jobs.len()).unwrap_or(u32::MAX);
        self.alive += now.saturating_sub(self.counted).saturating_mul(jobs);
        self.counted = now;
    }

    fn ticks(&self, ticks: u64) -> Duration {
        self.tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
    }

    fn look_at(&mut self, pid: u32, now: Duration) {
        let Some(stat) = self.reader.stat(pid) else { return };
        let Some(mut sum) = self.schedstat_of(pid, &stat) else { return };
        let Some(live) = self.jobs.get_mut(&pid) else { return };
        let mut descendants = std::mem::take(&mut live.descendants);
        let mut gone = live.gone_queued;
        let mut resident = stat.resident_pages * self.page;
        descendants.retain_mut(|(child, queued)| {
            let seen = self.reader.stat(*child).filter(|stat| stat.state != b'Z');
            let Some((stat, seen)) = seen.and_then(|s| Some((s, self.schedstat_of(*child, &s)?)))
            else {
                gone += *queued;
                return false;
            };
            *queued = seen.queued.max(*queued);
            sum.cpu += seen.cpu;
            sum.queued += *queued;
            resident += stat.resident_pages * self.page;
            true
        });
        sum.queued += gone;
        let exact = if resident >= SMALL_JOB { self.reader.peak_resident(pid) } else { None };
        let Some(live) = self.jobs.get_mut(&pid) else { return };
        live.descendants = descendants;
        live.gone_queued = gone;
        live.resident = resident;
        live.peak = live.peak.max(resident).max(exact.unwrap_or(0));
        // Threads that end take their figures along; time does not run backwards for that.
        let cpu = sum.cpu.max(live.seen.cpu);
        let queued = sum.queued.max(live.seen.queued);
        let elapsed = now.saturating_sub(live.looked);
        self.measured += split(elapsed, cpu - live.seen.cpu, queued - live.seen.queued);
        live.seen = JobSample { cpu, queued };
        live.looked = now;
    }

    /// All threads of a process, and the children that it has waited for.
    fn schedstat_of(&mut self, pid: u32, stat: &Stat) -> Option<Schedstat> {
        let mut sum = match stat.threads {
            0 | 1 => self.reader.schedstat(pid)?,
            _ => self.reader.schedstat_of_threads(pid)?,
        };
        sum.cpu += self.ticks(stat.children_ticks);
        Some(sum)
    }

    /// Finds the jobs' child processes, unless that was done lately.
    fn scan_if_due(&mut self, now: Duration) {
        let due = self
            .scanned
            .is_none_or(|(at, cost)| now >= at + SCAN_INTERVAL.max(cost.saturating_mul(SCAN_REST)));
        if !due || self.jobs.is_empty() {
            return;
        }
        let began = std::time::Instant::now();
        let mut parents = HashMap::new();
        let reader = &mut self.reader;
        numbers_in("/proc", |pid| {
            if let Some(stat) = reader.stat(pid) {
                parents.insert(pid, stat.parent);
            }
        });
        for (&pid, &parent) in &parents {
            let Some(job) = self.job_above(parent, &parents) else { continue };
            if self.jobs.contains_key(&pid) {
                continue;
            }
            let Some(live) = self.jobs.get_mut(&job) else { continue };
            if !live.descendants.iter().any(|(known, _)| *known == pid) {
                live.descendants.push((pid, Duration::ZERO));
            }
        }
        self.scanned = Some((now, began.elapsed()));
    }

    /// The job among the ancestors, `pid` itself included.
    fn job_above(&self, mut pid: u32, parents: &HashMap<u32, u32>) -> Option<u32> {
        // Processes come and go during a scan, so that the map may even hold a circle.
        for _ in 0..64 {
            if self.jobs.contains_key(&pid) {
                return Some(pid);
            }
            pid = *parents.get(&pid)?;
        }
        None
    }
}

/// The figures of a job that has ended, before it is known what `wait4` says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    wall: Duration,
    cpu: Duration,
    queued: Duration,
    peak_memory: u64,
}

impl Ended {
    /// With the CPU time of the whole tree as `wait4` reports it.
    pub(crate) fn with_cpu(self, cpu: Duration) -> JobUse {
        Self { cpu, ..self }.seen_from_outside()
    }

    /// With the CPU time that was seen from outside: exact for a job of one thread and process.
    pub(crate) fn seen_from_outside(self) -> JobUse {
        let Self { wall, cpu, queued, peak_memory } = self;
        JobUse { wall, cpu, split: split(wall, cpu, queued), peak_memory }
    }
}

/// `part` stretched to the length `whole`; all waiting when nothing was measured.
fn scaled(part: Split, whole: Duration) -> Split {
    let total = part.total();
    if total.is_zero() {
        return Split { waiting: whole, ..Split::default() };
    }
    let factor = whole.as_secs_f64() / total.as_secs_f64();
    let working = part.working.mul_f64(factor).min(whole);
    let queued = part.queued.mul_f64(factor).min(whole - working);
    Split { working, queued, waiting: whole - working - queued }
}
