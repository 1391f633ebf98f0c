//! The controller itself: a state machine that is told the time and what is running, and answers how many jobs may
//! run at once. See the module's essay for the idea; here are its states and the steps between them.
//!
//! | state | what happens | leaves to |
//! |---|---|---|
//! | `Ramp` | doubles on the clock while CPU is idle and jobs wait | `Measure`, when enough jobs finished |
//! | `Measure` | collects a window at the limit | `Trial` up or down, or `Hold` |
//! | `Trial` | collects a window at another limit, compares | `Trial`, `Measure` or `Hold` |
//! | `Hold` | keeps the limit for a while | `Measure`, or `Ramp` when the jobs have changed |

use std::time::Duration;

use super::brakes::Failures;
use super::ramp::Ramp;
use super::search::{Search, Verdict};
use super::tuning;
use super::view::{Change, Decision, Reason, Settings, View};
use super::window::{Figures, Window};

/// The state of the controller. `Trial` remembers what it is compared with.
#[derive(Debug)]
enum State {
    Ramp(Ramp),
    Measure,
    Trial { base_limit: usize, base: Figures, up: bool },
    Hold { until: Duration, busy: bool, changed: u32 },
}

/// Decides how many jobs run at once.
#[derive(Debug)]
pub(crate) struct Controller {
    settings: Settings,
    limit: usize,
    why: Reason,
    state: State,
    looked: Duration,
    window: Window,
    /// The window collects from this time on, once the new limit was reached.
    settles: Option<Duration>,
    /// When the present limit was first reached; lengths count from jobs that began later.
    reached: Option<Duration>,
    moved: Duration,
    moved_finished: u64,
    mean_s: f64,
    finished: u64,
    idle: Option<f64>,
    /// The jobs hardly need a CPU, whatever others leave of it.
    light: bool,
    running: f64,
    search: Search,
    failures: Failures,
    random: u64,
    history: Vec<Change>,
}

impl Controller {
    /// A controller at its first limit: the usable cores, or less where a bound is lower.
    pub(crate) fn new(settings: Settings) -> Self {
        let (bound, why_bound) = settings.bound();
        let limit = settings.cores.min(bound).max(1);
        let why = if bound < settings.cores { why_bound } else { Reason::Start };
        let random = settings.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Self {
            limit,
            why,
            state: State::Ramp(Ramp::new(settings.cores)),
            settings,
            looked: Duration::ZERO,
            window: Window::default(),
            settles: None,
            reached: None,
            moved: Duration::ZERO,
            moved_finished: 0,
            mean_s: 0.0,
            finished: 0,
            idle: None,
            light: false,
            running: 0.0,
            search: Search::default(),
            failures: Failures::default(),
            random,
            history: vec![Change { at_s: 0.0, limit, why }],
        }
    }

    /// The limit as it is now.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Every limit there was, with time and reason.
    pub(crate) fn history(&self) -> &[Change] {
        &self.history
    }

    /// Tells of a job (an attempt) that ended at `now`, after `wall`, of which it was ready but without a core for
    /// `queued` (zero where that is unknown). Cheap: call it for each.
    pub(crate) fn finished(&mut self, now: Duration, wall: Duration, queued: Duration, ok: bool) {
        self.finished += 1;
        let wall_s = wall.as_secs_f64();
        // The first few weigh alike, later ones are forgotten with a memory of about 16 jobs.
        let weight = 1.0 / (self.finished.min(16) as f64);
        self.mean_s += weight * (wall_s - self.mean_s);
        let began = now.saturating_sub(wall);
        self.failures.finished(began, ok);
        self.window.finished(wall, self.reached.is_some_and(|reached| began >= reached));
        if let State::Ramp(ramp) = &mut self.state {
            // A core that is missing shows in the idle share; here only what is slow elsewhere counts.
            ramp.finished(began, wall.saturating_sub(queued).as_secs_f64());
        }
    }

    /// A look at the run, at time `now` since it began. To be called when [`Decision::next`] has come; calls that come
    /// sooner than [`tuning::SHORTEST_TICK`] after the last one change nothing, so that the view must then be kept
    /// (or not be taken at all: see [`Controller::due`]).
    pub(crate) fn tick(&mut self, now: Duration, view: &View) -> Decision {
        if !self.due(now) {
            return self.decision();
        }
        let elapsed_s = (now - self.looked).as_secs_f64();
        self.looked = now;
        // A mean: at the moment of a look a slot may just be empty. Jobs started meanwhile count as they stand.
        let mean = view.split.total().as_secs_f64() / elapsed_s;
        self.running = mean.max(view.running as f64);
        self.idle = idle_of(view, elapsed_s, self.settings.cores);
        self.light = view.quota_left >= tuning::RAMP_IDLE
            && view.split.is_light(elapsed_s, self.settings.cores);
        self.collect(now, elapsed_s, view);
        if let Some(lower) = self.failures.burst(now, self.limit) {
            self.go(now, lower, Reason::Failures);
            self.search = Search::default();
            self.state = State::Measure;
        }
        self.step(now, view);
        let (cap, why) = self.cap(now, view);
        if self.limit > cap {
            self.go(now, cap, why);
            self.state = State::Measure;
        }
        self.decision()
    }

    /// Whether enough time has passed since the last look for another.
    pub(crate) fn due(&self, now: Duration) -> bool {
        now >= self.looked + tuning::SHORTEST_TICK
    }

    fn decision(&self) -> Decision {
        let tick = match self.state {
            State::Hold { .. } => tuning::CALM_TICK,
            State::Ramp(_) => tuning::RAMP_TICK,
            // Windows of short jobs are short.
            State::Measure | State::Trial { .. } => {
                let length = Duration::from_secs_f64(self.mean_s.min(1.0) / 2.0);
                length.clamp(tuning::RAMP_TICK, tuning::CALM_TICK)
            }
        };
        Decision { limit: self.limit, why: self.why, next: self.looked + tick }
    }

    /// Feeds the window, once the jobs that ran before the last change are mostly gone.
    fn collect(&mut self, now: Duration, elapsed_s: f64, view: &View) {
        if self.settles.is_none() {
            let low = tuning::FULL * self.limit as f64;
            let reached = view.running <= self.limit && self.running >= low;
            let patience = Duration::from_secs_f64(4.0 * self.skip_s());
            if reached || !view.queued_more || now > self.moved + patience {
                self.settles = Some(now + Duration::from_secs_f64(self.skip_s()));
                self.reached = Some(now);
                self.moved_finished = self.finished;
            }
        } else if self.finished >= self.moved_finished + self.limit as u64
            && self.settles > Some(now)
        {
            // A whole generation has finished since: whatever ran at the limit before is gone.
            self.settles = Some(now);
        }
        match self.settles {
            Some(at) if now >= at + Duration::from_secs_f64(elapsed_s) => {
                self.window.passed(elapsed_s, view, self.idle);
            }
            _ => self.window.clear_time(),
        }
    }

    fn skip_s(&self) -> f64 {
        self.mean_s.clamp(tuning::SHORTEST_WINDOW_S, tuning::LONGEST_SKIP_S)
    }

    fn step(&mut self, now: Duration, view: &View) {
        match self.state {
            State::Ramp(_) => self.ramp(now, view),
            State::Measure => self.measure(now, view),
            State::Trial { base_limit, base, up } => self.trial(now, view, base_limit, &base, up),
            State::Hold { until, busy, changed } => self.hold(now, view, until, busy, changed),
        }
    }

    fn ramp(&mut self, now: Duration, view: &View) {
        let (cap, why_cap) = self.cap(now, view);
        let may_ramp = self.may_ramp(view);
        let State::Ramp(ramp) = &mut self.state else { return };
        if view.running as f64 >= tuning::FULL * self.limit as f64 {
            ramp.is_full(now);
        }
        if let Some(factor) = ramp.slower() {
            self.search.start_at_peak();
            self.state = State::Measure;
            let floor = self.settings.cores.min(self.limit);
            let lower = ((self.limit as f64 / factor) as usize).max(floor);
            return self.go(now, lower, Reason::JobsSlower);
        }
        if ramp.stalled(may_ramp) {
            self.search.start_from_ramp(ramp.proven(self.limit));
            self.state = State::Measure;
            return self.restart_window(now);
        }
        let wanted = ramp.next(now, self.limit, &view.begins);
        let higher = wanted.min(cap);
        if may_ramp && higher > self.limit {
            let blind = ramp.grown(now, higher);
            let why = match blind {
                _ if wanted > cap => why_cap,
                true => Reason::TooFewFinished,
                false if self.idle.is_some_and(|idle| idle >= tuning::RAMP_IDLE) => {
                    Reason::IdleWhileWaiting
                }
                false => Reason::LightWhileWaiting,
            };
            self.go(now, higher, why);
        } else if may_ramp && wanted > cap {
            self.why = why_cap;
            self.note(now);
        } else if self.why == Reason::Start && self.idle.is_some_and(|i| i < tuning::RAMP_IDLE) {
            self.why = Reason::CpuBusy;
            self.note(now);
        }
    }

    fn may_ramp(&self, view: &View) -> bool {
        view.queued_more
            && self.running >= tuning::FULL * self.limit as f64
            && self.idle.is_some_and(|idle| idle >= tuning::RAMP_IDLE || self.light)
            && view.split.wait_share() >= tuning::RAMP_WAIT
    }

    fn measure(&mut self, now: Duration, view: &View) {
        let Some(base) = self.judged(None) else { return };
        self.next_trial(now, view, &base);
    }

    /// Starts the next trial from `base`, which is what the present limit yields, or holds.
    fn next_trial(&mut self, now: Duration, view: &View, base: &Figures) {
        let (cap, _) = self.cap(now, view);
        let busy = base.idle.is_some_and(|idle| idle < tuning::BUSY_IDLE) && !self.light;
        let may_up = view.queued_more && !busy && base.full(self.limit) && base.idle.is_some();
        let floor = match busy || base.wait_share < tuning::RAMP_WAIT {
            // Half of those that stand in the queue for a core are not missed there.
            true => (self.limit as f64 * (1.0 - base.queue_share / 2.0)).ceil() as usize,
            false => 1,
        };
        let floor = if floor > 1 { floor.max(self.settings.cores) } else { 1 };
        let up = may_up.then_some(cap);
        match self.search.next(self.limit, up, floor) {
            Some((limit, up)) => {
                self.state = State::Trial { base_limit: self.limit, base: *base, up };
                self.go(now, limit, Reason::Trying);
            }
            None => self.rest(now, view, base, busy),
        }
    }

    fn rest(&mut self, now: Duration, view: &View, base: &Figures, busy: bool) {
        let (cap, why_cap) = self.cap(now, view);
        if busy {
            self.why = Reason::CpuBusy;
        } else if view.queued_more && !base.full(self.limit) {
            self.why = Reason::Starting;
        } else if self.limit >= cap {
            self.why = why_cap;
        } else if matches!(
            self.why,
            Reason::Trying | Reason::MoreIsNotFaster | Reason::FewerIsSlower
        ) {
            self.why = self.search.why();
        }
        self.note(now);
        let hold_s = self.search.hold_s(self.mean_s) * (0.75 + 0.5 * self.random());
        let until = now + Duration::from_secs_f64(hold_s);
        self.state = State::Hold { until, busy, changed: 0 };
    }

    fn trial(&mut self, now: Duration, view: &View, base_limit: usize, base: &Figures, up: bool) {
        let factor = self.limit as f64 / base_limit as f64;
        if up && self.clearly_slower(base) {
            let verdict = self.search.judge_up(0.5, factor);
            return self.settle_trial(now, view, base_limit, base, verdict, None);
        }
        let Some(seen) = self.judged(Some((base, factor))) else { return };
        let verdict = match up {
            true if !seen.full(self.limit) => self.search.judge_up(1.0, factor),
            true => self.search.judge_up(seen.gain_over(base), factor),
            false => self.search.judge_down(seen.gain_over(base)),
        };
        self.settle_trial(now, view, base_limit, base, verdict, Some(seen));
    }

    fn settle_trial(
        &mut self,
        now: Duration,
        view: &View,
        base_limit: usize,
        base: &Figures,
        verdict: Verdict,
        seen: Option<Figures>,
    ) {
        match (verdict, seen) {
            (Verdict::Keep(why), Some(seen)) => {
                self.why = why;
                self.note(now);
                self.next_trial(now, view, &seen);
            }
            (Verdict::Keep(why) | Verdict::Back(why), _) => {
                self.go(now, base_limit, why);
                self.next_trial(now, view, base);
            }
        }
    }

    fn hold(&mut self, now: Duration, view: &View, until: Duration, busy: bool, changed: u32) {
        let changed = if self.may_ramp(view) && busy { changed + 1 } else { 0 };
        if changed >= tuning::CHANGED_LOOKS || now >= until {
            self.search.again(changed < tuning::CHANGED_LOOKS, self.limit);
            self.state = State::Measure;
            self.restart_window(now);
        } else {
            self.state = State::Hold { until, busy, changed };
        }
    }

    /// The window's figures when there is enough in it; with `against`, enough to tell a difference of that factor.
    fn judged(&self, against: Option<(&Figures, f64)>) -> Option<Figures> {
        let wanted = (self.limit as f64 * tuning::WINDOW_PER_LIMIT) as usize;
        let (count, span_s) = (self.window.lengths(), self.window.span_s());
        if count < wanted.max(tuning::WINDOW_JOBS) || span_s < tuning::SHORTEST_WINDOW_S {
            return None;
        }
        let seen = self.window.figures()?;
        let late = span_s >= tuning::WINDOW_LENGTHS * self.mean_s;
        let (other, factor) = against.map_or((0.0, tuning::STEP), |(base, f)| (base.error, f));
        let error = seen.error.hypot(other);
        (late || error <= tuning::WINDOW_ERROR * factor.ln().abs()).then_some(seen)
    }

    /// A trial upwards that finishes far fewer jobs than the base did need not be watched to its end.
    fn clearly_slower(&self, base: &Figures) -> bool {
        let span_s = self.window.span_s();
        let expected = base.rate * span_s;
        let length_s = base.running / base.rate.max(1e-9);
        expected >= tuning::WINDOW_JOBS as f64
            && span_s >= tuning::EARLY_LENGTHS * length_s
            && (self.window.count() as f64) < tuning::EARLY_RATE * expected
            && self.window.figures().is_none_or(|seen| seen.gain_over(base) < 1.0)
    }

    /// The highest limit that is allowed now, and by what.
    fn cap(&self, now: Duration, view: &View) -> (usize, Reason) {
        let (mut cap, mut why) = self.settings.bound();
        let memory = view.memory.and_then(|memory| memory.fits());
        let stalled = view.memory_stall.is_some_and(|share| share > tuning::MEMORY_STALL);
        let memory =
            if stalled { Some(memory.unwrap_or(self.limit).min(self.limit)) } else { memory };
        for (limit, reason) in
            [(memory, Reason::Memory), (self.failures.ceiling(now), Reason::Failures)]
        {
            if let Some(limit) = limit.filter(|limit| *limit < cap) {
                (cap, why) = (limit.max(1), reason);
            }
        }
        (cap, why)
    }

    fn go(&mut self, now: Duration, limit: usize, why: Reason) {
        self.limit = limit.max(1);
        self.why = why;
        self.note(now);
        self.restart_window(now);
    }

    fn restart_window(&mut self, now: Duration) {
        self.window.clear();
        self.settles = None;
        self.reached = None;
        self.moved = now;
    }

    fn note(&mut self, now: Duration) {
        let change = Change { at_s: now.as_secs_f64(), limit: self.limit, why: self.why };
        let same =
            self.history.last().is_some_and(|h| h.limit == change.limit && h.why == change.why);
        if !same {
            self.history.push(change);
        }
    }

    fn random(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The idle share of the CPU: what the host says, but no more than our own jobs leave. The host's counters are coarse;
/// what the jobs used is known to the nanosecond.
fn idle_of(view: &View, elapsed_s: f64, cores: usize) -> Option<f64> {
    let used = view.split.working.as_secs_f64() / (elapsed_s * cores as f64).max(1e-9);
    view.idle.map(|idle| idle.min(1.0 - used).clamp(0.0, 1.0))
}
