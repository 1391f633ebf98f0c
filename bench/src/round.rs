//! Runs contenders round by round: every contender once per round, so that whatever else the
//! machine does during a run falls on all of them, and the first place passes on from round to
//! round, so that none always follows the same neighbour.

use std::sync::OnceLock;

use anyhow::Result;

/// One that takes part in a case.
pub(crate) trait Contender {
    /// The name under which its figures stand; `cortado` for ours.
    fn name(&self) -> String;

    /// Why it cannot take part on this machine, if it cannot.
    fn missing(&self) -> Option<String> {
        None
    }

    /// One round: a figure for each metric of the case, in their order.
    fn round(&mut self) -> Result<Vec<f64>>;
}

/// What became of a contender.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// The figures of each round, one row per round.
    Measured(Vec<Vec<f64>>),
    /// It is not installed; the text says what to do.
    Missing(String),
    /// It failed; the text says how. It takes part in no further round.
    Failed(String),
}

/// A contender's name with what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) fate: Fate,
}

impl Series {
    /// The figures of one metric over the rounds; empty if it was not measured.
    pub(crate) fn column(&self, metric: usize) -> Vec<f64> {
        match &self.fate {
            Fate::Measured(rows) => rows.iter().map(|row| row[metric]).collect(),
            Fate::Missing(_) | Fate::Failed(_) => Vec::new(),
        }
    }
}

/// Runs every contender once in each of `rounds` rounds.
pub(crate) fn interleave(contenders: &mut [Box<dyn Contender + '_>], rounds: u32) -> Vec<Series> {
    let mut series: Vec<Series> = contenders.iter().map(|one| begin(one.as_ref())).collect();
    for round in 0..rounds as usize {
        for turn in 0..contenders.len() {
            let who = (round + turn) % contenders.len();
            if let Fate::Measured(rows) = &mut series[who].fate {
                match contenders[who].round() {
                    Ok(row) => rows.push(row),
                    Err(error) => series[who].fate = Fate::Failed(format!("{error:#}")),
                }
            }
        }
    }
    series
}

/// Who takes part, by name; nobody named is everybody.
static TAKE_PART: OnceLock<Vec<String>> = OnceLock::new();

/// Lets only these contenders take part from now on. The first call counts.
pub(crate) fn take_part(names: Vec<String>) {
    TAKE_PART.get_or_init(|| names);
}

fn is_asked_for(name: &str) -> bool {
    TAKE_PART.get().is_none_or(|names| names.is_empty() || names.iter().any(|one| one == name))
}

fn begin(contender: &dyn Contender) -> Series {
    if !is_asked_for(&contender.name()) {
        let fate = Fate::Missing("not asked for by --contenders".to_owned());
        return Series { name: contender.name(), fate };
    }
    let fate = contender.missing().map_or(Fate::Measured(Vec::new()), Fate::Missing);
    Series { name: contender.name(), fate }
}

/// The middle figure, or the mean of the two in the middle.
pub(crate) fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// The smallest figure.
pub(crate) fn minimum(figures: &[f64]) -> Option<f64> {
    figures.iter().copied().min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use anyhow::bail;

    use super::*;

    struct Scripted {
        name: &'static str,
        fails_in: Option<usize>,
        rounds: usize,
        order: Rc<RefCell<Vec<&'static str>>>,
    }

    impl Contender for Scripted {
        fn name(&self) -> String {
            self.name.to_owned()
        }

        fn missing(&self) -> Option<String> {
            (self.name == "absent").then(|| "install it".to_owned())
        }

        fn round(&mut self) -> Result<Vec<f64>> {
            self.order.borrow_mut().push(self.name);
            self.rounds += 1;
            if Some(self.rounds) == self.fails_in {
                bail!("broken");
            }
            Ok(vec![self.rounds as f64])
        }
    }

    fn scripted(
        name: &'static str,
        fails_in: Option<usize>,
        order: &Rc<RefCell<Vec<&'static str>>>,
    ) -> Box<dyn Contender> {
        Box::new(Scripted { name, fails_in, rounds: 0, order: Rc::clone(order) })
    }

    #[test]
    fn contenders_alternate_and_the_first_place_passes_on() {
        let order = Rc::default();
        let mut both = [scripted("a", None, &order), scripted("b", None, &order)];
        let series = interleave(&mut both, 3);
        assert_eq!(*order.borrow(), ["a", "b", "b", "a", "a", "b"]);
        assert_eq!(series[1].column(0), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn who_fails_or_is_missing_is_named_and_the_others_go_on() {
        let order = Rc::default();
        let mut three = [
            scripted("a", None, &order),
            scripted("weak", Some(2), &order),
            scripted("absent", None, &order),
        ];
        let series = interleave(&mut three, 3);
        assert_eq!(series[0].column(0).len(), 3);
        assert!(matches!(&series[1].fate, Fate::Failed(why) if why == "broken"));
        assert!(matches!(&series[2].fate, Fate::Missing(why) if why == "install it"));
        assert_eq!(order.borrow().iter().filter(|name| **name == "weak").count(), 2);
    }

    #[test]
    fn medians_and_minimums() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        assert_eq!(minimum(&[3.0, 1.0, 2.0]), Some(1.0));
        assert_eq!(minimum(&[]), None);
    }
}
