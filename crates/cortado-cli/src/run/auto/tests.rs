//! The controller against the best fixed number of jobs at once, on simulated machines; and its brakes, shown to it
//! look by look. `cargo test -p cortado-cli simulated -- --nocapture` prints the table of the module's essay.

use std::time::Duration;

use super::simulation::{Outcome, Random, Step, Workload, run_auto, run_fixed};
use super::{Controller, MemoryView, Reason, Settings, Split, View};
use Step::{Asks, Cpu, Remote, Wait};

const GRID: [usize; 16] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512];

fn even(_: usize) -> f64 {
    1.0
}

fn never(_: usize, _: usize) -> bool {
    false
}

fn up_to(capacity: usize, requests: usize) -> f64 {
    (capacity as f64 / requests.max(1) as f64).min(1.0)
}

fn jobs(count: usize, mut make: impl FnMut(&mut Random) -> Vec<Step>) -> Workload {
    let mut random = Random::new(7);
    let jobs = (0..count).map(|_| make(&mut random)).collect();
    Workload { jobs, service: even, fails: never }
}

fn served(service: fn(usize) -> f64, workload: Workload) -> Workload {
    Workload { service, ..workload }
}

/// Runs on 2 and on 8 cores and expects at least these shares of the best fixed number's throughput.
fn expect(name: &str, workload: &Workload, least: [f64; 2]) -> [Outcome; 2] {
    [(2, least[0]), (8, least[1])].map(|(cores, least)| {
        let best = GRID
            .map(|limit| run_fixed(workload, cores, limit))
            .into_iter()
            .fold(f64::INFINITY, f64::min);
        let (outcome, auto) = run_auto(workload, Settings::new(cores));
        let share = best / outcome.makespan_s;
        let (peak, settled) = (outcome.peak, outcome.settled);
        println!(
            "{cores} cores, {name}: {share:.2} of the best, {peak} at most, {settled} at last"
        );
        assert!(
            share >= least,
            "{name} on {cores} cores: {share:.2} < {least}; {:#?}",
            auto.history()
        );
        outcome
    })
}

#[test]
fn simulated_work_stays_at_the_cores() {
    let [two, eight] = expect("CPU 0.5 s", &jobs(200, |_| vec![Cpu(0.5)]), [0.98, 0.98]);
    assert_eq!((two.peak, eight.peak), (2, 8));
    expect("CPU, various", &jobs(200, |r| vec![Cpu(r.lognormal(0.3, 0.7))]), [0.97, 0.97]);
    expect("1 ms", &jobs(5000, |_| vec![]), [0.97, 0.97]);
    expect("1 ms CPU + 0.3 ms wait", &jobs(5000, |_| vec![Cpu(0.001), Wait(0.0003)]), [0.9, 0.9]);
}

#[test]
fn simulated_waits_of_one_length() {
    let long = jobs(16_000, |_| vec![Wait(0.2)]);
    expect("16,000 x wait 0.2 s", &long, [0.95, 0.95]);
    expect("4,000 x wait 0.2 s", &jobs(4000, |_| vec![Wait(0.2)]), [0.9, 0.85]);
    let slow = jobs(400, |_| vec![Wait(20.0)]);
    expect("400 x wait 20 s", &slow, [0.88, 0.88]);
    let short = jobs(400, |_| vec![Wait(0.2)]);
    for (workload, cores) in [(&long, 2), (&slow, 2), (&short, 2), (&long, 8), (&short, 8)] {
        let (outcome, _) = run_auto(workload, Settings::new(cores));
        let at_cores = run_fixed(workload, cores, cores);
        assert!(at_cores >= 10.0 * outcome.makespan_s, "{cores} cores: {outcome:?}");
    }
}

#[test]
fn simulated_waits_of_various_lengths() {
    expect("lognormal", &jobs(4000, |r| vec![Wait(r.lognormal(0.2, 0.8))]), [0.9, 0.9]);
    expect("lognormal, long", &jobs(20_000, |r| vec![Wait(r.lognormal(0.2, 1.2))]), [0.9, 0.9]);
    expect("uniform", &jobs(3000, |r| vec![Wait(r.uniform())]), [0.75, 0.75]);
    let rare = |r: &mut Random| vec![Wait(if r.uniform() < 0.95 { 0.02 } else { 5.0 })];
    expect("20 ms or 5 s", &jobs(4000, rare), [0.9, 0.9]);
    let either = |r: &mut Random| if r.uniform() < 0.5 { vec![Wait(0.3)] } else { vec![Cpu(0.05)] };
    expect("wait or work", &jobs(1000, either), [0.9, 0.9]);
}

#[test]
fn simulated_mixtures() {
    expect("wait 50 ms + CPU 40 ms", &jobs(2000, |_| vec![Wait(0.05), Cpu(0.04)]), [0.93, 0.93]);
    let fetch = jobs(2000, |_| vec![Cpu(0.006), Wait(0.05), Cpu(0.002)]);
    expect("fetch 50 ms + CPU 8 ms", &fetch, [0.9, 0.88]);
}

#[test]
fn simulated_services() {
    let full = |n| up_to(64, n);
    expect("saturates at 64", &served(full, jobs(10_000, |_| vec![Remote(0.1)])), [0.95, 0.95]);
    let collapse = |n| up_to(16, n).powi(2);
    let one = served(collapse, jobs(4000, |_| vec![Remote(0.05)]));
    for outcome in expect("collapses above 16", &one, [0.9, 0.95]) {
        assert!((12..=21).contains(&outcome.settled), "{outcome:?}");
    }
    let various = served(collapse, jobs(6000, |r| vec![Remote(r.lognormal(0.05, 0.5))]));
    expect("collapses above 16, various", &various, [0.85, 0.85]);
    let slow = served(collapse, jobs(3000, |_| vec![Remote(0.2)]));
    expect("collapses above 16, slow", &slow, [0.83, 0.83]);
    let asked = served(collapse, jobs(1600, |_| vec![Asks(0.1)]));
    expect("collapses above 16, decides when asked", &asked, [0.93, 0.9]);
    let high = |n| up_to(64, n).powi(2);
    expect("collapses above 64", &served(high, jobs(20_000, |_| vec![Remote(0.1)])), [0.85, 0.85]);
}

#[test]
fn simulated_failures_brake() {
    let mut refusing = jobs(4000, |_| vec![Wait(0.1)]);
    refusing.fails = |_, running| running > 40;
    let (outcome, auto) = run_auto(&refusing, Settings::new(2));
    // One brake from 64 leads to 44, the next to 30; jobs that fail after a brake and began before it are no third.
    assert_eq!(outcome.settled, 30, "{:#?}", auto.history());
    assert!(auto.history().iter().any(|change| change.why == Reason::Failures));
    let mut broken = jobs(4000, |_| vec![Wait(0.1)]);
    broken.fails = |_, _| true;
    let (outcome, auto) = run_auto(&broken, Settings::new(2));
    assert!(auto.history().iter().all(|change| change.why != Reason::Failures), "{outcome:?}");
}

/// Jobs that all wait on an idle machine, `running` of them for 100 ms.
fn waiting(running: usize) -> View {
    let waiting = Duration::from_millis(100) * running as u32;
    let split = Split { waiting, ..Split::default() };
    View { running, queued_more: true, split, idle: Some(1.0), ..View::default() }
}

fn look_for(auto: &mut Controller, looks: u32, view: impl Fn(usize) -> View) -> usize {
    for look in 1..=looks {
        auto.tick(Duration::from_millis(100) * look, &view(auto.limit()));
    }
    auto.limit()
}

#[test]
fn bounds_hold_and_are_named() {
    let bounded = |change: fn(&mut Settings)| {
        let mut settings = Settings::new(2);
        change(&mut settings);
        Controller::new(settings)
    };
    assert_eq!(look_for(&mut bounded(|s| s.max_jobs = 5), 100, waiting), 5);
    assert_eq!(look_for(&mut bounded(|s| s.descriptors = Some(9)), 100, waiting), 9);
    for (bound, looks) in [(8, 3), (9, 4)] {
        let mut settings = Settings::new(2);
        settings.max_jobs = bound;
        let mut auto = Controller::new(settings);
        look_for(&mut auto, looks, waiting);
        let last = auto.history().last().expect("an entry");
        assert_eq!((last.limit, last.why), (bound, Reason::MaxJobs), "reached by doubling or not");
    }
    let mut none = bounded(|s| s.processes = Some(0));
    assert_eq!(look_for(&mut none, 100, waiting), 1);
    assert_eq!(none.history()[0].why, Reason::Processes);
}

#[test]
fn memory_bounds_the_limit_but_admits_one() {
    let with = |available: u64| {
        move |running: usize| {
            let memory =
                MemoryView { available, reserve: 100, live: 10 * running as u64, job_peak: 10 };
            View { memory: Some(memory), ..waiting(running) }
        }
    };
    let mut auto = Controller::new(Settings::new(2));
    // Room for 6 beside those that run; with those, 8 at first, and the bound follows what they take.
    let limit = look_for(&mut auto, 3, with(160));
    assert!((2..=16).contains(&limit));
    auto.tick(Duration::from_secs(1), &with(0)(limit));
    assert_eq!(auto.tick(Duration::from_secs(2), &with(0)(0)).limit, 1);
    assert_eq!(auto.tick(Duration::from_secs(3), &with(0)(0)).why, Reason::Memory);
}

#[test]
fn memory_stalls_stop_growth() {
    let mut auto = Controller::new(Settings::new(2));
    let stalling = |running| View { memory_stall: Some(0.5), ..waiting(running) };
    assert_eq!(look_for(&mut auto, 50, stalling), 2);
}

#[test]
fn nothing_grows_without_evidence() {
    let blind = |running| View { idle: None, split: Split::default(), ..waiting(running) };
    assert_eq!(look_for(&mut Controller::new(Settings::new(4)), 200, blind), 4);
    let ended = |running| View { queued_more: false, ..waiting(running) };
    assert_eq!(look_for(&mut Controller::new(Settings::new(4)), 200, ended), 4);
}

#[test]
fn light_jobs_are_company_for_whoever_keeps_the_cpu_busy() {
    let limit = |working_ms: u64, queued_ms: u64, quota_left: f64| {
        let beside_others = |running: usize| {
            let split = |ms: u64| Duration::from_micros(1000 * ms * running as u64);
            let (working, queued) = (split(working_ms), split(queued_ms));
            let rest = split(100 - working_ms - queued_ms);
            let split = Split { working, queued, waiting: rest };
            View { split, idle: Some(0.0), quota_left, ..waiting(running) }
        };
        let mut auto = Controller::new(Settings::new(2));
        let limit = look_for(&mut auto, 3, beside_others);
        (limit, auto.history().last().expect("an entry").why)
    };
    assert_eq!(limit(1, 4, 1.0), (16, Reason::LightWhileWaiting));
    // They wait for cores; they use them; they are throttled.
    for busy in [limit(1, 20, 1.0), limit(40, 4, 1.0), limit(1, 4, 0.0)] {
        assert_eq!(busy, (2, Reason::CpuBusy));
    }
}

#[test]
fn looks_in_quick_succession_are_one() {
    let mut auto = Controller::new(Settings::new(2));
    for microseconds in 0..9_000 {
        auto.tick(Duration::from_micros(microseconds), &waiting(2));
    }
    assert_eq!(auto.limit(), 2);
    assert!(!auto.due(Duration::from_micros(9_999)));
    assert!(auto.due(Duration::from_millis(10)));
}
