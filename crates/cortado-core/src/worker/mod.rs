//! A worker: a thread that serves a lane. Its loop is here, and nothing else:
//! next, run, look around, sleep.

mod record;
mod sleep;

use std::sync::Arc;
use std::task::Waker;

use cortado_probe::{Event, Lane, emit, turn};

pub(crate) use record::{Poll, Record};

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
    /// Counts polls and looks, for what is done now and then.
    polls: u32,
    next_in_a_row: u32,
}

impl Worker {
    /// The body of a worker's thread.
    pub(crate) fn serve(lanes: Arc<Lanes>, record: Arc<Record>, lane: Lane, grant: Grant) {
        let _entered = context::enter_worker(&lanes, &record);
        record.begin(lane, lanes.config().work_nice);
        emit(|| Event::WorkerStarted { worker: record.id(), lane });
        let mut worker = Worker {
            searching: Some(record.sit(lane, grant)),
            ready: Vec::new(),
            counted: true,
            poll_number: 0,
            polls: 0,
            next_in_a_row: 0,
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
        if self.lane == Lane::Wait && self.lanes.is_crowded() && !task.header().was_polled() {
            self.lanes.send_to_work_lane(task);
            return true;
        }
        self.polls = self.polls.wrapping_add(1);
        self.poll_number += 1;
        self.record.begin_poll(task.header(), self.poll_number);
        let id = task.header().id();
        let again = turn::take(Some(id), || task.run(self.record.notice().word()));
        if let Some(task) = again {
            self.lanes.requeue(&self.record, task);
        }
        !self.record.notice().is_lost() || self.give_way()
    }

    fn looks_now(&self) -> bool {
        self.polls % tuning::LOOK_EVERY_POLLS == tuning::LOOK_EVERY_POLLS - 1
    }

    /// Now and then, also when there is enough to do, at the descriptors and the timers.
    fn look_around(&mut self) {
        if self.lane == Lane::Wait && self.looks_now() {
            self.lanes.poll_now(&mut self.ready);
        }
    }

    /// From the worker's own queue; now and then from the injector first.
    fn own(&mut self) -> Option<Runnable> {
        if self.looks_now() {
            self.polls = self.polls.wrapping_add(1);
            if let Some(task) = self.lanes.take_injected(&self.record, self.lane, 0) {
                return Some(task);
            }
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
        self.find()
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
        self.lanes
            .take_injected(&self.record, self.lane, tuning::INJECTOR_BATCH)
            .or_else(|| self.lanes.steal(&self.record, self.lane))
            .or_else(|| {
                if self.lane == Lane::Wait {
                    self.lanes.poll_now(&mut self.ready);
                }
                self.own()
            })
    }

    fn idle(&self) -> &Idle {
        &self.lanes.lane(self.lane).idle
    }
}
