//! The sentences of the explanation.

use std::fmt::Write as _;

use super::super::auto::Reason;
use super::{Advice, Change, Chosen, Holdback, Summary, Verdict};

/// The paragraph for people.
pub(super) fn paragraph(summary: &Summary) -> String {
    if summary.verdict == Verdict::Nothing {
        let text = match summary.ended_early {
            true => "cortado: no job came to its end before the run was ended.",
            false => "cortado: no jobs ran.",
        };
        return text.to_owned();
    }
    let sentences = match summary.advice {
        Advice::TooShort => vec![counts(summary), "Too short to say more.".to_owned()],
        _ => vec![
            counts(summary),
            at_once(summary),
            cores(summary),
            split(summary),
            verdict(summary).to_owned(),
            advice(summary),
        ],
    };
    let told = sentences.into_iter().filter(|sentence| !sentence.is_empty());
    format!("cortado: {}", told.collect::<Vec<_>>().join(" "))
}

/// The history, a line each.
pub(super) fn history(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "{:>9.2} s  {:>4} at once: {}", change.at_s, change.limit, change.why);
    }
    text
}

fn counts(s: &Summary) -> String {
    let jobs = if s.jobs == 1 { "1 job".to_owned() } else { format!("{} jobs", s.jobs) };
    let failed = match (s.failed, s.jobs) {
        (0, 1) => "it did not fail".to_owned(),
        (0, _) => "none failed".to_owned(),
        (1, 1) => "it failed".to_owned(),
        (failed, jobs) if failed == jobs => "all failed".to_owned(),
        (failed, _) => format!("{failed} failed"),
    };
    let rest = if s.ended_early { "; the run was ended before all had run" } else { "" };
    format!("{jobs} in {}, {failed}{rest}.", seconds(s.wall_s))
}

/// Of one job there is nothing to say here.
fn at_once(s: &Summary) -> String {
    if s.jobs == 1 && s.at_once_peak <= 1 {
        return String::new();
    }
    let text =
        format!("{} ran at once on average, {} at most", figure(s.at_once_mean), s.at_once_peak);
    match s.chosen {
        Chosen::Fixed { limit } => format!("{text} (-j {limit})."),
        Chosen::Auto { limit, why: Reason::Trying } => {
            format!("{text}; auto was trying {limit} in the end.")
        }
        Chosen::Auto { limit, why } => format!("{text}; auto ended at {limit}: {why}."),
    }
}

fn cores(s: &Summary) -> String {
    let noun = if s.cores == 1.0 { "usable core was" } else { "usable cores were" };
    let them = if s.jobs == 1 && s.at_once_peak <= 1 { "it" } else { "them" };
    format!(
        "On average {} of {} {noun} busy with {them} at the same instant.",
        figure(s.cores_busy_mean),
        amount(s.cores)
    )
}

fn split(s: &Summary) -> String {
    let total = s.working_s + s.queued_s + s.waiting_s;
    let share = |part: f64| percent(part / total.max(f64::MIN_POSITIVE));
    format!(
        "Job time: {} working, {} ready but waiting for a core, {} waiting for something else.",
        share(s.working_s),
        share(s.queued_s),
        share(s.waiting_s)
    )
}

fn verdict(s: &Summary) -> &'static str {
    match s.verdict {
        Verdict::Nothing => "",
        Verdict::CpuBound => "CPU-bound.",
        Verdict::IoBound => "I/O-bound.",
        Verdict::Mixed => "Mixed: the jobs both work and wait.",
    }
}

fn advice(s: &Summary) -> String {
    match (s.advice, s.chosen) {
        (Advice::MoreCores, _) => format!(
            "More cores would make it faster (the jobs kept {} of them busy); more at once would not.",
            percent((s.cores_busy_mean / s.cores).min(1.0))
        ),
        (Advice::MoreCoresToStart, _) => format!(
            "More cores would make it faster, more at once would not: {} of the time of the cores was used, though not \
             all by the jobs; the rest went into starting them and into whatever else ran.",
            percent(1.0 - s.cores_idle_share.unwrap_or(0.0))
        ),
        (Advice::FreeCores, _) => format!(
            "More cores, or less else running on these, would shorten the jobs: they stood ready without one for {} of \
             their time.",
            percent(s.queued_s / (s.working_s + s.queued_s + s.waiting_s))
        ),
        (Advice::OthersBusy, _) => format!(
            "More at once was not tried: the machine's cores were busy, though these jobs used only {} of {}.",
            figure(s.cores_busy_mean),
            amount(s.cores)
        ),
        (Advice::OneJob, _) => "There was one job, so nothing could run beside it.".to_owned(),
        (Advice::AllFailed, _) => String::new(),
        (Advice::MoreAtOnce, Chosen::Fixed { limit }) => {
            let slots = if limit == 1 { "the only slot was".to_owned() } else { format!("all {limit} slots were") };
            format!("More at once may make it faster: {slots} in use and not all cores were; try -j auto.")
        }
        (Advice::HigherBound, Chosen::Auto { limit, why }) => higher_bound(limit, why),
        (Advice::NeitherTried, _) => {
            "Neither more cores nor more at once would make it faster: the cores were not full, and a higher number at \
             once did not finish more jobs per second. The limit is what the jobs wait for."
                .to_owned()
        }
        (Advice::NotMoreAtOnce, _) => {
            "More at once would not make it faster: a higher number at once did not finish more jobs per second."
                .to_owned()
        }
        (Advice::HeldBack, _) => held_back(s),
        (Advice::NeitherOverloaded, Chosen::Auto { why, .. }) => {
            format!("Neither more cores nor more at once would make it faster: the cores were not full, and {why}.")
        }
        (Advice::NeitherAllAtOnce, _) => {
            format!("More at once is not possible: all ran at once; the longest took {}.", seconds(s.longest_s))
        }
        (Advice::NeitherLongest, _) => format!(
            "Neither more cores nor more at once would make it much faster: the longest job took {} of the {}.",
            seconds(s.longest_s),
            seconds(s.wall_s)
        ),
        (Advice::FasterStarts, _) => {
            "More at once would not make it faster: jobs ended as fast as they could be started."
                .to_owned()
        }
        (Advice::StillRising, _) => {
            "More at once may make it faster: auto was still going up when the run ended.".to_owned()
        }
        _ => "What would make it faster was not tested in this run.".to_owned(),
    }
}

fn held_back(s: &Summary) -> String {
    format!(
        "A higher number at once would not make it faster: for {} of the time a free slot waited for {}.",
        percent(s.holdback_share),
        s.holdback.map_or("", waited_for)
    )
}

fn waited_for(holdback: Holdback) -> &'static str {
    match holdback {
        Holdback::Input => "the next input",
        Holdback::Delay => "--delay to pass",
        Holdback::Load => "the load to fall (--load)",
        Holdback::Memory => "memory to become free (--memfree)",
        Holdback::Processes => "a process that could not be made (ulimit -u, ulimit -n)",
        Holdback::Output => "the reader of the output",
        Holdback::Make => "a token of make's jobserver",
    }
}

fn higher_bound(limit: usize, why: Reason) -> String {
    match why {
        Reason::Memory => {
            format!("Limited by memory: no more than {limit} jobs fit; the cores were not full.")
        }
        Reason::MaxJobs => {
            format!(
                "More at once may make it faster: --max-jobs {limit} was reached and the cores were not full."
            )
        }
        Reason::Descriptors => format!(
            "More at once may make it faster: the open-file limit holds it at {limit} (ulimit -n), and the cores were \
             not full."
        ),
        _ => format!(
            "More at once may make it faster: the process limit holds it at {limit} (ulimit -u), and the cores were \
             not full."
        ),
    }
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        small if small > 0.0 && small < 0.5 => "under 1 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

fn figure(value: f64) -> String {
    if value >= 99.95 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// A number of cores, which only a quota makes no whole one.
fn amount(cores: f64) -> String {
    format!("{cores:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn seconds(value: f64) -> String {
    match value {
        short if short < 1.0 => format!("{:.0} ms", short * 1000.0),
        some if some < 120.0 => format!("{some:.1} s"),
        many => format!("{:.0} min {:.0} s", (many / 60.0).floor(), many % 60.0),
    }
}
