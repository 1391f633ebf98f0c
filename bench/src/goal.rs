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
    /// This figure or more, in the metric's unit.
    AtLeast(f64),
    /// The goal of another contender than cortado as it is by default: of one of its other ways.
    Of(&'static str, Box<Goal>),
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
            (Self::AtLeast(least), _) => format!(">= {least} {unit}"),
            (Self::Of(subject, goal), _) => format!("{subject}: {}", goal.text(unit, better)),
            (Self::Ends, _) => "never hangs".to_owned(),
        }
    }

    /// Judges `ours`; `peer` gives the median of a peer by name.
    pub(crate) fn is_met(
        &self,
        better: Better,
        ours: Option<f64>,
        peer: &dyn Fn(&str) -> Option<f64>,
    ) -> bool {
        match (self, ours) {
            (Self::Of(subject, goal), _) => goal.is_met(better, peer(subject), peer),
            (_, None) => false,
            (Self::Times { peer: name, factor }, Some(ours)) => {
                peer(name).is_some_and(|theirs| better.ratio(ours, theirs) >= *factor)
            }
            (Self::AtMostAbove { peer: name, extra }, Some(ours)) => {
                peer(name).is_some_and(|theirs| ours <= theirs + extra)
            }
            (Self::Below(limit), Some(ours)) => ours < *limit,
            (Self::AtLeast(least), Some(ours)) => ours >= *least,
            (Self::Ends, Some(_)) => true,
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
        assert!(goal.is_met(Better::Higher, Some(130.0), &hundred));
        assert!(!goal.is_met(Better::Higher, Some(129.0), &hundred));
        assert!(goal.is_met(Better::Lower, Some(76.0), &hundred));
        assert!(!goal.is_met(Better::Lower, Some(78.0), &hundred));
    }

    #[test]
    fn a_goal_without_figures_is_not_met() {
        let goal = Goal::Times { peer: "xargs", factor: 1.0 };
        assert!(!goal.is_met(Better::Higher, None, &hundred));
        assert!(!Goal::Ends.is_met(Better::Lower, None, &hundred));
        assert!(Goal::Ends.is_met(Better::Lower, Some(7.0), &|_| None));
        assert!(!goal.is_met(Better::Higher, Some(1e9), &|_| None));
        assert!(!goal.is_met(Better::Higher, Some(f64::NAN), &hundred));
    }

    #[test]
    fn limits_are_in_the_unit_of_the_metric() {
        let above = Goal::AtMostAbove { peer: "bare", extra: 0.25 };
        assert!(above.is_met(Better::Lower, Some(0.5), &|_| Some(0.3)));
        assert!(!above.is_met(Better::Lower, Some(0.6), &|_| Some(0.3)));
        assert_eq!(above.text("ms", Better::Lower), "<= bare + 0.25 ms");
        assert!(Goal::Below(30.0).is_met(Better::Lower, Some(29.9), &|_| None));
        assert!(!Goal::Below(30.0).is_met(Better::Lower, Some(30.0), &|_| None));
        assert!(Goal::AtLeast(8.0).is_met(Better::Higher, Some(8.0), &|_| None));
        assert!(!Goal::AtLeast(8.0).is_met(Better::Higher, Some(7.9), &|_| None));
    }

    #[test]
    fn a_goal_of_another_way_is_judged_by_its_own_figure() {
        let figures = |name: &str| match name {
            "cortado-compute" => Some(90.0),
            "tokio" => Some(20_000.0),
            _ => None,
        };
        let of = |name, goal| Goal::Of(name, Box::new(goal));
        let met = |goal: &Goal| goal.is_met(Better::Lower, Some(500.0), &figures);
        assert!(met(&of("cortado-compute", Goal::Below(150.0))));
        assert!(!met(&Goal::Below(150.0)));
        assert!(met(&of("cortado-compute", Goal::Times { peer: "tokio", factor: 200.0 })));
        assert!(!met(&of("cortado-compute", Goal::Times { peer: "tokio", factor: 300.0 })));
        assert!(!met(&of("absent", Goal::Below(150.0))));
        let text = of("cortado-compute", Goal::Below(150.0)).text("us", Better::Lower);
        assert_eq!(text, "cortado-compute: < 150 us");
    }
}
