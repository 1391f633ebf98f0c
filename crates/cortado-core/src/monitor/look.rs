//! One look of the monitor at all workers, and what it does about what it sees.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cortado_probe::{Cause, Event, Lane, TaskId, emit};

use crate::lanes::Lanes;
use crate::shim::atomic::{AtomicU64, Ordering};
use crate::sys;
use crate::tuning::{LONG_POLL, STALL_LIMIT, TICK_LONG, TICK_SAMPLE, TICK_SHORT, WORK_STALL_LIMIT};
use crate::worker::{Poll, Record};

/// What the monitor remembers from look to look.
pub(super) struct Look {
    workers: Vec<Remembered>,
    last: Instant,
}

/// What it remembers of one worker.
#[derive(Clone, Copy, Default)]
struct Remembered {
    polls: u64,
    seen: Option<Seen>,
}

/// A poll that was under way.
#[derive(Clone, Copy)]
struct Seen {
    poll: Poll,
    since: Instant,
    /// The thread's CPU time when the poll was first seen.
    cpu: Option<Duration>,
    reported: bool,
}

/// What came of a look.
pub(super) struct Outcome {
    /// Some worker has polled since the last look, or is polling.
    pub(super) anything_happened: bool,
    /// The pace that there is a reason for.
    pub(super) wanted_pace: Option<Duration>,
}

impl Look {
    pub(super) fn new() -> Look {
        Look { workers: Vec::new(), last: Instant::now() }
    }

    /// Looks at every worker.
    pub(super) fn at(&mut self, lanes: &Arc<Lanes>) -> Outcome {
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(self.last);
        self.last = now;
        lanes.placement().tick(now);
        count(&lanes.monitor().counts.looks);
        let polled = self.count_polls(lanes);
        let mut outcome = Outcome { anything_happened: polled > 0, wanted_pace: None };
        // A worker that was started meanwhile is seen at the next look.
        for record in lanes.records().take(self.workers.len()) {
            let Some(poll) = record.poll_under_way() else {
                self.workers[record.index()].seen = None;
                outcome.anything_happened |= lanes.pass_on_stranded(record);
                continue;
            };
            outcome.anything_happened = true;
            let pace = self.at_poll(lanes, record, poll, now);
            outcome.wanted_pace = outcome.wanted_pace.into_iter().chain(pace).min();
        }
        let somebody_minds = polled > 1 || waits(lanes, Lane::Wait);
        if outcome.wanted_pace.is_some() && somebody_minds && lanes.config().monitor {
            let pace = self.sample(lanes, elapsed);
            outcome.wanted_pace = outcome.wanted_pace.into_iter().chain(pace).min();
        }
        outcome
    }

    /// How many workers have polled since the last look.
    fn count_polls(&mut self, lanes: &Lanes) -> usize {
        let mut polled = 0;
        for record in lanes.records() {
            if self.workers.len() <= record.index() {
                self.workers.resize(record.index() + 1, Remembered::default());
            }
            let remembered = &mut self.workers[record.index()];
            let polls = record.polls();
            polled += usize::from(remembered.polls != polls);
            remembered.polls = polls;
        }
        polled
    }

    /// A poll is under way; returns the pace that it asks for.
    fn at_poll(
        &mut self,
        lanes: &Arc<Lanes>,
        record: &Arc<Record>,
        poll: Poll,
        now: Instant,
    ) -> Option<Duration> {
        let cpu = || sys::thread_cpu_time(record.thread());
        let seen = &mut self.workers[record.index()].seen;
        let Some(seen) = seen.as_mut().filter(|seen| seen.poll.number == poll.number) else {
            let before = seen.replace(Seen { poll, since: now, cpu: cpu(), reported: false });
            return before.and_then(|before| suspicion(lanes, record, &before, poll, now));
        };
        let lasted = now.saturating_duration_since(seen.since);
        let lane = record.lane();
        let limit = if lane == Lane::Wait { STALL_LIMIT } else { WORK_STALL_LIMIT };
        if !record.notice().is_seated() {
            return None;
        }
        if lasted < limit {
            return Some(pace_for(lanes, lane));
        }
        let used = cpu()?.saturating_sub(seen.cpu?);
        let cause = cause(record, used)?;
        let must_give_way = waits(lanes, lane) && lanes.config().monitor;
        if must_give_way {
            give_way(lanes, record, seen, cause, used);
        }
        if must_give_way || !seen.reported {
            seen.reported = true;
            report(lanes, record, seen.poll, lasted, cause, must_give_way);
        }
        Some(pace_for(lanes, lane).max(TICK_SAMPLE))
    }

    /// Some polls of the wait lane seem to be long, and there are others whom that delays: charges
    /// the polls that turn out to be long, for the time since the last look.
    fn sample(&self, lanes: &Arc<Lanes>, elapsed: Duration) -> Option<Duration> {
        let polls = || {
            let seated =
                |record: &&Arc<Record>| record.lane() == Lane::Wait && record.notice().is_seated();
            lanes.records().filter(seated).filter_map(|record| {
                let poll = record.poll_under_way()?;
                Some((record, poll.number, sys::thread_cpu_time(record.thread())?))
            })
        };
        let before: Vec<_> = polls().collect();
        if before.is_empty() {
            return None;
        }
        std::thread::sleep(LONG_POLL);
        let mut found = None;
        for (record, number, cpu) in polls() {
            let same = before
                .iter()
                .find(|(other, earlier, _)| other.index() == record.index() && *earlier == number);
            let used = same.map_or(Duration::ZERO, |(_, _, earlier)| cpu.saturating_sub(*earlier));
            if used >= LONG_POLL / 2 {
                let elapsed = elapsed.min(TICK_SAMPLE).as_micros();
                record.charge(number, elapsed as u32);
                found = Some(TICK_SAMPLE);
            }
        }
        found
    }
}

/// How soon to look again at a poll that is under way. In the wait lane, soon where somebody waits
/// for its end; else a look that waits in the poller will see who comes to wait.
fn pace_for(lanes: &Lanes, lane: Lane) -> Duration {
    match lane {
        Lane::Wait if waits(lanes, lane) => TICK_SHORT,
        Lane::Wait => TICK_SAMPLE,
        Lane::Work => TICK_LONG,
    }
}

/// Another poll than at the last look: a reason to look again soon only where there were so few in
/// between that they must have been long.
fn suspicion(
    lanes: &Lanes,
    record: &Record,
    before: &Seen,
    poll: Poll,
    now: Instant,
) -> Option<Duration> {
    let polls = poll.number.saturating_sub(before.poll.number).max(1);
    let elapsed = now.saturating_duration_since(before.since);
    let long = elapsed >= LONG_POLL * u32::try_from(polls).unwrap_or(u32::MAX);
    long.then(|| pace_for(lanes, record.lane()))
}

/// Somebody waits for a seat of this lane.
fn waits(lanes: &Lanes, lane: Lane) -> bool {
    lanes.has_work(lane)
}

/// Why a poll that has used so much CPU time does not end; nothing where the thread wants to run
/// and is not let, or cannot be read.
fn cause(record: &Record, used: Duration) -> Option<Cause> {
    if used >= LONG_POLL {
        return Some(Cause::OnCpu);
    }
    match sys::thread_state(record.thread())? {
        'S' | 'D' => Some(Cause::Blocked),
        _ => None,
    }
}

/// Frees the seat of a poll that outlasted the limit, and charges its task for the CPU time that it
/// has used: not for how long it lasted, most of which may be other programs' time.
fn give_way(lanes: &Arc<Lanes>, record: &Arc<Record>, seen: &Seen, cause: Cause, used: Duration) {
    let lane = record.lane();
    let state = lanes.lane(lane);
    let lower = lane == Lane::Wait && cause == Cause::OnCpu && lanes.lane(Lane::Work).add_thread();
    if cause == Cause::OnCpu && lane == Lane::Wait {
        let us = used.as_micros().min(u128::from(u32::MAX)) as u32;
        record.charge(seen.poll.number, us);
    }
    if !record.notice().free(lower) {
        if lower {
            lanes.lane(Lane::Work).remove_thread();
        }
        return;
    }
    state.idle.free_seat();
    count(&lanes.monitor().counts.seats_freed);
    if lower {
        state.remove_thread();
        // Where it cannot be lowered, the thread changes its lane all the same.
        let _ = sys::lower_thread(record.thread(), lanes.config().work_nice);
        count(&lanes.monitor().counts.threads_lowered);
    }
    lanes.wake(lane);
}

fn report(
    lanes: &Lanes,
    record: &Record,
    poll: Poll,
    lasted: Duration,
    cause: Cause,
    seat_freed: bool,
) {
    count(&lanes.monitor().counts.long_polls);
    emit(|| Event::LongPoll {
        worker: record.id(),
        task: TaskId::from_number(poll.task),
        location: poll.location,
        lasted,
        cause,
        seat_freed,
    });
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
