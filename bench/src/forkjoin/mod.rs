//! The group `forkjoin`: joins, scopes and parallel iterators beside Rayon, chili and plain calls,
//! what it costs a task to ask for a computation, and whether a lock that is held across a join hangs.

mod ask;
mod collects;
mod contender;
mod few;
mod halves;
mod iterators;
mod locks;
mod numeric;
mod peer;
mod quiet;
mod searches;
mod sorts;
mod subject;
mod tree;

use anyhow::Result;

use crate::goal::Better;
use crate::registry::{Case, Group, Settings};
use crate::report::{Metric, Report};
use crate::round::{Contender, interleave};

use contender::Process;
pub(crate) use contender::{ForkArgs, run as fork};
use subject::Subject;

pub(crate) const GROUP: Group = Group {
    name: "forkjoin",
    about: "joins, scopes, parallel iterators: what splitting work costs and gains",
    cases,
};

fn cases() -> Vec<Box<dyn Case>> {
    subject::all().into_iter().map(|subject| Box::new(subject) as Box<dyn Case>).collect()
}

impl Case for Subject {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn run(&self, settings: &Settings) -> Result<Report> {
        let own = self.contenders.iter().map(|(name, _)| *name);
        let mut contenders: Vec<Box<dyn Contender + '_>> = own
            .chain(self.elsewhere.iter().copied())
            .map(|name| Box::new(Process { name, subject: self, quick: settings.quick }) as _)
            .collect();
        let series = interleave(&mut contenders, settings.rounds(3));
        let (goals, better) = (self.goals.clone(), Better::Lower);
        let metric = Metric { name: "", unit: self.unit, better, goals };
        Ok(Report { metrics: vec![metric], series, notes: vec![self.note.to_owned()] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goal::Goal;
    use crate::report::OURS;

    #[test]
    fn every_case_has_ours_and_goals_that_name_a_contender() {
        for subject in subject::all() {
            let names: Vec<_> = subject.contenders.iter().map(|(name, _)| *name).collect();
            assert!(names.contains(&OURS) && !subject.goals.is_empty(), "{}", subject.name);
            for goal in &subject.goals {
                if let Goal::Times { peer, .. } | Goal::AtMostAbove { peer, .. } = goal {
                    assert!(names.contains(peer), "{}: {peer}", subject.name);
                }
            }
        }
    }
}
