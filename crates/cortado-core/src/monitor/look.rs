//! One look of the monitor at all workers, and what it does about what it sees.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cortado_probe::{Cause, Lane};

use super::count;
use super::report::{self, LongPoll};
use super::senses::Senses;
use crate::lanes::{Full, Lanes};
use crate::placement::BLOCKED_CHARGE;
use crate::tuning::{
    LINE_AFTER, LONG_POLL, STALL_LIMIT, TICK_LONG, TICK_SAMPLE, TICK_SHORT, TICK_WORK,
    WORK_STALL_LIMIT, WORK_THREADS_PER_SEAT,
};
use crate::worker::{Poll, Record};

/// What the monitor remembers from look to look.
pub(super) struct Look<S> {
    senses: S,
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
    lane: Lane,
    since: Instant,
    /// The thread's CPU time when the poll was first seen, or last found to be blocked.
    cpu: Option<Duration>,
    /// How many tasks the worker had queued by then.
    queued: u64,
    /// What it turned out to be, once it had outlasted the stall limit.
    found: Option<Found>,
    /// Whether it was long enough for a line has been decided.
    noted: bool,
}

#[derive(Clone, Copy)]
struct Found {
    cause: Cause,
    seat_freed: bool,
}

/// How many workers of each lane have polled since the last look.
#[derive(Clone, Copy, Default)]
struct Polled {
    wait: usize,
    work: usize,
}

impl Polled {
    fn count(&mut self, lane: Lane) {
        match lane {
            Lane::Wait => self.wait += 1,
            Lane::Work => self.work += 1,
        }
    }

    fn in_lane(self, lane: Lane) -> usize {
        match lane {
            Lane::Wait => self.wait,
            Lane::Work => self.work,
        }
    }

    fn total(self) -> usize {
        self.wait + self.work
    }
}

/// What came of a look.
pub(super) struct Outcome {
    /// Some worker has polled since the last look, or is polling.
    pub(super) anything_happened: bool,
    /// The pace that there is a reason for.
    pub(super) wanted_pace: Option<Duration>,
}

impl<S: Senses> Look<S> {
    pub(super) fn new(senses: S) -> Look<S> {
        let last = senses.now();
        Look { senses, workers: Vec::new(), last }
    }

    /// Looks at every worker.
    pub(super) fn at(&mut self, lanes: &Arc<Lanes>) -> Outcome {
        let now = self.senses.now();
        let elapsed = now.saturating_duration_since(self.last);
        self.last = now;
        lanes.placement().tick(now);
        count(&lanes.monitor().counts.looks);
        let polled_in = self.count_polls(lanes);
        let polled = polled_in.total();
        let somebody_minds = polled > 1 || waits(lanes, Lane::Wait);
        let mut outcome = Outcome { anything_happened: polled > 0, wanted_pace: None };
        // A worker that was started meanwhile is seen at the next look.
        for record in lanes.records().iter().take(self.workers.len()) {
            let is_seated = record.notice().is_seated();
            outcome.anything_happened |= !is_seated && lanes.pass_on_stranded(record);
            let Some(poll) = record.poll_under_way() else {
                self.workers[record.index()].seen = None;
                continue;
            };
            if is_seated {
                outcome.anything_happened = true;
                let pace = self.at_poll(lanes, record, poll, now, polled_in);
                outcome.wanted_pace = outcome.wanted_pace.into_iter().chain(pace).min();
            }
            self.at_long_poll(lanes, record, poll, now);
            self.note(lanes, record, poll, now);
        }
        if outcome.wanted_pace.is_some() && somebody_minds && lanes.acts_on_long_polls() {
            let pace = self.sample(lanes, elapsed);
            outcome.wanted_pace = outcome.wanted_pace.into_iter().chain(pace).min();
        }
        outcome
    }

    /// How many workers have polled since the last look.
    fn count_polls(&mut self, lanes: &Lanes) -> Polled {
        let mut polled = Polled::default();
        for record in lanes.records() {
            if self.workers.len() <= record.index() {
                self.workers.resize(record.index() + 1, Remembered::default());
            }
            let remembered = &mut self.workers[record.index()];
            let polls = record.polls();
            if remembered.polls != polls {
                polled.count(record.lane());
            }
            remembered.polls = polls;
        }
        polled
    }

    /// A poll is under way on a worker with a seat; returns the pace that it asks for.
    fn at_poll(
        &mut self,
        lanes: &Arc<Lanes>,
        record: &Arc<Record>,
        poll: Poll,
        now: Instant,
        others: Polled,
    ) -> Option<Duration> {
        let lane = record.lane();
        let (cpu, queued) = (self.senses.cpu_time(record), record.queue().queued());
        let fresh = Seen { poll, lane, since: now, cpu, queued, found: None, noted: false };
        let seen = &mut self.workers[record.index()].seen;
        let Some(seen) = seen.as_mut().filter(|seen| seen.poll.number == poll.number) else {
            let before = seen.replace(fresh);
            return before.and_then(|before| suspicion(lanes, record, &before, poll, now));
        };
        let lasted = now.saturating_duration_since(seen.since);
        if others.in_lane(lane) > 0 && hands_out(queued - seen.queued, lasted) {
            *seen = fresh;
            return Some(TICK_SAMPLE);
        }
        if lasted < limit(lane) {
            return Some(pace_for(lanes, lane));
        }
        let used = cpu?.saturating_sub(seen.cpu?);
        let Some(cause) = cause(lane, used, lasted, || self.senses.state(record)) else {
            // Among the threads of its own lane it will have had its part of the core soon.
            return (lane == Lane::Work).then(|| pace_for(lanes, lane));
        };
        if cause == Cause::Blocked {
            // What it computed between calls adds up to nothing; what it computes from here on counts.
            seen.cpu = cpu;
        }
        // A computing poll at normal priority delays the other workers through the kernel, also
        // where they have seats.
        let delays = waits(lanes, lane)
            || (lane == Lane::Wait && cause == Cause::OnCpu && others.total() > 0);
        let seat_freed = delays
            && lanes.acts_on_long_polls()
            && give_way(lanes, record, &self.senses, seen.poll, cause, used);
        if seat_freed || seen.found.is_none() {
            let is_new = seen.found.replace(Found { cause, seat_freed }).is_none();
            report::found(lanes, &long_poll(record, seen, lasted, cause, seat_freed), is_new);
        }
        Some(pace_for(lanes, lane).max(TICK_SAMPLE))
    }

    /// A poll in the work lane that computes for long, with or without a seat, goes on in long slices, and
    /// may lose its seat to whoever needs one.
    fn at_long_poll(&self, lanes: &Lanes, record: &Record, poll: Poll, now: Instant) {
        let seen = self.workers[record.index()].seen.as_ref();
        let computes = |seen: &&Seen| seen.found.is_some_and(|found| found.cause == Cause::OnCpu);
        let Some(seen) = seen.filter(|seen| seen.poll.number == poll.number).filter(computes)
        else {
            return;
        };
        let is_in_work_lane = record.lane() == Lane::Work || record.notice().is_lowered();
        let is_long = now.saturating_duration_since(seen.since) >= WORK_STALL_LIMIT;
        let goes_on = record.poll_under_way().is_some_and(|now| now.number == poll.number);
        if is_in_work_lane && is_long && goes_on && lanes.acts_on_long_polls() {
            record.note_long_poll(poll.number);
            self.senses.lengthen_slice(lanes, record);
        }
    }

    /// Says a line of a poll that was found long, with or without a seat by now, and goes on. One that
    /// computes in the work lane is where it belongs.
    fn note(&mut self, lanes: &Lanes, record: &Record, poll: Poll, now: Instant) {
        let seen = &mut self.workers[record.index()].seen;
        let Some(seen) = seen.as_mut().filter(|seen| seen.poll.number == poll.number) else {
            return;
        };
        let lasted = now.saturating_duration_since(seen.since);
        let Some(found) = seen.found.filter(|_| lasted >= LINE_AFTER && !seen.noted) else {
            return;
        };
        seen.noted = if found.cause == Cause::Blocked || seen.lane == Lane::Wait {
            let said = long_poll(record, seen, lasted, found.cause, found.seat_freed);
            report::notable(lanes, &said, now)
        } else {
            true
        };
    }

    /// Some polls of the wait lane seem to be long, and there are others whom that delays: charges
    /// the polls that turn out to be long, for the time since the last look.
    fn sample(&self, lanes: &Arc<Lanes>, elapsed: Duration) -> Option<Duration> {
        let polls = || {
            let seated =
                |record: &&Arc<Record>| record.lane() == Lane::Wait && record.notice().is_seated();
            lanes.records().iter().filter(seated).filter_map(|record| {
                let poll = record.poll_under_way()?;
                let at = (record.index(), poll.number, record.queue().queued());
                Some((record, at, self.senses.cpu_time(record)?))
            })
        };
        let before: Vec<_> = polls().collect();
        if before.is_empty() {
            return None;
        }
        self.senses.pause(LONG_POLL);
        let mut found = None;
        for (record, at, cpu) in polls() {
            // A poll that has queued a task meanwhile is not long for those whom it serves.
            let same = before.iter().find(|(_, earlier, _)| *earlier == at);
            let used = same.map_or(Duration::ZERO, |(_, _, earlier)| cpu.saturating_sub(*earlier));
            if used >= LONG_POLL / 2 {
                let elapsed = elapsed.min(TICK_SAMPLE).as_micros();
                record.charge(at.1, elapsed as u32);
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
        Lane::Work if waits(lanes, lane) => TICK_WORK,
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

/// The poll queues tasks all along, one in the time of a long poll at least, and other workers of its
/// lane run them: it counts as so many short polls. As a hog it would get a lower priority than those
/// who live by it, and wait for them. `runtime spawn-and-await`.
fn hands_out(queued: u64, lasted: Duration) -> bool {
    queued > 0 && lasted < LONG_POLL * u32::try_from(queued).unwrap_or(u32::MAX)
}

/// Somebody waits for a seat of this lane.
fn waits(lanes: &Lanes, lane: Lane) -> bool {
    lanes.has_work(lane)
}

/// How long a poll may last.
fn limit(lane: Lane) -> Duration {
    match lane {
        Lane::Wait => STALL_LIMIT,
        Lane::Work => WORK_STALL_LIMIT,
    }
}

/// Why the poll does not end; nothing where the thread wants to run and is not let, or cannot be
/// read. On a machine that is busy, or under a quota that is used up, a short poll lasts long: half
/// of the limit must have been computed, not only waited for. In the work lane the lane's other threads leave
/// one that wants to run no more than its part. A poll that blocks again and again has computed as much at
/// some time, too: so where most of its time went elsewhere, it is asked what the thread does now.
fn cause(
    lane: Lane,
    used: Duration,
    lasted: Duration,
    state: impl FnOnce() -> Option<char>,
) -> Option<Cause> {
    let has_computed = used >= limit(lane) / 2;
    if has_computed && used >= lasted / 2 {
        return Some(Cause::OnCpu);
    }
    let part = limit(lane) / WORK_THREADS_PER_SEAT as u32;
    let has_had_its_part = lane == Lane::Work && used >= part;
    match state() {
        Some('S' | 'D') => Some(Cause::Blocked),
        Some('R') if has_had_its_part => Some(Cause::OnCpu),
        _ => has_computed.then_some(Cause::OnCpu),
    }
}

/// Frees the seat of a poll that outlasted the limit, and charges its task for the CPU time that it
/// has used, since it was last found blocked: not for how long it lasted, most of which may be other programs'
/// time. False where the seat is free already, or where the thread can be lowered a moment later.
fn give_way(
    lanes: &Arc<Lanes>,
    record: &Arc<Record>,
    senses: &impl Senses,
    poll: Poll,
    cause: Cause,
    used: Duration,
) -> bool {
    let lane = record.lane();
    let state = lanes.lane(lane);
    let is_hog = lane == Lane::Wait && cause == Cause::OnCpu;
    let lower = match is_hog.then(|| lanes.take_place_in_work_lane()) {
        Some(Ok(())) => true,
        // Once the seat is gone nobody looks at this poll again, so that waits for the next look.
        Some(Err(Full::ForNow)) => return false,
        Some(Err(Full::OfWork)) | None => false,
    };
    match cause {
        Cause::Blocked => record.charge(poll.number, BLOCKED_CHARGE),
        Cause::OnCpu if is_hog => {
            let us = used.as_micros().min(u128::from(BLOCKED_CHARGE - 1));
            record.charge(poll.number, us as u32);
        }
        // In the work lane each poll is measured.
        Cause::OnCpu => {}
    }
    if !record.notice().free(lane, lower) {
        if lower {
            lanes.lane(Lane::Work).remove_thread();
        }
        return false;
    }
    if let Some(location) = poll.location.filter(|_| is_hog) {
        lanes.placement().found_computing(location);
    }
    state.idle.free_seat();
    count(&lanes.monitor().counts.seats_freed);
    if lower {
        state.remove_thread();
        senses.lower(lanes, record);
        count(&lanes.monitor().counts.threads_lowered);
    }
    lanes.wake(lane);
    true
}

fn long_poll(
    record: &Record,
    seen: &Seen,
    lasted: Duration,
    cause: Cause,
    seat_freed: bool,
) -> LongPoll {
    let (worker, lane, poll) = (record.id(), seen.lane, seen.poll);
    LongPoll { worker, lane, poll, lasted, cause, seat_freed }
}
