//! What the runtime says of long polls, to a listener and to people. A process has one listener and one
//! standard error, so each test is a process of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cortado_core::{Builder, time};
use cortado_probe::{Cause, Event, Listener};
use parking_lot::Mutex;

use crate::child::in_a_process_of_its_own;
use crate::computing::compute;
use crate::until::{StopsOnDrop, until};

/// What was heard of one long poll.
struct Heard {
    line: u32,
    cause: Cause,
    seat_freed: bool,
    notable: bool,
}

static HEARD: Mutex<Vec<Heard>> = Mutex::new(Vec::new());

/// A listener, which says whether it shows long polls to people.
struct Hears {
    shows: bool,
}

impl Listener for Hears {
    fn on_event(&self, event: &Event<'_>) {
        let Event::LongPoll { location: Some(place), cause, seat_freed, notable, .. } = *event
        else {
            return;
        };
        if place.file().ends_with("reports.rs") {
            HEARD.lock().push(Heard { line: place.line(), cause, seat_freed, notable });
        }
    }

    fn shows_long_polls(&self) -> bool {
        self.shows
    }
}

fn heard(what: impl Fn(&Heard) -> bool) -> usize {
    HEARD.lock().iter().filter(|heard| what(heard)).count()
}

/// Three tasks from one place that block, then one that computes, until all that there is to say was said.
fn have_long_polls(report: bool, shows: bool) {
    let listener: &'static Hears =
        if shows { &Hears { shows: true } } else { &Hears { shows: false } };
    cortado_probe::listen(listener).unwrap();
    let runtime = Builder::new().worker_threads(2).report_long_polls(report).build().unwrap();
    let stop = StopsOnDrop(Arc::default());
    let ticks = stop.0.clone();
    drop(runtime.spawn(async move {
        while !ticks.load(Ordering::Relaxed) {
            time::sleep(Duration::from_millis(1)).await;
        }
    }));
    let blocked = |heard: &Heard| heard.cause == Cause::Blocked && heard.seat_freed;
    // One more than there are seats, so that the task that ticks gets on only where two are freed.
    for _ in 0..3 {
        let stop = stop.0.clone();
        drop(runtime.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }));
    }
    until("two seats freed of blocked polls", || heard(blocked) >= 2);
    let notable = |heard: &Heard| heard.notable && heard.cause == Cause::Blocked;
    until("a blocked poll that is notable", || heard(notable) > 0);
    let stops = stop.0.clone();
    drop(runtime.spawn(async move {
        while !stops.load(Ordering::Relaxed) {
            compute(100);
        }
    }));
    let computes = |heard: &Heard| heard.cause == Cause::OnCpu && heard.notable;
    until("a poll that computes for so long that it is notable", || heard(computes) > 0);
    // The others lasted longer by then. Of those from one place one is notable.
    assert_eq!(heard(notable), 1);
    let all = HEARD.lock();
    let lines: std::collections::BTreeSet<_> = all.iter().map(|heard| heard.line).collect();
    assert_eq!(lines.len(), 2, "two places were spoken of");
    let metrics = runtime.handle().metrics();
    assert!(metrics.long_polls >= 3 && metrics.blocked_polls >= 2, "{metrics:?}");
}

/// The lines of ours on standard error of a process that has long polls; none in that process itself.
fn said(test: &str, report: bool, shows: bool) -> Option<Vec<String>> {
    let name = format!("reports::{test}");
    let child = in_a_process_of_its_own(&name, || have_long_polls(report, shows))?;
    let errors = String::from_utf8_lossy(&child.stderr);
    Some(errors.lines().filter(|line| line.contains("cortado: ")).map(str::to_owned).collect())
}

#[test]
fn people_hear_once_of_each_place() {
    let Some(lines) = said("people_hear_once_of_each_place", true, false) else { return };
    let [blocks, computes] = &lines[..] else { panic!("{lines:#?}") };
    assert!(blocks.contains("reports.rs") && blocks.contains("blocked in a call"), "{blocks}");
    assert!(computes.contains("reports.rs") && computes.contains("computing"), "{computes}");
}

#[test]
fn they_hear_nothing_where_that_is_turned_off() {
    if let Some(lines) = said("they_hear_nothing_where_that_is_turned_off", false, false) {
        assert_eq!(lines, [""; 0]);
    }
}

#[test]
fn they_hear_nothing_of_us_where_the_listener_tells_them() {
    if let Some(lines) = said("they_hear_nothing_of_us_where_the_listener_tells_them", true, true) {
        assert_eq!(lines, [""; 0]);
    }
}
