//! Prints how far the run is, and ends it where nothing advances any more: with the tasks that live
//! and what they wait for. It counts its own ticks and not time, so that a stopped process has
//! not hung.

use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::ledger::Ledger;
use super::{census, process};

const TICK: Duration = Duration::from_millis(100);
/// Ticks between two lines of progress.
const TELL_EVERY: u32 = 50;
/// Ticks without any end of a task or an act after which the run has hung: far beyond what a loaded
/// machine with a sanitizer takes for one.
const PATIENCE: u32 = 600;
/// The exit status of a run that hung.
const HUNG: i32 = 3;
/// How many of the living tasks are told.
const TOLD: usize = 60;

static DOING: Mutex<String> = Mutex::new(String::new());

/// Says what the run does now.
pub(crate) fn doing(what: &str) {
    what.clone_into(&mut DOING.lock());
}

/// See the module.
pub(crate) struct Watchdog {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watchdog {
    pub(crate) fn start(ledger: &'static Ledger) -> Watchdog {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        let thread = thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || watch(ledger, &asked))
            .expect("the watchdog needs a thread");
        Watchdog { stop, thread }
    }

    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().expect("the watchdog does not panic");
    }
}

fn watch(ledger: &Ledger, stop: &AtomicBool) {
    let began = Instant::now();
    let (mut ticks, mut idle, mut last) = (0, 0, 0);
    while !stop.load(Ordering::Relaxed) {
        thread::park_timeout(TICK);
        let (tasks, acts) = (ledger.tasks(), census::acts());
        let progress = tasks.ended() + tasks.closures + acts;
        idle = if progress == last { idle + 1 } else { 0 };
        last = progress;
        ticks += 1;
        if ticks % TELL_EVERY == 0 {
            println!(
                "{:5} s  {:<24} {acts} acts, {} tasks of which {} live, {} closures, {} MiB",
                began.elapsed().as_secs(),
                *DOING.lock(),
                tasks.spawned,
                ledger.living(),
                tasks.closures,
                process::resident_kib() / 1024
            );
        }
        if idle >= PATIENCE {
            tell_hang(ledger);
            exit(HUNG);
        }
    }
}

fn tell_hang(ledger: &Ledger) {
    // What is told is read from files, and it may be descriptors that the run lacks.
    process::allow_descriptors();
    println!("HUNG during {}: no task and no act has ended for a minute.", *DOING.lock());
    println!("{} tasks live, {} guests are present:", ledger.living(), census::present());
    print!("{}", ledger.who_lives(TOLD));
    println!("threads: {}", process::threads().join(", "));
    println!("descriptors: {}", process::descriptors().join(", "));
}
