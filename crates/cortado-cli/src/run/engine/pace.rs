//! How many jobs may run at once: a fixed number, or what `-j auto` finds. The controller has
//! neither clock nor files; here it is shown the machine and the jobs when a look is due.

use std::time::Duration;

use super::super::auto::{Change, Controller, MemoryView, Reason, Settings, Split, View};
use super::super::explain::Chosen;
use super::super::measure::{Caps, Host, Meter, Quota, Reader};
use super::super::plan::AtOnce;
use super::tuning::{FIRST_LOOK, LOOK_APART, MEMORY_RESERVE};

/// Decides how many jobs may run at once.
pub(super) enum Pace {
    /// The user's number.
    Fixed(usize),
    /// The measured one.
    Auto(Box<Auto>),
}

/// The controller with what it is shown.
pub(super) struct Auto {
    controller: Controller,
    caps: Caps,
    host: Host,
    quota: Option<Quota>,
    reader: Reader,
    /// Memory that stays free, in bytes.
    reserve: u64,
    next: Duration,
    /// The last limit, and its reason, while there was something to start.
    settled: (usize, Reason),
}

impl Pace {
    /// The pace of a plan on this machine.
    pub(super) fn new(at_once: AtOnce, caps: &Caps) -> Pace {
        let max = match at_once {
            AtOnce::Fixed(jobs) => return Pace::Fixed(jobs.max(1)),
            AtOnce::Auto { max } => max,
        };
        let mut settings = Settings::new(caps.cores());
        settings.max_jobs = max;
        settings.descriptors = caps.descriptors;
        settings.processes = caps.processes;
        settings.seed = u64::from(std::process::id());
        let controller = Controller::new(settings);
        let mut host = Host::new(caps.cpus.clone());
        Pace::Auto(Box::new(Auto {
            settled: (controller.limit(), Reason::Start),
            controller,
            caps: caps.clone(),
            reserve: host.memory_total().unwrap_or(0) / MEMORY_RESERVE,
            host,
            quota: caps.quota.map(Quota::new),
            reader: Reader::default(),
            next: FIRST_LOOK,
        }))
    }

    /// How many may run at once now.
    pub(super) fn limit(&self) -> usize {
        match self {
            Pace::Fixed(jobs) => *jobs,
            Pace::Auto(auto) => auto.controller.limit(),
        }
    }

    /// When the next look is due, in time since the run began.
    pub(super) fn next_look(&self) -> Option<Duration> {
        match self {
            Pace::Fixed(_) => None,
            Pace::Auto(auto) => Some(auto.next),
        }
    }

    /// Looks at the jobs if that is due. `more`: another job could start now if the limit were
    /// higher.
    pub(super) fn look(&mut self, now: Duration, running: usize, more: bool, meter: &mut Meter) {
        if let Pace::Auto(auto) = self
            && now >= auto.next
        {
            auto.look(now, running, more, meter);
        }
    }

    /// An attempt has ended.
    pub(super) fn finished(&mut self, now: Duration, wall: Duration, queued: Duration, ok: bool) {
        if let Pace::Auto(auto) = self {
            auto.controller.finished(now, wall, queued, ok);
        }
    }

    /// What to say of it in the end.
    pub(super) fn chosen(&self) -> (Chosen, Vec<Change>) {
        match self {
            Pace::Fixed(limit) => (Chosen::Fixed { limit: *limit }, Vec::new()),
            Pace::Auto(auto) => {
                let (limit, why) = auto.settled;
                (Chosen::Auto { limit, why }, auto.controller.history().to_vec())
            }
        }
    }
}

impl Auto {
    fn look(&mut self, now: Duration, running: usize, more: bool, meter: &mut Meter) {
        let split: Split = meter.look(now);
        let left = self.quota.as_mut().map_or(1.0, |quota| quota.left_share(now, split.working));
        let view = View {
            running,
            begins: meter.begins(),
            queued_more: more,
            split,
            idle: self.host.idle_share().map(|idle| idle.min(left)),
            quota_left: left,
            memory: self.memory(meter),
            memory_stall: self.host.memory_stall_share(now),
        };
        let decision = self.controller.tick(now, &view);
        if more {
            self.settled = (decision.limit, decision.why);
        }
        self.next = decision.next.max(now + LOOK_APART);
    }

    fn memory(&mut self, meter: &Meter) -> Option<MemoryView> {
        let free = self.host.memory_available()?;
        let left = self.caps.memory_left(&mut self.reader).unwrap_or(u64::MAX);
        Some(MemoryView {
            available: free.min(left),
            reserve: self.reserve,
            live: meter.live_memory(),
            job_peak: meter.job_peak(),
        })
    }
}
