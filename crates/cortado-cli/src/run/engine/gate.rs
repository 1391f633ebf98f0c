//! What holds the next job back although fewer than the limit run: `--delay`, `--load`,
//! `--memfree`, and a pause after a process could not be made.

use std::time::Duration;

use super::super::explain::Holdback;
use super::super::measure::{Caps, Host, Reader};
use super::super::plan::Plan;
use super::tuning::{
    CEILING_HOLDS, FIRST_PAUSE, GATE_INTERVAL, GATE_SILENCE, LOAD_SETTLES, LONE_TRIES,
    MEMORY_EVICTS,
};

/// The gate. Times are since the run began.
pub(super) struct Gate {
    delay: Duration,
    load: Option<f64>,
    memfree: Option<u64>,
    host: Host,
    memory: Memory,
    last_start: Option<Duration>,
    /// Since when nothing could start, and whether that was said.
    held: Option<(Duration, bool)>,
    shortage: Shortage,
}

/// Reads how much memory is available to us, in bytes.
pub(super) type Memory = Box<dyn FnMut() -> Option<u64>>;

/// What the machine has, or what our cgroup leaves, whichever is less.
fn memory_of(caps: Caps) -> Memory {
    let (mut host, mut reader) = (Host::new(Vec::new()), Reader::default());
    Box::new(move || {
        let left = caps.memory_left(&mut reader).unwrap_or(u64::MAX);
        Some(host.memory_available()?.min(left))
    })
}

/// Processes could not be made.
#[derive(Default)]
struct Shortage {
    /// Failures in a row.
    failures: u32,
    /// No start before this.
    until: Duration,
    /// At most so many at once, until then.
    ceiling: Option<(usize, Duration)>,
}

/// What the gate says of the next start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// It may begin.
    Open,
    /// Not before this time.
    Until(Duration, Holdback),
    /// The same, and the user should know why.
    UntilAndSay(Duration, Holdback, String),
}

impl Gate {
    /// The gate of a plan.
    pub(super) fn new(plan: &Plan, caps: &Caps) -> Gate {
        Gate {
            delay: plan.delay,
            load: plan.load,
            memfree: plan.memfree,
            host: Host::new(Vec::new()),
            memory: memory_of(caps.clone()),
            last_start: None,
            held: None,
            shortage: Shortage::default(),
        }
    }

    /// Whether a job may start now.
    pub(super) fn ask(&mut self, now: Duration) -> Pass {
        let after_last = |apart| self.last_start.map_or(Duration::ZERO, |last| last + apart);
        let settles = if self.load.is_some() { LOAD_SETTLES } else { Duration::ZERO };
        let (mut earliest, mut why) = (after_last(self.delay), Holdback::Delay);
        let others =
            [(after_last(settles), Holdback::Load), (self.shortage.until, Holdback::Processes)];
        for (other, holdback) in others {
            if other > earliest {
                (earliest, why) = (other, holdback);
            }
        }
        if earliest > now {
            return Pass::Until(earliest, why);
        }
        let Some((why, reason)) = self.crowded() else {
            self.held = None;
            return Pass::Open;
        };
        let (since, said) = *self.held.get_or_insert((now, false));
        if !said && now >= since + GATE_SILENCE {
            self.held = Some((since, true));
            return Pass::UntilAndSay(now + GATE_INTERVAL, why, reason);
        }
        Pass::Until(now + GATE_INTERVAL, why)
    }

    /// Why the machine is too full for one more job, if it is.
    fn crowded(&mut self) -> Option<(Holdback, String)> {
        if let Some(limit) = self.load
            && let Some(ready) = self.host.ready_threads()
            && ready as f64 >= limit
        {
            let reason = format!(
                "no job is started while {ready} processes run or are ready to (--load {limit})"
            );
            return Some((Holdback::Load, reason));
        }
        let wanted = self.memfree?;
        let free = (self.memory)()?;
        (free < wanted).then(|| {
            let reason = format!(
                "no job is started while {free} bytes of memory are available (--memfree {wanted})"
            );
            (Holdback::Memory, reason)
        })
    }

    /// Asks somebody else how much memory is available.
    #[cfg(test)]
    pub(super) fn ask_for_memory(&mut self, memory: Memory) {
        self.memory = memory;
    }

    /// Whether memory is so short that a running job should be ended.
    pub(super) fn evicts(&mut self) -> bool {
        let Some(wanted) = self.memfree else { return false };
        (self.memory)().is_some_and(|free| (free as f64) < MEMORY_EVICTS * wanted as f64)
    }

    /// Whether running jobs must be watched for their memory.
    pub(super) fn watches_memory(&self) -> bool {
        self.memfree.is_some()
    }

    /// A job was handed on to be started.
    pub(super) fn started(&mut self, now: Duration) {
        self.last_start = Some(now);
    }

    /// A process was made.
    pub(super) fn process_made(&mut self) {
        self.shortage.failures = 0;
    }

    /// A process could not be made while so many others run. False: there is no hope.
    pub(super) fn process_failed(&mut self, now: Duration, running: usize) -> bool {
        let shortage = &mut self.shortage;
        shortage.until = now + FIRST_PAUSE * 2u32.pow(shortage.failures.min(8));
        shortage.failures += 1;
        shortage.ceiling = Some((running.max(1), now + CEILING_HOLDS));
        running > 0 || shortage.failures < LONE_TRIES
    }

    /// The most jobs at once after processes could not be made.
    pub(super) fn ceiling(&self, now: Duration) -> usize {
        match self.shortage.ceiling {
            Some((jobs, until)) if now < until => jobs,
            _ => usize::MAX,
        }
    }

    /// When a ceiling that holds ends.
    pub(super) fn ceiling_ends(&self, now: Duration) -> Option<Duration> {
        self.shortage.ceiling.map(|(_, until)| until).filter(|until| *until > now)
    }
}
