//! What the monitor says of long polls: an event of the probe for each, and, at most once per spawn
//! location and minute, a line for people.

use std::panic::Location;
use std::time::{Duration, Instant};

use cortado_probe::{Cause, Event, Lane, TaskId, WorkerId, emit, long_polls_are_shown};
use parking_lot::Mutex;

use super::count;
use crate::lanes::Lanes;
use crate::sys;
use crate::tuning::{LINE_EVERY, LINE_LOCATIONS};
use crate::worker::Poll;

/// What was said lately in this process, by any runtime. Only monitors look here, and none waits.
static SAID: Mutex<Said> = Mutex::new(Said(Vec::new()));

/// Which locations a line was said of, and when.
struct Said(Vec<(Option<&'static Location<'static>>, Instant)>);

/// One long poll, as far as it is known.
pub(super) struct LongPoll {
    pub(super) worker: WorkerId,
    pub(super) lane: Lane,
    pub(super) poll: Poll,
    pub(super) lasted: Duration,
    pub(super) cause: Cause,
    pub(super) seat_freed: bool,
}

impl Said {
    /// No line was said of this location within the last minute. Where too many are remembered, the
    /// oldest makes room, so a program with very many locations may hear of one more often.
    fn may_say(&mut self, location: Option<&'static Location<'static>>, now: Instant) -> bool {
        self.0.retain(|(_, when)| now.saturating_duration_since(*when) < LINE_EVERY);
        if self.0.iter().any(|(other, _)| *other == location) {
            return false;
        }
        if self.0.len() >= LINE_LOCATIONS {
            self.0.remove(0);
        }
        self.0.push((location, now));
        true
    }
}

/// The stall limit has passed, or, where `is_new` says no, the seat was freed later than that.
pub(super) fn found(lanes: &Lanes, found: &LongPoll, is_new: bool) {
    let counts = &lanes.monitor().counts;
    if is_new {
        count(&counts.long_polls);
    }
    if is_new && found.cause == Cause::Blocked {
        count(&counts.blocked_polls);
    }
    tell(lanes, found, false);
}

/// The poll has lasted so long that a person should know. False: another monitor was in the way, ask again.
pub(super) fn notable(lanes: &Lanes, found: &LongPoll, now: Instant) -> bool {
    let Some(mut said) = SAID.try_lock() else { return false };
    if !said.may_say(found.poll.location, now) {
        return true;
    }
    drop(said);
    tell(lanes, found, true);
    if lanes.config().report_long_polls && !long_polls_are_shown() {
        with_name(lanes, found.poll.task, |name| sys::print_to_stderr(&line(found, name)));
    }
    true
}

fn tell(lanes: &Lanes, found: &LongPoll, notable: bool) {
    if !cortado_probe::is_listening() {
        return;
    }
    with_name(lanes, found.poll.task, |name| {
        emit(|| Event::LongPoll {
            worker: found.worker,
            task: TaskId::from_number(found.poll.task),
            name,
            location: found.poll.location,
            lasted: found.lasted,
            cause: found.cause,
            seat_freed: found.seat_freed,
            notable,
        });
    });
}

/// Calls `then` with the name of a task that lives and has one.
fn with_name(lanes: &Lanes, task: u64, then: impl FnOnce(Option<&str>)) {
    let mut then = Some(then);
    lanes.registry().try_view(|seen| {
        if seen.header().id().get() == task
            && let Some(then) = then.take()
        {
            then(seen.name());
        }
    });
    if let Some(then) = then {
        then(None);
    }
}

fn line(found: &LongPoll, name: Option<&str>) -> String {
    let named = name.map(|name| format!(" {name:?}")).unwrap_or_default();
    let spawned = found.poll.location.map(|place| format!(" (spawned at {place})"));
    let spawned = spawned.unwrap_or_default();
    let does = match found.cause {
        Cause::OnCpu => "has been computing",
        Cause::Blocked => "has been blocked in a call",
    };
    let outcome = match (found.seat_freed, found.cause, found.lane) {
        (false, _, _) => "nobody waits for its thread",
        (true, Cause::OnCpu, Lane::Wait) => "others go on in its place, before it",
        (true, _, _) => "others go on in its place",
    };
    format!(
        "cortado: task {}{named}{spawned} {does} for {} ms in one poll; {outcome}. Use \
         `spawn_blocking` for calls that block; the guide's chapter \"Waiting and working\" says what \
         else helps. (One such line per place and minute; `Builder::report_long_polls(false)` turns \
         them off.)\n",
        found.poll.task,
        found.lasted.as_millis(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cause: Cause, seat_freed: bool) -> LongPoll {
        let poll = Poll { number: 3, task: 7, location: None };
        let lasted = Duration::from_millis(12);
        LongPoll { worker: WorkerId(1), lane: Lane::Wait, poll, lasted, cause, seat_freed }
    }

    #[test]
    fn a_location_is_said_once_a_minute() {
        let (mut said, start) = (Said(Vec::new()), Instant::now());
        let here = Some(Location::caller());
        assert!(said.may_say(here, start));
        assert!(said.may_say(None, start));
        assert!(!said.may_say(here, start + LINE_EVERY / 2));
        assert!(said.may_say(here, start + LINE_EVERY));
    }

    #[test]
    fn no_more_locations_are_remembered_than_there_is_room_for() {
        let start = Instant::now();
        let mut said = Said(vec![(Some(Location::caller()), start); LINE_LOCATIONS]);
        assert!(said.may_say(None, start));
        assert_eq!(said.0.len(), LINE_LOCATIONS);
    }

    #[test]
    fn a_line_says_who_what_how_long_and_what_to_do() {
        let text = line(&found(Cause::Blocked, true), Some("resize"));
        assert!(text.starts_with(
            "cortado: task 7 \"resize\" has been blocked in a call for 12 ms in one poll; others go on \
             in its place. Use `spawn_blocking`"
        ));
        assert!(line(&found(Cause::OnCpu, false), None).contains("; nobody waits for its thread."));
    }
}
