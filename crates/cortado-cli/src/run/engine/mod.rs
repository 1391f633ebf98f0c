//! The engine: carries out a plan on cortado's event loop.
//!
//! One future steers the run ([`turn`](Run::turn)): it looks at the machine when that is due, starts
//! jobs while it may, and is woken by whatever could change that. Each job is a task of its own
//! ([`job`]) that makes its process, sees it to its end ([`attempt`]), and settles what follows:
//! another try, the halt policy, the output, the log. All of it is one thread, so that nothing
//! here takes a lock. Inputs are read on another ([`feed`]), since they may keep a reader waiting.
//!
//! | what may hold a job back | where |
//! |---|---|
//! | the number at once, fixed or measured | [`pace`] |
//! | `--delay`, `--load`, `--memfree`, a want of processes | [`gate`] |
//! | a reader of our output that does not keep up | `output` |
//! | makes among the jobs that use the cores | `jobserver` |
//!
//! **After kill -9.** A job is logged when every byte of its output was handed to the kernel and
//! not before, with one write. So whenever the run is ended, no job that the log lists lacks
//! anything, and a job that it does not list runs again. For the same reason jobs that were ended
//! because the run ended are not logged.
//!
//! **Children are made on the blocking pool** ([`maker`]), as many at a time as there are cores: whoever
//! makes one stands still until it has become its program, which is most of the life of a short job.
//! Where jobs are short, makers go on from one to the next by themselves, out of a [`stock`] of prepared
//! ones. Jobs per second of `true`, two at once, on two cores that nobody else uses (medians of four
//! interleaved rounds of 4,000): 2,208 so, 1,834 with a hand-over to the loop and back for each, 1,975
//! with xargs, and 2,323 with two threads that only spawn and wait. Our own CPU time per job is 0.08 ms
//! (0.15 ms with the hand-overs, 0.04 ms for the two threads). What is left goes to the jobs' pipes and
//! process descriptors, and to their environment, which is put together for each because of `MAKEFLAGS`.

mod attempt;
mod command;
mod ending;
mod feed;
mod gate;
mod holdback;
mod job;
mod live;
mod maker;
mod pace;
mod signals;
mod slots;
mod stock;
mod tally;
#[cfg(test)]
mod tests;
mod tuning;
mod turn;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::env;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use cortado::Runtime;
use cortado::time::timeout;

use self::command::Recipe;
use self::ending::Closing;
use self::feed::Feed;
use self::gate::Gate;
use self::live::Lives;
use self::pace::Pace;
use self::slots::Slots;
use self::stock::Stock;
use self::tally::{Machine, Tally};
use self::tuning::{FEWEST_MAKERS, OUTPUT_GRACE};
use self::turn::{Alarm, Ticket};
use super::halt::Halt;
use super::input::Jobs;
use super::joblog::Joblog;
use super::jobserver::{Inherited, Tokens};
use super::measure::{Caps, Ended, Host, JobUse, Meter};
use super::output::{Output, OutputError, OutputSettings};
use super::plan::{AtOnce, Output as Mode, Plan, Prepared};
use super::progress::{Counts, Progress};
use super::{complain, exit};

/// Carries out what was prepared; the exit status.
pub(crate) fn carry_out(prepared: Prepared) -> u8 {
    let Prepared { plan, jobs, joblog } = prepared;
    let makeflags = env::var_os("MAKEFLAGS").filter(|_| plan.jobserver);
    let inherited = Inherited::find(makeflags.as_deref()).unwrap_or_else(|unreachable| {
        if !plan.report.quiet {
            complain(unreachable);
        }
        None
    });
    if let Some(nice) = plan.nice
        && let Err(error) = rustix::process::setpriority_process(None, nice)
    {
        complain(format_args!("--nice {nice}: {error}; a lower niceness needs privileges"));
        return exit::ERROR;
    }
    let runtime = match Runtime::single() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("the event loop cannot be started: {error}"));
            return exit::ERROR;
        }
    };
    let status = runtime.block_on(async {
        let tokens = match inherited {
            Some(inherited) => Tokens::of(inherited),
            None => serve(&plan),
        };
        let run = tokens.and_then(|tokens| {
            let run = Run::new(plan, jobs, joblog, tokens);
            signals::listen(&run).map(|()| run)
        });
        match run {
            Ok(run) => run.to_its_end().await,
            Err(error) => {
                complain(format_args!("the run cannot be started: {error}"));
                exit::ERROR
            }
        }
    });
    // The reader of the input may hang in a read that never returns.
    runtime.shutdown_timeout(Duration::ZERO);
    status
}

/// Our own jobserver.
fn serve(plan: &Plan) -> io::Result<Tokens> {
    match plan.at_once {
        _ if !plan.jobserver => Ok(Tokens::unlimited()),
        AtOnce::Fixed(jobs) => Tokens::serve(jobs, false),
        AtOnce::Auto { .. } => Tokens::serve(Caps::read().cores(), true),
    }
}

/// The descriptors that a running job takes: one of its process, those of its output, and its
/// files of `--results`.
fn descriptors_per_job(plan: &Plan) -> u64 {
    let pipes = if plan.output == Mode::Inherit { 0 } else { 2 };
    let files = if plan.results.is_some() { 2 } else { 0 };
    1 + pipes + files
}

/// How many run at once. A process that finds no descriptors is made later, when others have
/// ended; the files of `--results` are not, so that no more jobs begin than there is room for.
fn at_once(plan: &Plan, caps: &Caps) -> AtOnce {
    match (plan.at_once, caps.descriptors) {
        (AtOnce::Fixed(jobs), Some(room)) if plan.results.is_some() && room < jobs => {
            if !plan.report.quiet {
                complain(format_args!(
                    "{room} at once instead of {jobs}: the open-file limit (ulimit -n) allows no \
                     more with --results"
                ));
            }
            AtOnce::Fixed(room)
        }
        (at_once, _) => at_once,
    }
}

/// Whether a maker may go on from one short job to the next: where nothing is asked before a start
/// but whether fewer than the limit run, no job reads from us, no file is opened for it in advance,
/// its slot need not be known in advance, and nobody outside waits for its token.
fn may_chain(plan: &Plan, tokens: &Tokens) -> bool {
    let asks = !plan.delay.is_zero() || plan.load.is_some() || plan.memfree.is_some();
    let prepares = plan.pipes || plan.results.is_some() || plan.template.names_slot();
    !asks && !prepares && plan.halt.is_none() && !tokens.are_shared()
}

/// A run and all that its tasks share.
struct Run {
    plan: Plan,
    /// When the run began: all other times count from here.
    began: Instant,
    cores: usize,
    /// The same as a share of time, where a quota grants part of a core.
    granted: f64,
    recipe: Arc<Recipe>,
    /// Whether makers may go on from one short job to the next by themselves.
    chains: bool,
    stock: Stock,
    /// The jobs that were prepared and whose maker has not reported them, by their numbers.
    tickets: RefCell<HashMap<u64, Ticket>>,
    feed: RefCell<Feed>,
    /// Jobs that are to be tried again.
    again: RefCell<VecDeque<Ticket>>,
    slots: RefCell<Slots>,
    /// Jobs that hold a slot.
    busy: Cell<usize>,
    /// Makers at work.
    making: Cell<usize>,
    /// The run is to be stopped, as by Ctrl-Z.
    stops: Cell<bool>,
    /// Jobs that were begun and are not yet settled, output and log included.
    unsettled: Cell<usize>,
    /// Another job could start now if the limit were higher.
    more: Cell<bool>,
    alarm: RefCell<Alarm>,
    pace: RefCell<Pace>,
    gate: RefCell<Gate>,
    /// The machine, for its idle share over the whole run.
    host: RefCell<Host>,
    meter: RefCell<Meter>,
    tally: RefCell<Tally>,
    lives: Lives,
    halt: RefCell<Halt>,
    closing: RefCell<Closing>,
    output: Output,
    progress: Rc<Progress>,
    joblog: RefCell<Option<Joblog>>,
    tokens: Tokens,
    waker: RefCell<Waker>,
}

impl Run {
    fn new(plan: Plan, jobs: Jobs, joblog: Option<Joblog>, tokens: Tokens) -> Rc<Run> {
        let began = Instant::now();
        let caps = Caps::read().with_descriptors_per_job(descriptors_per_job(&plan));
        let at_once = at_once(&plan, &caps);
        let makeflags = tokens.makeflags(env::var_os("MAKEFLAGS").as_deref());
        let progress = Rc::new(Progress::new(plan.report, plan.output, began));
        Rc::new(Run {
            began,
            cores: caps.cores(),
            granted: caps.granted(),
            recipe: Arc::new(Recipe::new(&plan, makeflags)),
            chains: may_chain(&plan, &tokens),
            stock: Stock::default(),
            tickets: RefCell::default(),
            halt: RefCell::new(Halt::new(plan.halt, jobs.total())),
            feed: RefCell::new(Feed::open(jobs)),
            again: RefCell::default(),
            slots: RefCell::default(),
            busy: Cell::new(0),
            making: Cell::new(0),
            stops: Cell::new(false),
            unsettled: Cell::new(0),
            more: Cell::new(true),
            alarm: RefCell::default(),
            pace: RefCell::new(Pace::new(at_once, &caps)),
            gate: RefCell::new(Gate::new(&plan, &caps)),
            host: RefCell::new(Host::new(caps.cpus.clone())),
            meter: RefCell::default(),
            tally: RefCell::default(),
            lives: Lives::default(),
            closing: RefCell::default(),
            output: Output::new(OutputSettings::of(&plan), progress.clone()),
            progress,
            joblog: RefCell::new(joblog),
            tokens,
            waker: RefCell::new(Waker::noop().clone()),
            plan,
        })
    }

    /// The time since the run began.
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Whether the text of commands is needed.
    fn wants_commands(&self) -> bool {
        self.joblog.borrow().is_some()
    }

    fn wake(&self) {
        self.waker.borrow().wake_by_ref();
    }

    /// How many processes are made at a time.
    fn makers(&self) -> usize {
        self.cores.max(FEWEST_MAKERS)
    }

    /// A process was made at `began` and lives.
    fn process_made(&self, pid: u32, began: Duration) {
        self.gate.borrow_mut().process_made();
        self.meter.borrow_mut().started(pid, began, self.now());
        self.tally.borrow_mut().started(began, self.lives.count());
    }

    /// A process has lived from `began` to `end`; what it used.
    fn process_came_and_went(
        &self,
        began: Duration,
        end: Duration,
        cpu: Duration,
        queued: Option<Duration>,
    ) -> JobUse {
        self.gate.borrow_mut().process_made();
        let used = self.meter.borrow_mut().came_and_went(end - began, cpu, queued);
        let mut tally = self.tally.borrow_mut();
        tally.started(began, self.lives.count());
        tally.ended(end);
        tally.used(&used);
        used
    }

    /// A process has exited and was not reaped.
    fn process_ended(&self, pid: u32) -> Option<Ended> {
        let now = self.now();
        self.tally.borrow_mut().ended(now);
        self.meter.borrow_mut().ended(pid, now)
    }

    /// Tells the user something that is no error.
    fn say(&self, message: impl std::fmt::Display) {
        if !self.plan.report.quiet {
            self.progress.aside(|| complain(message));
        }
    }

    /// Shows how the jobs stand.
    fn show_progress(&self) {
        if self.progress.is_shown() {
            let halt = self.halt.borrow();
            let counts = Counts {
                done: self.tally.borrow().jobs,
                failed: halt.failed(),
                running: self.lives.count() as u64,
                total: halt.known_total(),
            };
            self.progress.tick(counts, Instant::now());
        }
    }

    /// Runs all jobs; the exit status.
    async fn to_its_end(self: &Rc<Self>) -> u8 {
        std::future::poll_fn(|cx| self.turn(cx)).await;
        // Tickets that were not taken up again hold back the output of others.
        self.again.borrow_mut().clear();
        let patience = match self.is_ended_by_signal() {
            true => OUTPUT_GRACE,
            false => Duration::MAX,
        };
        match timeout(patience, self.output.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.output_failed(error),
            Err(_elapsed) => {
                self.output.abandon();
                self.say(OutputError::Abandoned);
            }
        }
        // Jobs whose last byte has just left are logged in their own tasks.
        cortado::yield_now().await;
        self.progress.finish();
        self.report();
        self.status()
    }

    /// Says what was asked for at the end.
    fn report(&self) {
        let report = self.plan.report;
        let explains = report.explain || (!report.quiet && io::stderr().is_terminal());
        if !explains && !report.json {
            return;
        }
        let failed = self.halt.borrow().failed();
        let early = self.is_ended_early();
        let idle = self.host.borrow_mut().idle_share();
        let machine = Machine { cores: self.granted, idle };
        let (tally, pace) = (self.tally.borrow(), self.pace.borrow());
        let summary = tally.summary(self.now(), failed, early, machine, &pace);
        let mut text = String::new();
        if explains {
            text += &summary.paragraph();
            text.push('\n');
        }
        if report.explain {
            text += &summary.history_text();
        }
        if report.json {
            match serde_json::to_string(&summary) {
                Ok(json) => {
                    text += &json;
                    text.push('\n');
                }
                Err(error) => complain(format_args!("the summary cannot be written: {error}")),
            }
        }
        // Where nobody reads standard error, there is nobody to tell.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}
