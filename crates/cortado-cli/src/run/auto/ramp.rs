//! What the ramp remembers: how far it may go without evidence, and whether jobs have become slower on the way.
//!
//! A mean length says little here. The jobs that finish first are the short ones, so means grow even when nothing
//! slows down; rates come in waves, because jobs that started together finish together. But where nothing slows down,
//! short jobs keep coming through: jobs are slower only when even the shortest of the recent ones took longer than
//! the middle one of the first.

use std::time::Duration;

use super::tuning;

/// The ramp's memory.
#[derive(Clone, Debug)]
pub(super) struct Ramp {
    blind: usize,
    blind_until: Option<Duration>,
    patience: Duration,
    finished: u64,
    grown: Duration,
    /// Since when as many run as may, after the last growth.
    filled: Option<Duration>,
    factor: f64,
    first_s: Vec<f64>,
    /// Lengths of jobs that both began and ended since the last growth.
    recent_s: Vec<f64>,
    /// Those of the ones among them that began when the present number was running already. A service that decides
    /// when it is asked how long it takes answers those before them sooner.
    settled_s: Vec<f64>,
    stalls: u32,
}

impl Ramp {
    /// At the beginning of a run.
    pub(super) fn new(cores: usize) -> Self {
        Self {
            blind: tuning::BLIND_CEILING.max(cores * tuning::BLIND_PER_CORE),
            blind_until: None,
            patience: tuning::BLIND_PATIENCE,
            finished: 0,
            grown: Duration::ZERO,
            filled: None,
            factor: tuning::RAMP_FACTOR,
            first_s: Vec::new(),
            recent_s: Vec::new(),
            settled_s: Vec::new(),
            stalls: 0,
        }
    }

    /// A job that began at `began` finished; it took `wall_s`, without the time in the queue for a core.
    pub(super) fn finished(&mut self, began: Duration, wall_s: f64) {
        if !self.known() {
            self.first_s.push(wall_s);
            self.first_s.sort_by(f64::total_cmp);
        } else if began >= self.grown {
            self.recent_s.push(wall_s);
            if self.filled.is_some_and(|filled| began >= filled) {
                self.settled_s.push(wall_s);
            }
        }
        self.finished += 1;
    }

    /// At `now` as many run as may.
    pub(super) fn is_full(&mut self, now: Duration) {
        self.filled.get_or_insert(now);
    }

    /// Enough jobs have finished to say anything.
    fn known(&self) -> bool {
        self.finished >= tuning::BLIND_JOBS
    }

    /// Jobs have become slower while the limit grew: by which factor the limit should fall.
    ///
    /// A service that only saturates answers in proportion to the load, one that collapses in about its square, so
    /// that the root of the slow-down leads near the peak of the latter and not below that of the former.
    pub(super) fn slower(&self) -> Option<f64> {
        self.slower_by(&self.settled_s).or_else(|| self.slower_by(&self.recent_s))
    }

    fn slower_by(&self, recent_s: &[f64]) -> Option<f64> {
        if recent_s.len() < tuning::BLIND_JOBS as usize {
            return None;
        }
        let mut recent = recent_s.to_vec();
        recent.sort_by(f64::total_cmp);
        let middle = self.first_s[self.first_s.len() / 2];
        // A tenth is passed over, so that one job that fails at once does not speak for all.
        let shortest = recent[recent.len().div_ceil(10)];
        let slower = shortest > tuning::RAMP_SLOWER * middle;
        slower.then(|| (recent[recent.len() / 2] / middle).sqrt())
    }

    /// The ramp has stood still for want of idle CPU, waiting jobs or something to start, and jobs that began since
    /// the last growth have finished.
    pub(super) fn stalled(&mut self, may_ramp: bool) -> bool {
        self.stalls = if may_ramp { 0 } else { self.stalls + 1 };
        self.recent_s.len() >= tuning::BLIND_JOBS as usize && self.stalls >= tuning::RAMP_STALLS
    }

    /// Whether `limit` was reached by evidence: jobs had not become slower below it.
    pub(super) fn proven(&self, limit: usize) -> bool {
        limit > self.blind
    }

    /// Most of the jobs that began at the present limit and could have ended, had they been no slower than the first
    /// ones, have not: what ended so far were the quickest of them, and does not speak for the others.
    fn is_awaited(&self, now: Duration, begins: &[Duration]) -> bool {
        let expected_s = tuning::RAMP_SLOWER * self.first_s[self.first_s.len() / 2];
        let late = |began: &&Duration| {
            self.filled.is_some_and(|filled| **began >= filled)
                && now.saturating_sub(**began).as_secs_f64() > expected_s
        };
        let late = begins.iter().filter(late).count();
        late as f64 > tuning::RAMP_LATE * self.recent_s.len() as f64
    }

    /// The limit that the evidence allows after `limit` at time `now`, while jobs run that began at `begins`.
    pub(super) fn next(&mut self, now: Duration, limit: usize, begins: &[Duration]) -> usize {
        let grown = (limit as f64 * self.factor) as usize;
        if limit < self.blind {
            return grown.min(self.blind);
        }
        if self.known() {
            let wanted = (tuning::RAMP_FINISHED * limit as f64) as usize;
            let seen = self.recent_s.len() >= wanted.max(tuning::BLIND_JOBS as usize / 2);
            return if seen && !self.is_awaited(now, begins) { grown } else { limit };
        }
        let due = *self.blind_until.get_or_insert(now + self.patience);
        if now < due {
            return limit;
        }
        self.blind = self.blind.saturating_mul(2);
        self.blind_until = None;
        self.patience = tuning::BLIND_REPEAT;
        grown.min(self.blind)
    }

    /// The limit has grown; whether it did so without evidence from finished jobs.
    pub(super) fn grown(&mut self, now: Duration, limit: usize) -> bool {
        if self.known() && limit > self.blind {
            self.factor = tuning::RAMP_KNOWN_FACTOR;
        }
        self.grown = now;
        self.filled = None;
        self.recent_s.clear();
        self.settled_s.clear();
        !self.known() && limit >= self.blind
    }
}
