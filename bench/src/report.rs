//! The result of a case, for people as a table and for programs as one JSON line per metric. Both
//! name every contender: one that is missing or failed stands there with the reason.

use std::fmt::Write as _;

use anyhow::Result;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::goal::{Better, Goal};
use crate::round::{Fate, Series, median, minimum};
use crate::versions::Versions;

/// The contender whose figures the goals judge.
pub(crate) const OURS: &str = "cortado";

/// One figure that every contender of a case is measured by.
pub(crate) struct Metric {
    /// Tells metrics of one case apart; empty where a case has only one.
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) better: Better,
    pub(crate) goals: Vec<Goal>,
}

/// What a case found.
pub(crate) struct Report {
    pub(crate) metrics: Vec<Metric>,
    pub(crate) series: Vec<Series>,
    /// Sentences that a reader needs to judge the figures.
    pub(crate) notes: Vec<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    bench: &'a str,
    case: String,
    unit: &'a str,
    better: &'a str,
    cortado: Option<f64>,
    peers: Map<String, Value>,
    goal: String,
    met: Option<bool>,
    minimum: Map<String, Value>,
    rounds: usize,
    unmeasured: Map<String, Value>,
    notes: &'a [String],
    versions: &'a Versions,
}

impl Report {
    /// One line of JSON per metric.
    pub(crate) fn json_lines(
        &self,
        bench: &str,
        case: &str,
        versions: &Versions,
    ) -> Result<String> {
        let mut lines = String::new();
        for (index, metric) in self.metrics.iter().enumerate() {
            let line = self.line(bench, case, versions, index, metric);
            writeln!(lines, "{}", serde_json::to_string(&line)?)?;
        }
        Ok(lines)
    }

    fn line<'a>(
        &'a self,
        bench: &'a str,
        case: &str,
        versions: &'a Versions,
        index: usize,
        metric: &'a Metric,
    ) -> Line<'a> {
        let by_name = |figure: fn(&[f64]) -> Option<f64>, ours: bool| -> Map<String, Value> {
            let others = self.series.iter().filter(|series| ours || series.name != OURS);
            others.map(|s| (s.name.clone(), json!(figure(&s.column(index))))).collect()
        };
        let unmeasured = self.series.iter().filter_map(|series| {
            Some((series.name.clone(), Value::String(why_unmeasured(series)?)))
        });
        Line {
            bench,
            case: full_name(case, metric),
            unit: metric.unit,
            better: metric.better.word(),
            cortado: self.median_of(OURS, index),
            peers: by_name(median, false),
            goal: goal_text(metric),
            met: self.is_met(index),
            minimum: by_name(minimum, true),
            rounds: self.series.iter().map(|s| s.column(index).len()).max().unwrap_or(0),
            unmeasured: unmeasured.collect(),
            notes: &self.notes,
            versions,
        }
    }

    /// Whether all goals of a metric are met; `None` where there is no goal.
    fn is_met(&self, index: usize) -> Option<bool> {
        let metric = &self.metrics[index];
        (!metric.goals.is_empty()).then(|| metric.goals.iter().all(|g| self.meets(g, index)))
    }

    fn meets(&self, goal: &Goal, index: usize) -> bool {
        let better = self.metrics[index].better;
        goal.is_met(better, self.median_of(OURS, index), &|peer| self.median_of(peer, index))
    }

    fn median_of(&self, name: &str, index: usize) -> Option<f64> {
        median(&self.series.iter().find(|series| series.name == name)?.column(index))
    }

    /// A table: a column per contender, a row per metric with median and minimum.
    pub(crate) fn table(&self, bench: &str, case: &str, about: &str) -> String {
        let mut text = format!("\n{bench}/{case}: {about}\n");
        for line in aligned(&self.rows()) {
            text.push_str(&line);
        }
        for series in &self.series {
            if let Some(why) = why_unmeasured(series) {
                text.push_str(&format!("  {}: {why}\n", series.name));
            }
        }
        for note in &self.notes {
            text.push_str(&format!("  note: {note}\n"));
        }
        for (index, metric) in self.metrics.iter().enumerate() {
            for goal in &metric.goals {
                let verdict = if self.meets(goal, index) { "met" } else { "NOT met" };
                let what = full_name(case, metric);
                let goal = goal.text(metric.unit, metric.better);
                text.push_str(&format!("  goal {what}: {goal}: {verdict}\n"));
            }
        }
        text
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let names = self.series.iter().map(|series| series.name.clone());
        let mut rows = vec![[String::from("median (minimum)")].into_iter().chain(names).collect()];
        for (index, metric) in self.metrics.iter().enumerate() {
            let space = if metric.name.is_empty() { "" } else { " " };
            let label = format!(
                "{}{space}{}, {} is better",
                metric.name,
                metric.unit,
                metric.better.word()
            );
            let cells = self.series.iter().map(|series| cell(&series.column(index)));
            rows.push([label].into_iter().chain(cells).collect());
            if !metric.goals.is_empty() {
                let ratios = self.series.iter().map(|series| self.ratio_cell(series, index));
                rows.push(["  cortado is".to_owned()].into_iter().chain(ratios).collect());
            }
        }
        rows
    }

    /// How many times as good as this contender cortado is.
    fn ratio_cell(&self, series: &Series, index: usize) -> String {
        let better = self.metrics[index].better;
        let ours = self.median_of(OURS, index).filter(|_| series.name != OURS);
        let ratio = ours.zip(median(&series.column(index))).map(|(o, t)| better.ratio(o, t));
        // Of nothing and nothing neither is better.
        let ratio = ratio.filter(|ratio| !ratio.is_nan());
        ratio.map_or(String::new(), |ratio| format!("{ratio:.2}x as good"))
    }
}

fn cell(figures: &[f64]) -> String {
    match (median(figures), minimum(figures)) {
        (Some(median), Some(minimum)) => format!("{} ({})", figure(median), figure(minimum)),
        _ => "-".to_owned(),
    }
}

fn full_name(case: &str, metric: &Metric) -> String {
    match metric.name {
        "" => case.to_owned(),
        name => format!("{case}/{name}"),
    }
}

fn goal_text(metric: &Metric) -> String {
    let texts = metric.goals.iter().map(|goal| goal.text(metric.unit, metric.better));
    texts.collect::<Vec<_>>().join(", ")
}

fn why_unmeasured(series: &Series) -> Option<String> {
    match &series.fate {
        Fate::Measured(_) => None,
        Fate::Missing(why) => Some(format!("missing: {why}")),
        Fate::Failed(why) => Some(format!("failed: {why}")),
    }
}

/// Four significant digits, without an exponent.
fn figure(value: f64) -> String {
    let digits = match value.abs() {
        large if large >= 1000.0 => 0,
        large if large >= 100.0 => 1,
        large if large >= 10.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// Columns as wide as their widest cell; the first one flush left, the others flush right.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut text = format!("  {:<width$}", row[0], width = widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            text.push_str(&format!("  {cell:>width$}"));
        }
        format!("{}\n", text.trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let measured = |name: &str, rows: &[f64]| Series {
            name: name.to_owned(),
            fate: Fate::Measured(rows.iter().map(|row| vec![*row]).collect()),
        };
        Report {
            metrics: vec![Metric {
                name: "",
                unit: "jobs/s",
                better: Better::Higher,
                goals: vec![Goal::Times { peer: "xargs", factor: 1.3 }],
            }],
            series: vec![
                measured(OURS, &[3000.0, 2600.0, 2800.0]),
                measured("xargs", &[2000.0, 2100.0, 1900.0]),
                Series { name: "rush".to_owned(), fate: Fate::Missing("install it".to_owned()) },
            ],
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_json_line_has_figures_goal_and_the_missing() {
        let text = report().json_lines("jobs", "true", &Versions::default()).unwrap();
        let line: Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(line["bench"], "jobs");
        assert_eq!(line["case"], "true");
        assert_eq!(line["cortado"], 2800.0);
        assert_eq!(line["peers"], json!({"xargs": 2000.0, "rush": null}));
        assert_eq!(line["minimum"]["cortado"], 2600.0);
        assert_eq!(line["goal"], ">= 1.3 x xargs");
        assert_eq!(line["met"], true);
        assert_eq!(line["unmeasured"]["rush"], "missing: install it");
        assert_eq!(line["rounds"], 3);
    }

    #[test]
    fn a_table_names_every_contender_and_the_verdict() {
        let text = report().table("jobs", "true", "many");
        assert!(text.contains("1.40x"), "{text}");
        assert!(text.contains("rush: missing: install it"), "{text}");
        assert!(text.contains("goal true: >= 1.3 x xargs: met"), "{text}");
    }

    #[test]
    fn a_failed_cortado_meets_no_goal() {
        let mut report = report();
        report.series[0].fate = Fate::Failed("no such option".to_owned());
        assert_eq!(report.is_met(0), Some(false));
        assert!(report.table("jobs", "true", "many").contains("cortado: failed: no such option"));
    }
}
