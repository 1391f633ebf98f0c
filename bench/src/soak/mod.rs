//! `bench soak`: a random mixture of everything that a program can do to the runtime, for as long
//! as one likes, with the accounts balanced at the end: tasks, what they held, descriptors,
//! threads, children, memory. It exits non-zero with what was wrong. The seed that it prints
//! repeats the choices; the interleaving is the machine's.

mod acts;
mod books;
mod census;
mod exhaustion;
mod ledger;
mod process;
mod report;
mod round;
mod server;
mod staged;
mod watchdog;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use cortado::{Builder, MonitorMode, Runtime};
use fastrand::Rng;

use books::Books;
use ledger::Ledger;
use report::Report;
use round::{Ending, Host, Round};
use watchdog::Watchdog;

/// How long a round plays; in a run of few seconds, less.
const ROUND: Duration = Duration::from_millis(1500);

/// Descriptors are exhausted in the first cycle and in every so many after it: it takes seconds in
/// which little else happens.
const EXHAUSTION_EVERY: u64 = 8;

/// What `bench soak` is told.
#[derive(Args)]
pub(crate) struct SoakArgs {
    /// How many minutes to play.
    #[arg(long, conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..))]
    minutes: Option<u64>,
    /// How many seconds to play (default: 60).
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
    /// Repeats the choices of an earlier run (default: another one each time, which is printed).
    #[arg(long)]
    seed: Option<u64>,
    /// Only acts whose names begin with one of these words, divided by commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Also prints the report as one JSON object.
    #[arg(long)]
    json: bool,
    /// Says nothing about growing memory: a sanitizer keeps what was freed.
    #[arg(long)]
    no_memory_check: bool,
}

impl SoakArgs {
    fn length(&self) -> Duration {
        let seconds = self.minutes.map_or(self.seconds.unwrap_or(60), |minutes| minutes * 60);
        Duration::from_secs(seconds)
    }
}

/// Plays, prints the report, and fails with what was wrong.
pub(crate) fn run(args: &SoakArgs) -> Result<()> {
    let acts = acts::chosen(&args.only)?;
    if !args.no_memory_check {
        process::use_one_arena()?;
    }
    let seed = args.seed.unwrap_or_else(|| Rng::new().u64(..));
    println!("soak: seed {seed}, {} s, {} acts", args.length().as_secs(), acts.len());
    staged::keep_quiet();
    let ledger = Ledger::listen().context("soak listens to the probe")?;
    process::start_reaper()?;
    let before = Books::open(&[]);
    let began = Instant::now();
    let watchdog = Watchdog::start(ledger);
    let mut report = Report::new(seed);
    let soak = Soak { ledger, acts, until: began + args.length(), length: args.length() };
    let played = soak.play(seed, &mut report);
    watchdog.stop();
    played?;
    report.seconds = began.elapsed().as_secs_f64();
    before.close("the whole run");
    process::check_children();
    ledger.check("the whole run");
    census::check("the whole run");
    if !args.no_memory_check {
        report.check_memory();
    }
    report.finish(ledger);
    print!("{}", report.text());
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    }
    match report.findings.len() {
        0 => Ok(()),
        _ => bail!("{} (seed {seed})", report.findings.join("; ")),
    }
}

/// What all rounds share.
struct Soak {
    ledger: &'static Ledger,
    acts: Vec<&'static acts::Act>,
    until: Instant,
    length: Duration,
}

impl Soak {
    fn play(&self, seed: u64, report: &mut Report) -> Result<()> {
        let mut rng = Rng::with_seed(seed);
        let runtime = Builder::new().thread_name("soak").max_blocking_threads(16).build()?;
        let mut cycle = 0;
        while cycle == 0 || Instant::now() < self.until {
            if cycle % EXHAUSTION_EVERY == 0 {
                watchdog::doing("descriptors exhausted");
                report.exhaustion.push(exhaustion::run(&runtime, self.ledger)?);
            }
            self.cycle(&runtime, cycle, &mut rng)?;
            cycle += 1;
            report.cycles = cycle;
            report.resident_kib.push(process::resident_kib());
        }
        watchdog::doing("the end of the runtime");
        drop(runtime);
        Ok(())
    }

    /// One round of each kind. The first runs on the runtime that lives for the whole program, the
    /// others on runtimes of their own.
    fn cycle(&self, runtime: &Runtime, cycle: u64, rng: &mut Rng) -> Result<()> {
        let name = |kind: char| format!("{kind}{}", cycle % 10_000);
        let round = |name: String, ending| Round {
            ledger: self.ledger,
            acts: &self.acts,
            length: ROUND.min(self.length / 5),
            name,
            ending,
        };
        let mut fork = || Rng::with_seed(rng.u64(..));
        round("soak".to_owned(), Ending::Drained).run(Host::Shared(runtime), fork())?;

        let local = Builder::new().thread_name(name('l')).build_single()?;
        round(name('l'), Ending::Drained).run(Host::Single(local), fork())?;

        let mut choices = fork();
        let lanes = Builder::new()
            .thread_name(name('a'))
            .worker_threads(choices.usize(1..=4))
            .max_blocking_threads(choices.usize(1..=8))
            .monitor(match choices.u8(..) % 6 {
                0 => MonitorMode::Report,
                _ => MonitorMode::Act,
            })
            .work_nice(if choices.bool() { 10 } else { 0 })
            .build()?;
        round(name('a'), Ending::Abrupt).run(Host::Lanes(lanes), fork())?;

        let local = Builder::new().thread_name(name('b')).build_single()?;
        round(name('b'), Ending::Abrupt).run(Host::Single(local), fork())
    }
}
