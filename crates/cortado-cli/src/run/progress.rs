//! The progress of a run on standard error, where that is a terminal: `--bar` and `--eta`.
//!
//! It has no thread and no timer of its own: whoever runs the jobs tells it the counts whenever
//! they change and, for the clock, a few times a second. It draws no more often than is readable.
//! While jobs' output is written to the terminal it steps aside, and stays away while that output
//! ends within a line.

use std::cell::Cell;
use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::plan::{Output, Report};

/// The shortest time between two drawings: five a second, which can just be read.
const BETWEEN_DRAWS: Duration = Duration::from_millis(200);

/// How the jobs stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Ended, whether with success or not.
    pub(crate) done: u64,
    /// Those among them that failed.
    pub(crate) failed: u64,
    /// Running now.
    pub(crate) running: u64,
    /// How many there will be in all; `None` while the input is still being read.
    pub(crate) total: Option<u64>,
}

/// The line on the terminal. A run without one has a `Progress` that does nothing.
pub(crate) struct Progress {
    line: Option<Line>,
}

/// What is drawn, and when.
struct Line {
    bars: MultiProgress,
    bar: ProgressBar,
    text: Arc<Mutex<String>>,
    began: Instant,
    drawn: Cell<Option<Instant>>,
    /// How many writers have the terminal for themselves.
    aside: Cell<u32>,
    /// The cursor stands behind a line of output that has no end yet.
    within_line: Cell<bool>,
}

impl Progress {
    /// How often `tick` is to be called where nothing else happens.
    pub(crate) const TICK: Duration = Duration::from_millis(500);

    /// The progress that the options ask for. `--quiet` wins; without a terminal, and with
    /// `--ungroup`, where jobs write past us, there is none.
    pub(crate) fn new(report: Report, output: Output, now: Instant) -> Progress {
        let wanted = (report.bar || report.eta) && !report.quiet && output != Output::Inherit;
        if !wanted || !io::stderr().is_terminal() {
            return Progress::none();
        }
        // The throttle is ours; theirs stays out of the way.
        Progress::on(ProgressDrawTarget::stderr_with_hz(50), report, now)
    }

    /// No line.
    pub(crate) fn none() -> Progress {
        Progress { line: None }
    }

    fn on(target: ProgressDrawTarget, report: Report, now: Instant) -> Progress {
        let text = Arc::new(Mutex::new(String::new()));
        let shown = text.clone();
        let template = if report.bar { "[{wide_bar}] {counts}" } else { "{counts}" };
        // The template is ours and well formed; without a style there would still be a bar.
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ")
            .with_key("counts", move |_: &ProgressState, out: &mut dyn Write| {
                let _ = out.write_str(&shown.lock().unwrap_or_else(PoisonError::into_inner));
            });
        let bars = MultiProgress::with_draw_target(target);
        let bar = bars.add(ProgressBar::no_length()).with_style(style);
        Progress {
            line: Some(Line {
                bars,
                bar,
                text,
                began: now,
                drawn: Cell::new(None),
                aside: Cell::new(0),
                within_line: Cell::new(false),
            }),
        }
    }

    /// Whether there is a line to draw: else no timer is needed.
    pub(crate) fn is_shown(&self) -> bool {
        self.line.is_some()
    }

    /// The counts have changed, or time has passed. It costs next to nothing when it is too early
    /// to draw again.
    pub(crate) fn tick(&self, counts: Counts, now: Instant) {
        let Some(line) = &self.line else { return };
        let early = line.drawn.get().is_some_and(|drawn| now < drawn + BETWEEN_DRAWS);
        if early || line.aside.get() > 0 || line.within_line.get() {
            return;
        }
        line.drawn.set(Some(now));
        let eta = eta(counts, now.saturating_duration_since(line.began));
        *line.text.lock().unwrap_or_else(PoisonError::into_inner) = describe(counts, eta);
        line.bar.update(|state| {
            state.set_pos(counts.done);
            if let Some(total) = counts.total {
                state.set_len(total);
            }
        });
    }

    /// Takes the line away, since something else is going to be written to the terminal.
    pub(crate) fn step_aside(&self) {
        let Some(line) = &self.line else { return };
        line.aside.set(line.aside.get() + 1);
        // A terminal that cannot be written will be noticed by the one who writes now.
        let _ = line.bars.clear();
    }

    /// That is written; whether up to the end of a line.
    pub(crate) fn come_back(&self, whole_line: bool) {
        let Some(line) = &self.line else { return };
        line.aside.set(line.aside.get().saturating_sub(1));
        line.within_line.set(!whole_line);
        // The line is missed now, so that the next tick draws it.
        line.drawn.set(None);
    }

    /// Takes the line away while a message is written to standard error.
    pub(crate) fn aside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.step_aside();
        let result = write();
        self.come_back(true);
        result
    }

    /// Takes the line away for good.
    pub(crate) fn finish(&self) {
        let Some(line) = &self.line else { return };
        line.aside.set(line.aside.get() + 1);
        let _ = line.bars.clear();
    }
}

/// The time to the end, if all goes on as before. There is no basis for it before the number of
/// jobs is known and as many have ended as run at once.
fn eta(counts: Counts, elapsed: Duration) -> Option<Duration> {
    let left = counts.total?.saturating_sub(counts.done);
    let known = counts.done > 0 && counts.done >= counts.running;
    known.then(|| elapsed.mul_f64(left as f64 / counts.done as f64))
}

/// The counts in words.
fn describe(counts: Counts, eta: Option<Duration>) -> String {
    let Counts { done, failed, running, total } = counts;
    let mut text = match total {
        Some(total) => format!("{done} of {total} done"),
        None => format!("{done} done, total not known yet"),
    };
    // Writing to a string does not fail.
    if failed > 0 {
        let _ = write!(text, ", {failed} failed");
    }
    let _ = write!(text, ", {running} running");
    if let Some(eta) = eta {
        let _ = write!(text, ", about {} left", in_words(eta));
    }
    text
}

/// A time in the two largest units that matter.
fn in_words(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86400, seconds / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::TermLike;

    /// A terminal that shows what was written to it, line by line.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<Vec<String>>>);

    impl Screen {
        /// What stands on it; blanks at the ends do not count.
        fn shown(&self) -> String {
            self.0.lock().unwrap().join("\n").trim().to_owned()
        }

        fn put(&self, text: &str) -> io::Result<()> {
            let mut lines = self.0.lock().unwrap();
            for (index, part) in text.split('\n').enumerate() {
                if index > 0 || lines.is_empty() {
                    lines.push(String::new());
                }
                lines.last_mut().unwrap().push_str(part.trim_end_matches('\r'));
            }
            Ok(())
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
            assert_eq!(lines, 0, "the progress has one line");
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.put(text)?;
            self.put("\n")
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.put(text)
        }
        fn clear_line(&self) -> io::Result<()> {
            if let Some(last) = self.0.lock().unwrap().last_mut() {
                last.clear();
            }
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    const REPORT: Report =
        Report { bar: false, eta: true, json: false, explain: false, quiet: false };

    fn counts(done: u64, running: u64, total: Option<u64>) -> Counts {
        Counts { done, failed: 0, running, total }
    }

    fn progress(report: Report) -> (Progress, Screen, Instant) {
        let (screen, now) = (Screen::default(), Instant::now());
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        (Progress::on(target, report, now), screen, now)
    }

    #[test]
    fn the_line_is_drawn_now_and_then() {
        let (progress, screen, start) = progress(REPORT);
        progress.tick(counts(1, 2, Some(4)), start + Duration::from_secs(10));
        assert_eq!(screen.shown(), "1 of 4 done, 2 running");
        progress.tick(counts(2, 2, Some(4)), start + Duration::from_millis(10_100));
        assert_eq!(screen.shown(), "1 of 4 done, 2 running");
        progress.tick(counts(2, 2, Some(4)), start + Duration::from_millis(10_200));
        assert_eq!(screen.shown(), "2 of 4 done, 2 running, about 11s left");
        progress.finish();
        assert_eq!(screen.shown(), "");
        progress.tick(counts(3, 1, Some(4)), start + Duration::from_secs(20));
        assert_eq!(screen.shown(), "");
    }

    #[test]
    fn it_makes_way_for_output() {
        let (progress, screen, start) = progress(REPORT);
        let tick = |seconds| {
            progress.tick(counts(3, 1, None), start + Duration::from_secs(seconds));
        };
        let line = "3 done, total not known yet, 1 running";
        tick(1);
        assert_eq!(screen.shown(), line);
        progress.step_aside();
        tick(2);
        screen.put("out\npart").unwrap();
        progress.come_back(false);
        tick(3);
        assert_eq!(screen.shown(), "out\npart");
        progress.step_aside();
        screen.put("ial\n").unwrap();
        progress.come_back(true);
        tick(4);
        assert_eq!(screen.shown(), format!("out\npartial\n{line}"));
        progress.aside(|| screen.put("message\n").unwrap());
        tick(4);
        assert_eq!(screen.shown(), format!("out\npartial\nmessage\n{line}"));
    }

    #[test]
    fn the_bar_grows() {
        let (progress, screen, start) = progress(Report { bar: true, ..REPORT });
        progress.tick(counts(1, 3, Some(4)), start + Duration::from_secs(1));
        let quarter = screen.shown().matches('=').count();
        progress.tick(counts(3, 1, Some(4)), start + Duration::from_secs(2));
        let shown = screen.shown();
        assert!(shown.starts_with("[=") && shown.contains(">"), "{shown}");
        assert!(shown.ends_with("3 of 4 done, 1 running, about 1s left"), "{shown}");
        assert!(shown.matches('=').count() > 2 * quarter, "{shown}");
    }

    #[test]
    fn an_estimate_needs_a_basis() {
        let minute = Duration::from_secs(60);
        assert_eq!(eta(counts(0, 4, Some(8)), minute), None);
        assert_eq!(eta(counts(3, 4, Some(8)), minute), None);
        assert_eq!(eta(counts(4, 4, None), minute), None);
        assert_eq!(eta(counts(4, 4, Some(8)), minute), Some(minute));
        assert_eq!(eta(counts(8, 0, Some(8)), minute), Some(Duration::ZERO));
    }

    #[test]
    fn times_have_two_units() {
        for (seconds, words) in
            [(0, "0s"), (59, "59s"), (61, "1m01s"), (3660, "1h01m"), (90_000, "1d01h")]
        {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
        assert_eq!(in_words(Duration::from_millis(1)), "1s");
    }

    #[test]
    fn without_a_terminal_or_when_jobs_write_past_us_there_is_none() {
        let report = Report { bar: true, ..REPORT };
        assert!(!Progress::new(report, Output::Inherit, Instant::now()).is_shown());
        let quiet = Report { quiet: true, ..report };
        assert!(!Progress::new(quiet, Output::Group, Instant::now()).is_shown());
    }
}
