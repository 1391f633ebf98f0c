//! A worker: a thread that serves a lane. Its loop is here, and nothing else:
//! next, run, look around, sleep.

mod answers;
mod pace;
mod record;
mod relief;
mod sleep;
mod spare;

use std::hint;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use cortado_probe::{Event, Lane, emit, turn};

use answers::Answers;
use pace::Pace;
pub(crate) use record::{Poll, Record};
use relief::Relief;
pub(crate) use spare::Spare;

use crate::context;
use crate::idle::{Grant, Idle, Searching};
use crate::lanes::Lanes;
use crate::task::Runnable;
use crate::tuning;

/// See the module.
pub(crate) struct Worker {
    lanes: Arc<Lanes>,
    record: Arc<Record>,
    lane: Lane,
    /// Some while the worker counts as searching.
    searching: Option<Searching>,
    /// What became ready while the worker waited in the poller.
    ready: Vec<Waker>,
    /// The thread is among those that its lane counts.
    counted: bool,
    /// The number of the last poll; the first is 1.
    poll_number: u64,
    /// Counts polls, for what is done now and then.
    polls: u32,
    pace: Pace,
    /// Not before this time is it worth the system call to look at the descriptors again.
    next_look: Instant,
    relief: Relief,
    /// Looks at the descriptors that were skipped in a row.
    looks_skipped: u32,
    /// Polls since the worker last rose.
    polls_awake: u32,
    next_in_a_row: u32,
    answers: Answers,
    /// The last search ended with the theft of a few tasks.
    stole_few: bool,
    /// How many tasks it takes from the work lane's injector beside the one that it runs next.
    work_batch: usize,
}

impl Worker {
    /// The body of a worker's thread.
    pub(crate) fn serve(lanes: Arc<Lanes>, record: Arc<Record>, lane: Lane, grant: Grant) {
        let _entered = context::enter_worker(&lanes, &record);
        record.begin(lane);
        lanes.lowering().place(&record, lane, lanes.records());
        emit(|| Event::WorkerStarted { worker: record.id(), lane });
        let mut worker = Worker {
            searching: Some(record.sit(lane, grant)),
            ready: Vec::new(),
            counted: true,
            poll_number: 0,
            polls: 0,
            pace: Pace::new(),
            polls_awake: 0,
            next_look: Instant::now(),
            relief: Relief::new(Instant::now()),
            looks_skipped: 0,
            next_in_a_row: 0,
            answers: Answers::new(),
            stole_few: false,
            work_batch: 0,
            lanes,
            record,
            lane,
        };
        worker.lanes.monitor().rouse();
        while let Some(task) = worker.next() {
            if !worker.run(task) {
                break;
            }
        }
        worker.leave();
    }

    /// The next task to run, after any sleep; none where the thread is to end.
    fn next(&mut self) -> Option<Runnable> {
        self.record.end_poll();
        while !self.lanes.is_closing() {
            self.look_around();
            if let Some(task) = self.own().or_else(|| self.search()) {
                self.stop_searching();
                return Some(task);
            }
            if !self.sleep() {
                break;
            }
        }
        None
    }

    /// Polls the task. False: the worker lost its seat over it, and its thread is to end.
    fn run(&mut self, task: Runnable) -> bool {
        if self.lane == Lane::Wait && self.lanes.turns_away(task.header()) {
            self.lanes.send_to_work_lane(task);
            return true;
        }
        self.polls = self.polls.wrapping_add(1);
        self.pace.count_poll();
        self.polls_awake = self.polls_awake.saturating_add(1);
        self.poll_number += 1;
        self.record.begin_poll(task.header(), self.poll_number);
        let id = task.header().id();
        let again = turn::take(Some(id), || task.run(self.record.notice().word()));
        if self.lane == Lane::Work {
            self.learn();
        }
        if let Some(task) = again {
            self.lanes.requeue(&self.record, task);
        }
        !self.record.notice().is_lost() || self.give_way()
    }

    /// In the work lane, after a poll, or before a sleep: who computed for long until now is likely to go on so.
    fn learn(&mut self) {
        let used = self.record.used();
        // It takes only what it will soon come to: the rest would wait behind a long poll, and at the end of
        // the line when that loses its seat. One short poll says little of the next.
        let soon = |used: Duration| tuning::LOOK_AIM.as_micros() / used.as_micros().max(1);
        let soon = used.map_or(0, soon).min(tuning::INJECTOR_BATCH as u128) as usize;
        self.work_batch = soon.min(2 * self.work_batch + 1);
        if self.lanes.acts_on_long_polls() {
            let is_long = used >= Some(tuning::LONG_SLICE_FROM);
            self.lanes.lowering().fit_slice(&self.record, is_long);
        }
    }

    /// Now and then, also when there is enough to do: at the descriptors and the timers, and at what
    /// waits behind others.
    fn look_around(&mut self) {
        let Some(now) = self.pace.look_is_due(Instant::now) else { return };
        if now < self.next_look {
            return;
        }
        self.next_look = now + tuning::LOOK_EVERY;
        if self.lane == Lane::Wait && !self.has_enough() {
            self.look();
        }
        if let Some(stuck) = self.relief.look(self.lanes.records(), &self.record, now) {
            self.lanes.take_over(&self.record, stuck);
        }
    }

    /// So much waits for the worker that what a look brings would overflow from its ring, and then wait
    /// for whatever comes later. The kernel keeps it in the order of its arrival. Not for long, though:
    /// timers are due, and tasks that yield never become fewer.
    fn has_enough(&mut self) -> bool {
        let has_enough = self.record.queue().is_half_full();
        let skips = has_enough && self.looks_skipped < tuning::LOOKS_SKIPPED_MOST;
        self.looks_skipped = if skips { self.looks_skipped + 1 } else { 0 };
        skips
    }

    /// Looks at descriptors and timers without waiting.
    fn look(&mut self) {
        self.lanes.poll_now(&mut self.ready);
        self.lanes.wake_ready(&self.record, &mut self.ready);
    }

    /// Now and then one task from the injector before the worker's own, with others behind them
    /// where those are few, so that tasks from outside advance as fast as tasks in here.
    fn injected(&mut self) -> Option<Runnable> {
        let takes_turns = self.lane == Lane::Work && !self.record.queue().is_empty();
        let every = self.pace.injector_every().max(1 + u32::from(takes_turns));
        if !self.polls.is_multiple_of(every) {
            return None;
        }
        if !self.record.queue().is_half_full() {
            self.lanes.take_injected(&self.record, self.lane, self.batch())
        } else if self.polls.is_multiple_of(self.pace.injector_every_with_many()) {
            self.lanes.lane(self.lane).injector.take_longest_waiting()
        } else {
            None
        }
    }

    /// How many tasks it takes from the injector beside the one that it runs next.
    fn batch(&self) -> usize {
        if self.lane == Lane::Wait { tuning::INJECTOR_BATCH } else { self.work_batch }
    }

    /// From the worker's own queue; now and then from the injector first.
    fn own(&mut self) -> Option<Runnable> {
        if let Some(task) = self.injected() {
            return Some(task);
        }
        let queue = self.record.queue();
        let may_run_next = self.next_in_a_row < tuning::NEXT_IN_A_ROW || queue.waiting() == 0;
        if may_run_next && let Some(task) = queue.take_next() {
            self.next_in_a_row += 1;
            return Some(task);
        }
        self.next_in_a_row = 0;
        queue.pop_front()
    }

    /// From everywhere else: the injector, the other workers' queues, the descriptors.
    fn search(&mut self) -> Option<Runnable> {
        if self.searching.is_none() {
            self.searching = Some(self.idle().start_searching());
        }
        self.find().or_else(|| self.linger()).or_else(|| self.await_answer())
    }

    /// A worker that was busy until now looks a little longer: another one, or a thread outside, is
    /// likely to be making tasks, and waking a thread costs more than many of them. Only the one
    /// that searches alone does, and none that was woken for a task or two.
    fn linger(&mut self) -> Option<Runnable> {
        let was_busy = self.polls_awake >= tuning::LINGER_AFTER_POLLS;
        if self.lane == Lane::Work || !was_busy || !self.idle().searches_alone() {
            return None;
        }
        (0..tuning::LINGER_LOOKS).find_map(|_| self.pause_and_find())
    }

    /// Looks at the queues once more, a moment later.
    fn pause_and_find(&mut self) -> Option<Runnable> {
        (0..tuning::LINGER_PAUSES).for_each(|_| hint::spin_loop());
        if self.lanes.has_work(self.lane) { self.find_queued() } else { None }
    }

    /// Stays awake for a moment for what the work lane computes, where that leaves a core free; and looks at
    /// the descriptors as long as nobody else does.
    fn await_answer(&mut self) -> Option<Runnable> {
        let is_asked = self.lane == Lane::Wait && self.lanes.computes_beside_a_free_core();
        if !is_asked || !self.idle().searches_alone() || !self.answers.are_near() {
            return None;
        }
        let until = Instant::now() + tuning::ANSWER_LINGER;
        while Instant::now() < until && !self.lanes.is_closing() {
            if let Some(task) = self.pause_and_find() {
                self.answers.learn(true);
                return Some(task);
            }
            self.look();
            if let Some(task) = self.own() {
                return Some(task);
            }
        }
        self.answers.learn(false);
        None
    }

    /// There is a task to run. The last one to search passes the search on if more work waits.
    fn stop_searching(&mut self) {
        if let Some(searching) = self.searching.take()
            && self.idle().stop_searching(searching)
            && self.lanes.has_work(self.lane)
        {
            self.lanes.wake(self.lane);
        }
    }

    fn find(&mut self) -> Option<Runnable> {
        self.find_queued().or_else(|| {
            if self.lane == Lane::Wait {
                self.look();
            }
            self.own()
        })
    }

    fn find_queued(&mut self) -> Option<Runnable> {
        self.lanes
            .take_injected(&self.record, self.lane, self.batch())
            .inspect(|_| self.stole_few = false)
            .or_else(|| self.steal())
    }

    /// From other workers' queues. Where the last theft brought little, the victim is making tasks one
    /// by one right now; it goes on faster if it is left alone for a moment, and there is more then.
    fn steal(&mut self) -> Option<Runnable> {
        if self.stole_few {
            (0..tuning::STEAL_PAUSES).for_each(|_| hint::spin_loop());
        }
        let stolen = self.lanes.steal(&self.record, self.lane);
        self.stole_few = stolen.is_some() && self.record.queue().waiting() < tuning::STEAL_FEW;
        stolen
    }

    fn idle(&self) -> &Idle {
        &self.lanes.lane(self.lane).idle
    }
}
