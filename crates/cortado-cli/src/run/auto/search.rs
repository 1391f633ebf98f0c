//! The memory of the two-sided search: which directions were tried from here, how large the next step is, and how long
//! to rest. It knows nothing of time or windows; the controller brings it gains and gets the next limit.

use super::tuning;
use super::view::Reason;

/// What to do with the limit that was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Stay there.
    Keep(Reason),
    /// Return to the limit before.
    Back(Reason),
}

/// The state of the search.
#[derive(Debug)]
pub(super) struct Search {
    tried_up: bool,
    tried_down: bool,
    step_up: f64,
    step_down: f64,
    /// More was slower somewhere: there is a peak, not a plateau.
    peak: bool,
    /// Logarithm of the throughput against the best seen since the last step up; at most 0.
    lost: f64,
    settled: usize,
    rejected_up: bool,
    rejected_down: bool,
    rests: u32,
    why: Reason,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            tried_up: false,
            tried_down: false,
            step_up: tuning::FIRST_STEP,
            step_down: tuning::STEP,
            peak: false,
            lost: 0.0,
            settled: 0,
            rejected_up: false,
            rejected_down: false,
            rests: 0,
            why: Reason::MoreIsNotFaster,
        }
    }
}

impl Search {
    /// Jobs have become slower on the way up: a peak is near, and rather below than above.
    pub(super) fn start_at_peak(&mut self) {
        self.tried_up = true;
        self.step_up = tuning::STEP;
        self.peak = true;
    }

    /// The ramp has ended; where it was `proven` that more is better, fewer need not be tried at first.
    pub(super) fn start_from_ramp(&mut self, proven: bool) {
        self.tried_down = proven;
    }

    /// The next limit to try and whether it is upwards; `up` is the highest limit allowed, if going up makes sense.
    pub(super) fn next(
        &mut self,
        limit: usize,
        up: Option<usize>,
        floor: usize,
    ) -> Option<(usize, bool)> {
        loop {
            let higher = up.map(|cap| scaled_up(limit, self.step_up).min(cap));
            let higher = higher.filter(|higher| *higher > limit && !self.tried_up);
            let lower = scaled_down(limit, self.step_down).max(floor);
            let lower = Some(lower).filter(|lower| *lower < limit && !self.tried_down);
            match (higher, lower) {
                (Some(higher), _) => return Some((higher, true)),
                (_, Some(lower)) => return Some((lower, false)),
                _ => {}
            }
            if !self.peak || self.step_up.min(self.step_down) <= tuning::FINE_STEP {
                return None;
            }
            self.step_up = tuning::FINE_STEP;
            self.step_down = tuning::FINE_STEP;
            self.tried_up = false;
            self.tried_down = false;
        }
    }

    /// Judges a step up by `factor` that multiplied throughput by `gain`.
    pub(super) fn judge_up(&mut self, gain: f64, factor: f64) -> Verdict {
        if gain < tuning::GAIN_UP {
            self.peak |= gain < tuning::RETROGRADE;
            self.tried_up = true;
            self.rejected_up = true;
            self.step_up = self.step_up.min(tuning::STEP);
            self.why = Reason::MoreIsNotFaster;
            return Verdict::Back(Reason::MoreIsNotFaster);
        }
        self.lost = 0.0;
        self.rejected_up = false;
        self.tried_down |= gain >= tuning::CLEAR_GAIN;
        let linear = gain >= tuning::NEARLY_LINEAR * factor;
        self.step_up = match linear {
            true => (self.step_up * 2.0).min(tuning::LARGEST_STEP),
            false => self.step_up.min(tuning::STEP),
        };
        if self.peak {
            self.step_up = self.step_up.min(tuning::STEP);
        }
        self.why = Reason::MoreIsFaster;
        Verdict::Keep(Reason::MoreIsFaster)
    }

    /// Judges a step down that multiplied throughput by `gain`.
    pub(super) fn judge_down(&mut self, gain: f64) -> Verdict {
        let lost = (self.lost + gain.ln()).min(0.0);
        if lost < tuning::KEEP_DOWN.ln() {
            self.tried_down = true;
            self.rejected_down = true;
            self.step_down = self.step_down.min(tuning::STEP);
            self.why = Reason::FewerIsSlower;
            return Verdict::Back(Reason::FewerIsSlower);
        }
        self.lost = lost;
        self.rejected_down = false;
        self.tried_up = true;
        self.peak |= gain > 1.0 / tuning::RETROGRADE;
        self.why = Reason::FewerIsAsFast;
        Verdict::Keep(Reason::FewerIsAsFast)
    }

    /// Why the present limit was settled on.
    pub(super) fn why(&self) -> Reason {
        if self.rejected_up && self.rejected_down { Reason::NeitherIsFaster } else { self.why }
    }

    /// How long to rest, seconds, when jobs take `mean_s`.
    pub(super) fn hold_s(&self, mean_s: f64) -> f64 {
        let base = (tuning::HOLD_LENGTHS * mean_s).max(tuning::SHORTEST_HOLD_S);
        base * f64::from(1u32 << self.rests.min(tuning::HOLD_DOUBLINGS))
    }

    /// Starts over after a rest; a rest after a fruitless search is followed by a longer one, unless the jobs changed.
    /// Where a peak is known, its neighbourhood is looked at in fine steps, which cost least.
    pub(super) fn again(&mut self, unchanged: bool, settled: usize) {
        if !unchanged {
            *self = Self::default();
            return;
        }
        let rests = if self.settled == settled { self.rests + 1 } else { 0 };
        let step = if self.peak { tuning::FINE_STEP } else { tuning::STEP };
        let peak = self.peak;
        *self = Self { step_up: step, step_down: step, rests, peak, settled, ..Self::default() };
    }
}

fn scaled_up(limit: usize, factor: f64) -> usize {
    ((limit as f64 * factor).round() as usize).max(limit + 1)
}

fn scaled_down(limit: usize, factor: f64) -> usize {
    ((limit as f64 / factor).round() as usize).min(limit.saturating_sub(1)).max(1)
}
