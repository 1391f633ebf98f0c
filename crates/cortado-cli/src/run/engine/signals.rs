//! Signals to the run. The terminal sends Ctrl-C to its foreground process group, of which jobs
//! are no part, so that it is for the run alone to decide:
//!
//! | signal | effect |
//! |---|---|
//! | `INT` (Ctrl-C), first | starts nothing more, lets the running jobs finish |
//! | `INT`, second; `TERM`; `HUP` | ends the running jobs |
//! | `TSTP` (Ctrl-Z) | stops the running jobs and the run, until it is continued (`fg`, `bg`, `CONT`) |
//!
//! Time goes on while a run is stopped: for `--timeout`, as with GNU parallel, and in the log.
//!
//! A signal that was ignored when the run began, as under `nohup` or in the background of a script,
//! stays ignored, here and in the jobs.

use std::fs;
use std::io;
use std::rc::Rc;

use cortado::signal::{SignalKind, signal};
use rustix::process::{Signal, getpid, kill_process};

use super::Run;

/// Begins to listen. Within the runtime only.
pub(super) fn listen(run: &Rc<Run>) -> io::Result<()> {
    let ignored = ignored();
    let ending = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    for kind in ending.into_iter().chain([SignalKind::terminal_stop()]) {
        if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
            continue;
        }
        let mut arrivals = signal(kind)?;
        let run = run.clone();
        drop(cortado::spawn_local(async move {
            while arrivals.recv().await.is_ok() {
                match kind == SignalKind::terminal_stop() {
                    true => run.stop_soon(),
                    false => run.signalled(kind),
                }
            }
        }));
    }
    Ok(())
}

impl Run {
    /// The run is to be stopped as soon as no maker is at work any more: what it makes could not be
    /// signalled.
    fn stop_soon(&self) {
        self.stops.set(true);
        self.wake();
    }

    /// Stops the jobs and then this process, if that is to be; returns when it is continued.
    pub(super) fn stop_if_told(&self) {
        if self.stops.get() && self.making.get() == 0 {
            self.lives.signal_all(SignalKind::terminal_stop());
            // It cannot fail: the signal is a valid one, and our own.
            let _ = kill_process(getpid(), Signal::STOP);
            self.lives.signal_all(SignalKind::continued());
            self.stops.set(false);
        }
    }
}

/// The signals that this process ignores, a bit each from the lowest on (proc_pid_status(5)).
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
