//! What a run was and whether it was good: as text for people, and as one JSON object.

use std::fmt::Write;

use serde::Serialize;

use super::exhaustion::Exhaustion;
use super::ledger::{Ledger, Tasks};
use super::{census, staged};

/// Fewer cycles than this say nothing about memory: the allocator still fills its pools.
const CYCLES_TO_TELL: usize = 9;
/// Growth from one third of the run to the next that is an allocator's and no leak. Half as much from
/// one half of the last third to the next: one that has found its level later, which it does on a
/// machine that is busy with something else, grows no more there.
const GROWTH_KIB: u64 = 8 * 1024;
const GROWTH_PER_CENT: u64 = 10;

/// See the module.
#[derive(Serialize)]
pub(crate) struct Report {
    bench: &'static str,
    seed: u64,
    pub(crate) seconds: f64,
    pub(crate) cycles: u64,
    acts: u64,
    tasks: Tasks,
    guests: u64,
    staged_panics: u64,
    bytes_echoed: u64,
    /// Memory after each cycle.
    pub(crate) resident_kib: Vec<u64>,
    memory: String,
    pub(crate) exhaustion: Vec<Exhaustion>,
    pub(crate) findings: Vec<String>,
    /// How often something was wrong; not all of it is kept.
    times_wrong: u64,
}

impl Report {
    pub(crate) fn new(seed: u64) -> Report {
        Report {
            bench: "soak",
            seed,
            seconds: 0.0,
            cycles: 0,
            acts: 0,
            tasks: Tasks::default(),
            guests: 0,
            staged_panics: 0,
            bytes_echoed: 0,
            resident_kib: Vec::new(),
            memory: "not looked at".to_owned(),
            exhaustion: Vec::new(),
            findings: Vec::new(),
            times_wrong: 0,
        }
    }

    /// Compares the memory of the run's second and last third: cycles are alike.
    pub(crate) fn check_memory(&mut self) {
        let third = self.resident_kib.len() / 3;
        if self.resident_kib.len() < CYCLES_TO_TELL {
            self.memory = "too few cycles to tell".to_owned();
            return;
        }
        let second = median(&self.resident_kib[third..2 * third]);
        let (early, late) = self.resident_kib[2 * third..].split_at(third / 2);
        let (early, late) = (median(early), median(late));
        let last = median(&self.resident_kib[2 * third..]);
        self.memory = format!(
            "{second} KiB in the second third of the cycles, {last} in the last: {early}, then {late}"
        );
        if grows(second, early, late, last) {
            census::finding(format!("memory grew: {}", self.memory));
        }
    }

    /// Takes the figures that others have counted.
    pub(crate) fn finish(&mut self, ledger: &Ledger) {
        self.acts = census::acts();
        self.tasks = ledger.tasks();
        self.guests = census::guests();
        self.staged_panics = staged::panics();
        self.bytes_echoed = census::bytes_echoed();
        (self.times_wrong, self.findings) = census::findings();
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let tasks = &self.tasks;
        let _ = writeln!(
            text,
            "soak: {:.1} s, {} cycles, {} acts, seed {}\n\
             tasks: {} spawned = {} returned + {} panicked + {} cancelled; {} changed the lane\n\
             closures of the blocking pool: {}; staged panics: {}; guests that came and went: {}\n\
             echoed: {:.1} MB\n\
             memory: {}",
            self.seconds,
            self.cycles,
            self.acts,
            self.seed,
            tasks.spawned,
            tasks.returned,
            tasks.panicked,
            tasks.cancelled,
            tasks.moved,
            tasks.closures,
            self.staged_panics,
            self.guests,
            self.bytes_echoed as f64 / 1e6,
            self.memory,
        );
        for lull in &self.exhaustion {
            let _ = writeln!(
                text,
                "descriptors exhausted: {:.1} ms of CPU in {:.0} ms, at most {} % wanted: {}; \
                 accepting waited {} times for room",
                lull.cpu_ms,
                lull.lull_ms,
                lull.bound_per_cent,
                if lull.met { "met" } else { "NOT MET" },
                lull.room_waits
            );
        }
        let _ = match self.findings.len() {
            0 => writeln!(text, "Everything is accounted for."),
            _ => writeln!(text, "WRONG, {} times: {}", self.times_wrong, self.findings.join("\n")),
        };
        text
    }
}

/// Memory still grows, from third to third and from half to half of the last one.
fn grows(second: u64, early: u64, late: u64, last: u64) -> bool {
    let allowed = GROWTH_KIB.max(second * GROWTH_PER_CENT / 100);
    last > second + allowed && late > early + allowed / 2
}

fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_found_late_is_no_leak() {
        let mib = |mib: u64| mib * 1024;
        assert!(!grows(mib(12), mib(21), mib(21), mib(21)));
        assert!(!grows(mib(31), mib(31), mib(33), mib(32)));
        assert!(grows(mib(20), mib(28), mib(33), mib(30)));
    }

    #[test]
    fn memory_is_judged_only_where_there_are_enough_cycles() {
        let mut report = Report::new(1);
        report.resident_kib = vec![1000, 1000, 900_000];
        report.check_memory();
        assert_eq!(report.memory, "too few cycles to tell");
        report.resident_kib = vec![10; 9];
        report.check_memory();
        assert!(report.memory.starts_with("10 KiB"), "{}", report.memory);
        assert_eq!(census::findings().0, 0);
    }
}
