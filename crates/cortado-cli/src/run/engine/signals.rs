//! Signals to the run. The terminal sends Ctrl-C to its foreground process group, of which jobs
//! are no part, so that it is for the run alone to decide:
//!
//! | signal | effect |
//! |---|---|
//! | `INT` (Ctrl-C), first | starts nothing more, lets the running jobs finish |
//! | `INT`, second; `TERM`; `HUP` | ends the running jobs |
//!
//! A signal that was ignored when the run began, as under `nohup` or in the background of a script,
//! stays ignored, here and in the jobs.

use std::fs;
use std::io;
use std::rc::Rc;

use cortado::signal::{SignalKind, signal};

use super::Run;

/// Begins to listen. Within the runtime only.
pub(super) fn listen(run: &Rc<Run>) -> io::Result<()> {
    let ignored = ignored();
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
            continue;
        }
        let mut arrivals = signal(kind)?;
        let run = run.clone();
        drop(cortado::spawn_local(async move {
            while arrivals.recv().await.is_ok() {
                run.signalled(kind);
            }
        }));
    }
    Ok(())
}

/// The signals that this process ignores, a bit each from the lowest on (proc_pid_status(5)).
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
