//! A machine, a remote service and a stream of jobs in virtual time, to prove the controller on: every run of it is
//! deterministic. Cores and the service share themselves evenly among those who use them; each job first costs a
//! millisecond of CPU, as starting a process does.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::{Controller, Settings, Split, View};

/// CPU that starting a process costs, seconds.
const START_S: f64 = 0.001;

/// One thing that a job does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Computes for so many seconds of CPU.
    Cpu(f64),
    /// Waits for so many seconds.
    Wait(f64),
    /// Asks the remote service for something that takes it so many seconds when it is not busy.
    Remote(f64),
    /// The same of a service that decides when it is asked how long it lets one wait.
    Asks(f64),
}

/// What the jobs do, and what the service bears.
pub(super) struct Workload {
    /// The steps of each job.
    pub(super) jobs: Vec<Vec<Step>>,
    /// Speed of each request, 0 to 1, when the service has so many at once.
    pub(super) service: fn(usize) -> f64,
    /// Whether job `i` fails when so many run at once.
    pub(super) fails: fn(usize, usize) -> bool,
}

/// Draws that depend on the seed alone.
pub(super) struct Random(u64);

impl Random {
    /// A sequence for this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Uniform in 0 to 1.
    pub(super) fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Lognormal with this median and this deviation of the logarithm.
    pub(super) fn lognormal(&mut self, median: f64, deviation: f64) -> f64 {
        let sum: f64 = (0..12).map(|_| self.uniform()).sum();
        median * ((sum - 6.0) * deviation).exp()
    }
}

/// What a run came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Virtual time from the first start to the last end, seconds.
    pub(super) makespan_s: f64,
    /// Most jobs at once.
    pub(super) peak: usize,
    /// The last limit while there was something to start.
    pub(super) settled: usize,
}

#[derive(Clone, Copy, PartialEq)]
struct Key(f64, usize);
impl Eq for Key {}
impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

/// Jobs that share something evenly: `served` is what each has got since the beginning.
#[derive(Default)]
struct Shared {
    served: f64,
    ends: BinaryHeap<Reverse<Key>>,
}

impl Shared {
    fn add(&mut self, job: usize, work: f64) {
        self.ends.push(Reverse(Key(self.served + work, job)));
    }

    /// Seconds until the first is done at this speed.
    fn next(&self, speed: f64) -> f64 {
        self.ends.peek().map_or(f64::INFINITY, |Reverse(key)| (key.0 - self.served) / speed)
    }

    fn pop_done(&mut self) -> Option<usize> {
        let Reverse(key) = *self.ends.peek()?;
        if key.0 > self.served + 1e-9 {
            return None;
        }
        self.ends.pop();
        Some(key.1)
    }
}

/// Where a job is: its next step, when it began, since when it is in its present step, the CPU that this step needs.
struct Place {
    step: usize,
    began: f64,
    since: f64,
    cpu: f64,
    queued: f64,
    /// Whether it is with the service that decides when asked.
    asks: bool,
    over: bool,
}

struct Machine<'a> {
    workload: &'a Workload,
    cores: usize,
    now: f64,
    cpu: Shared,
    service: Shared,
    waits: Shared,
    place: Vec<Place>,
    started: usize,
    running: usize,
    asking: usize,
    split: [f64; 3],
    idle_s: f64,
}

impl Machine<'_> {
    fn fill(&mut self, limit: usize) {
        while self.running < limit && self.started < self.workload.jobs.len() {
            self.place.push(Place {
                step: 0,
                began: self.now,
                since: self.now,
                cpu: START_S,
                queued: 0.0,
                asks: false,
                over: false,
            });
            self.cpu.add(self.started, START_S);
            self.started += 1;
            self.running += 1;
        }
    }

    fn speeds(&self) -> (f64, f64) {
        let busy = self.cpu.ends.len().max(1) as f64;
        ((self.cores as f64 / busy).min(1.0), (self.workload.service)(self.service.ends.len()))
    }

    /// Moves to the next event, at most to `until`; returns the jobs whose step ended.
    fn advance(&mut self, until: f64, done: &mut Vec<usize>) {
        let (cpu, service) = self.speeds();
        let next = self.cpu.next(cpu).min(self.service.next(service)).min(self.waits.next(1.0));
        let by = next.min(until - self.now).max(0.0);
        let computing = self.cpu.ends.len() as f64;
        self.split[0] += by * computing * cpu;
        self.split[1] += by * computing * (1.0 - cpu);
        self.split[2] += by * (self.running as f64 - computing);
        self.idle_s += by * (1.0 - computing / self.cores as f64).max(0.0);
        self.now += by;
        self.cpu.served += by * cpu;
        self.service.served += by * service;
        self.waits.served += by;
        for shared in [&mut self.cpu, &mut self.service, &mut self.waits] {
            while let Some(job) = shared.pop_done() {
                done.push(job);
            }
        }
    }

    /// Puts a job into its next step; the length of the job and its time in the queue when that was the last.
    fn proceed(&mut self, job: usize) -> Option<(f64, f64)> {
        let now = self.now;
        let place = &mut self.place[job];
        if place.cpu > 0.0 {
            place.queued += now - place.since - place.cpu;
        }
        self.asking -= usize::from(std::mem::take(&mut place.asks));
        let step = self.workload.jobs[job].get(place.step);
        place.step += 1;
        place.since = now;
        place.cpu = if let Some(Step::Cpu(work)) = step { *work } else { 0.0 };
        match step {
            Some(Step::Cpu(work)) => self.cpu.add(job, *work),
            Some(Step::Wait(time)) => self.waits.add(job, *time),
            Some(Step::Remote(work)) => self.service.add(job, *work),
            Some(Step::Asks(work)) => {
                place.asks = true;
                self.asking += 1;
                self.waits.add(job, *work / (self.workload.service)(self.asking));
            }
            None => {
                place.over = true;
                self.running -= 1;
                return Some((now - place.began, place.queued.max(0.0)));
            }
        }
        None
    }

    fn view(&mut self, since: f64) -> View {
        let [working, queued, waiting] = self.split.map(Duration::from_secs_f64);
        let elapsed = (self.now - since).max(1e-9);
        let view = View {
            running: self.running,
            begins: self
                .place
                .iter()
                .filter(|place| !place.over)
                .map(|place| Duration::from_secs_f64(place.began))
                .collect(),
            queued_more: self.started < self.workload.jobs.len(),
            split: Split { working, queued, waiting },
            idle: Some(self.idle_s / elapsed),
            quota_left: 1.0,
            memory: None,
            memory_stall: None,
        };
        self.split = [0.0; 3];
        self.idle_s = 0.0;
        view
    }
}

fn machine(workload: &Workload, cores: usize) -> Machine<'_> {
    Machine {
        workload,
        cores,
        now: 0.0,
        cpu: Shared::default(),
        service: Shared::default(),
        waits: Shared::default(),
        place: Vec::new(),
        started: 0,
        running: 0,
        asking: 0,
        split: [0.0; 3],
        idle_s: 0.0,
    }
}

/// Runs the workload with `limit` jobs at once throughout.
pub(super) fn run_fixed(workload: &Workload, cores: usize, limit: usize) -> f64 {
    let mut machine = machine(workload, cores);
    let mut done = Vec::new();
    let mut left = workload.jobs.len();
    while left > 0 {
        machine.fill(limit);
        machine.advance(f64::INFINITY, &mut done);
        for job in done.drain(..) {
            left -= usize::from(machine.proceed(job).is_some());
        }
    }
    machine.now
}

/// Runs the workload under the controller.
pub(super) fn run_auto(workload: &Workload, settings: Settings) -> (Outcome, Controller) {
    let mut machine = machine(workload, settings.cores);
    let mut auto = Controller::new(settings);
    let mut done = Vec::new();
    let mut left = workload.jobs.len();
    let (mut looked, mut next) = (0.0, 0.02);
    let (mut peak, mut settled) = (0, auto.limit());
    while left > 0 {
        machine.fill(auto.limit());
        peak = peak.max(machine.running);
        machine.advance(next, &mut done);
        for job in done.drain(..) {
            if let Some((length, queued)) = machine.proceed(job) {
                left -= 1;
                let ok = !(workload.fails)(job, machine.running + 1);
                let [now, wall, queued] =
                    [machine.now, length, queued].map(Duration::from_secs_f64);
                auto.finished(now, wall, queued, ok);
            }
        }
        if machine.now >= next - 1e-9 {
            let view = machine.view(looked);
            looked = machine.now;
            if view.queued_more {
                settled = auto.limit();
            }
            let decision = auto.tick(Duration::from_secs_f64(machine.now), &view);
            next = decision.next.as_secs_f64().max(machine.now + 0.01);
        }
    }
    (Outcome { makespan_s: machine.now, peak, settled }, auto)
}
