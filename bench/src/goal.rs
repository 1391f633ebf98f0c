//! A goal of a benchmark: what cortado's figure must reach, said as text and judged by figures. A
//! goal against a peer that was not measured is not met, and says so, because nothing shows that it
//! is met.

/// Whether large or small figures are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    Higher,
    Lower,
}

impl Better {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }

    /// How many times `ours` is as good as `theirs`.
    pub(crate) fn ratio(self, ours: f64, theirs: f64) -> f64 {
        match self {
            Self::Higher => ours / theirs,
            Self::Lower => theirs / ours,
        }
    }
}

/// One condition on cortado's median.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    /// At least `factor` times as good as the peer.
    Times { peer: &'static str, factor: f64 },
    /// At most `extra` above the peer's figure, in the metric's unit.
    AtMostAbove { peer: &'static str, extra: f64 },
    /// Below this figure, in the metric's unit.
    Below(f64),
    /// That there is a figure: it neither hangs nor fails.
    Ends,
}

impl Goal {
    pub(crate) fn text(&self, unit: &str, better: Better) -> String {
        match (self, better) {
            (Self::Times { peer, factor }, Better::Higher) => format!(">= {factor} x {peer}"),
            (Self::Times { peer, factor }, Better::Lower) => format!("{factor} x below {peer}"),
            (Self::AtMostAbove { peer, extra }, _) => format!("<= {peer} + {extra} {unit}"),
            (Self::Below(limit), _) => format!("< {limit} {unit}"),
            (Self::Ends, _) => "never hangs".to_owned(),
        }
    }

    /// Judges `ours`; `peer` gives the median of a peer by name.
    pub(crate) fn is_met(
        &self,
        better: Better,
        ours: Option<f64>,
        peer: impl Fn(&str) -> Option<f64>,
    ) -> bool {
        let Some(ours) = ours else { return false };
        match self {
            Self::Times { peer: name, factor } => {
                peer(name).is_some_and(|theirs| better.ratio(ours, theirs) >= *factor)
            }
            Self::AtMostAbove { peer: name, extra } => {
                peer(name).is_some_and(|theirs| ours <= theirs + extra)
            }
            Self::Below(limit) => ours < *limit,
            Self::Ends => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hundred(_: &str) -> Option<f64> {
        Some(100.0)
    }

    #[test]
    fn a_goal_of_times_follows_the_direction() {
        let goal = Goal::Times { peer: "xargs", factor: 1.3 };
        assert!(goal.is_met(Better::Higher, Some(130.0), hundred));
        assert!(!goal.is_met(Better::Higher, Some(129.0), hundred));
        assert!(goal.is_met(Better::Lower, Some(76.0), hundred));
        assert!(!goal.is_met(Better::Lower, Some(78.0), hundred));
    }

    #[test]
    fn a_goal_without_figures_is_not_met() {
        let goal = Goal::Times { peer: "xargs", factor: 1.0 };
        assert!(!goal.is_met(Better::Higher, None, hundred));
        assert!(!Goal::Ends.is_met(Better::Lower, None, hundred));
        assert!(Goal::Ends.is_met(Better::Lower, Some(7.0), |_| None));
        assert!(!goal.is_met(Better::Higher, Some(1e9), |_| None));
        assert!(!goal.is_met(Better::Higher, Some(f64::NAN), hundred));
    }

    #[test]
    fn limits_are_in_the_unit_of_the_metric() {
        let above = Goal::AtMostAbove { peer: "bare", extra: 0.25 };
        assert!(above.is_met(Better::Lower, Some(0.5), |_| Some(0.3)));
        assert!(!above.is_met(Better::Lower, Some(0.6), |_| Some(0.3)));
        assert_eq!(above.text("ms", Better::Lower), "<= bare + 0.25 ms");
        assert!(Goal::Below(30.0).is_met(Better::Lower, Some(29.9), |_| None));
        assert!(!Goal::Below(30.0).is_met(Better::Lower, Some(30.0), |_| None));
    }
}
