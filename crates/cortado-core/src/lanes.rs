//! The two lanes of a runtime, and the workers that serve them: the scheduler of the flavour with
//! several threads.
//!
//! A task is queued in the lane that its state names: on the worker whose poll makes it ready,
//! where that worker holds a seat of this lane, else in the lane's injector. Nothing here that both
//! lanes touch takes a blocking lock.

mod seats;

use std::sync::Arc;
use std::task::Waker;

use cortado_probe::Lane;

use crate::confinement::Confinement;
use crate::context;
use crate::idle::Grant;
use crate::inbox::Chain;
use crate::lane::LaneState;
use crate::lowering::Lowering;
use crate::monitor::{Monitor, MonitorMode};
use crate::placement::Placement;
use crate::poller::{Poller, Wait};
use crate::registry::Registry;
use crate::resources::Resources;
use crate::shim::Mutex;
use crate::shim::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use crate::spawner::{Answer, vital};
use crate::task::{Header, Runnable};
use crate::tuning;
use crate::work::Attached;
use crate::worker::{Record, Worker};

/// What a runtime with several threads was built with.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) seats: usize,
    pub(crate) thread_name: String,
    pub(crate) stack_size: Option<usize>,
    /// The nice value of threads in the work lane.
    pub(crate) work_nice: i32,
    pub(crate) monitor: MonitorMode,
    pub(crate) report_long_polls: bool,
    pub(crate) confinement: Confinement,
}

/// Why a lane takes no thread.
pub(crate) enum Full {
    /// One of its threads is about to end.
    ForNow,
    /// All of them have something to do.
    OfWork,
}

/// See the module.
pub(crate) struct Lanes {
    config: Config,
    wait: LaneState,
    work: LaneState,
    records: Box<[Arc<Record>]>,
    /// How many records were ever in use; thieves look no further.
    used_records: AtomicUsize,
    resources: Arc<Resources>,
    registry: Registry,
    placement: Placement,
    lowering: Lowering,
    monitor: Monitor,
    /// What a crate that runs jobs keeps here.
    attached: Attached,
    closing: AtomicBool,
    /// Every task has ended; what is still queued is thrown away.
    dead: AtomicBool,
}

impl Lanes {
    pub(crate) fn new(config: Config, resources: Arc<Resources>) -> Arc<Lanes> {
        let seats = config.seats;
        let work_threads = seats * tuning::WORK_THREADS_PER_SEAT;
        // One for each seat beyond the blocked ones, at whose bound only tasks with short polls start.
        let wait_threads = 2 * seats + tuning::BLOCKED_THREADS;
        let workers = wait_threads + work_threads + seats;
        Arc::new(Lanes {
            wait: LaneState::new(seats, wait_threads, workers),
            work: LaneState::new(seats, work_threads, workers),
            records: (0..workers).map(|n| Arc::new(Record::new(n))).collect(),
            used_records: AtomicUsize::new(0),
            resources,
            registry: Registry::new(),
            placement: Placement::new(),
            lowering: Lowering::new(config.work_nice, config.confinement.clone()),
            monitor: Monitor::new(),
            attached: Attached::default(),
            closing: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            config,
        })
    }

    /// Starts the first worker, which waits in the poller; others come when there is work.
    pub(crate) fn begin(self: &Arc<Self>) {
        self.wake(Lane::Wait);
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn lane(&self, lane: Lane) -> &LaneState {
        match lane {
            Lane::Wait => &self.wait,
            Lane::Work => &self.work,
        }
    }

    pub(crate) fn resources(&self) -> &Arc<Resources> {
        &self.resources
    }

    pub(crate) fn poller(&self) -> &Poller {
        self.resources.poller()
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn placement(&self) -> &Placement {
        &self.placement
    }

    pub(crate) fn lowering(&self) -> &Lowering {
        &self.lowering
    }

    pub(crate) fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// The monitor frees seats and charges polls.
    pub(crate) fn acts_on_long_polls(&self) -> bool {
        self.config.monitor == MonitorMode::Act
    }

    pub(crate) fn attached(&self) -> &Attached {
        &self.attached
    }

    /// The records of all workers that there ever were.
    pub(crate) fn records(&self) -> &[Arc<Record>] {
        let used = self.used_records.load(Ordering::Acquire);
        &self.records[..used]
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Makes every worker end after its poll.
    pub(crate) fn close(&self) {
        self.registry.close();
        self.closing.store(true, Ordering::SeqCst);
        for record in self.records() {
            record.parker().unpark();
        }
        self.poller().notify();
        self.monitor.end();
    }

    // Queues.

    /// Something waits in the lane that a worker could run.
    pub(crate) fn has_work(&self, lane: Lane) -> bool {
        let queued = |record: &Arc<Record>| record.lane() == lane && !record.queue().is_empty();
        self.lane(lane).injected() || self.records().iter().any(queued)
    }

    /// Queues a task that has used its turn, or was woken while it was polled, behind the others.
    pub(crate) fn requeue(self: &Arc<Self>, record: &Record, task: Runnable) {
        let lane = lane_of(&task);
        if record.lane() != lane || !record.notice().is_seated() {
            return self.inject(lane, task);
        }
        let others_wait = !record.queue().is_empty();
        self.push_back(record, lane, task);
        if others_wait {
            self.wake_for_own(lane);
        }
    }

    /// Queues a task that has become ready during a poll of this worker.
    fn push_local(self: &Arc<Self>, record: &Record, lane: Lane, task: Runnable) {
        // A task in the slot wakes nobody: it runs next, or the monitor sees it wait.
        if let Some(displaced) = record.queue().set_next(task) {
            self.push_back(record, lane, displaced);
            if !record.gathers() {
                self.wake_for_own(lane);
            }
        }
    }

    /// Worker: wakes what has become ready at once. The thread that is woken to help may take this one's
    /// core for a whole time slice, so everything is in the queue, where it can be stolen, before.
    pub(crate) fn wake_ready(self: &Arc<Self>, own: &Record, ready: &mut Vec<Waker>) {
        if ready.is_empty() {
            return;
        }
        own.gather(true);
        ready.drain(..).for_each(context::wake);
        own.gather(false);
        if own.queue().waiting() > 0 {
            self.wake_for_own(own.lane());
        }
    }

    /// Queues a task that has become ready during a poll of this worker, which has lost its seat over
    /// the poll: thieves begin with such a queue, and one of them is wanted now.
    fn push_stranded(self: &Arc<Self>, record: &Record, lane: Lane, task: Runnable) {
        self.push_back(record, lane, task);
        self.after_push(lane);
    }

    /// Monitor: what waits behind a poll without a seat goes to the injector, where it waits for no
    /// thief: workers that always have something to do never steal. True where there was something.
    pub(crate) fn pass_on_stranded(self: &Arc<Self>, record: &Record) -> bool {
        if record.notice().is_seated() || record.queue().is_empty() {
            return false;
        }
        record.queue().rob().for_each(|task| self.inject(lane_of(&task), task));
        true
    }

    fn push_back(&self, record: &Record, lane: Lane, task: Runnable) {
        if let Err(overflow) = record.queue().push_back(task) {
            self.lane(lane).injector.spill(overflow);
        }
    }

    /// Queues a task for whichever worker of the lane comes first.
    pub(crate) fn inject(self: &Arc<Self>, lane: Lane, task: Runnable) {
        self.lane(lane).injector.push(task);
        self.after_push(lane);
    }

    fn after_push(self: &Arc<Self>, lane: Lane) {
        // Pairs with the fence in `bury`: either it sees what was pushed, or we see that it was.
        fence(Ordering::SeqCst);
        if self.dead.load(Ordering::Relaxed) {
            drop(self.lane(lane).injector.take_all());
        } else {
            self.wake(lane);
        }
    }

    /// The task may not run in the wait lane now.
    ///
    /// Where the work lane can take no more threads, only a few hogs that are found in the wait lane could
    /// be moved out of it. What comes from a place in the program where tasks have computed must be
    /// known to have short polls then; two hogs of each place may run before it is known for them.
    ///
    /// Where so many threads of the wait lane have been blocked lately that there are only as many left as
    /// seats, all must. Threads that are not blocked any more count as long as they are kept alive: else
    /// each would take the next task that blocks, and those that wait would queue behind.
    pub(crate) fn turns_away(&self, task: &Header) -> bool {
        let is_short_of_threads = self.wait.is_nearly_full();
        (is_short_of_threads || self.work.is_full())
            && !self.placement.has_short_polls(task)
            && (is_short_of_threads || self.placement.starts_in_work_lane(task.location()))
    }

    /// A place among the work lane's threads for one that is about to be lowered. Where the lane is full
    /// although one of its workers sleeps, that one ends, and there is a place a moment later. Where all of
    /// them compute, a few are lowered beyond the bound: each that began in the wait lane just before the
    /// last place was taken would take half a core from it as long as it computes. The price is that the work
    /// lane starts no thread until as many of them have ended.
    pub(crate) fn take_place_in_work_lane(&self) -> Result<(), Full> {
        if self.work.add_thread() {
            return Ok(());
        }
        if let Some(worker) = self.work.idle.first_sleeper() {
            self.records[worker].parker().unpark();
            return Err(Full::ForNow);
        }
        self.work.add_computing_thread().then_some(()).ok_or(Full::OfWork)
    }

    /// The work lane has a thread that sleeps, and whose place others need or may need soon.
    pub(crate) fn is_overstaffed(&self) -> bool {
        self.work.is_full() || self.work.idle.sleeping() > self.work.idle.seats()
    }

    /// Something is computed, and more could be at the same time.
    pub(crate) fn computes_beside_a_free_core(&self) -> bool {
        self.work.idle.active() > 0 && self.work.awake() < self.work.idle.seats()
    }

    /// Queues a task in the work lane that is not known to have short polls.
    pub(crate) fn send_to_work_lane(self: &Arc<Self>, task: Runnable) {
        self.placement.send_to_work_lane(task.header());
        self.inject(Lane::Work, task);
    }

    /// Queues what a worker leaves behind.
    pub(crate) fn inject_all(self: &Arc<Self>, lane: Lane, tasks: Chain<Header>) {
        if !tasks.is_empty() {
            self.lane(lane).injector.push_chain(tasks);
            self.after_push(lane);
        }
    }

    /// Takes a task from the lane's injector, and up to `more` others into the worker's queue.
    pub(crate) fn take_injected(
        &self,
        record: &Record,
        lane: Lane,
        more: usize,
    ) -> Option<Runnable> {
        let injector = &self.lane(lane).injector;
        injector.take(more, |task| self.push_back(record, lane, task))
    }

    /// Steals for a worker whose queue is empty: first from workers that are stuck, which are those
    /// without a seat, then from the others.
    pub(crate) fn steal(&self, thief: &Record, lane: Lane) -> Option<Runnable> {
        let victims = |seated: bool| {
            self.others(thief).filter(move |victim| {
                victim.lane() == lane && victim.notice().is_seated() == seated
            })
        };
        let mut victims = victims(false).chain(victims(true));
        victims.find_map(|victim| victim.queue().steal_into(thief.queue()))
    }

    /// All other workers, beginning behind `own`, so that not all rob the same one.
    fn others(&self, own: &Record) -> impl Iterator<Item = &Arc<Record>> + use<'_> {
        let records = self.records();
        let (used, own) = (records.len(), own.index());
        (1..used).map(move |offset| &records[(own + offset) % used])
    }

    /// Looks at descriptors and timers without waiting, unless somebody else does.
    pub(crate) fn poll_now(&self, ready: &mut Vec<Waker>) {
        self.poller().turn(Wait::Not, ready, || true);
    }

    /// Worker: takes over all that waits behind another one.
    pub(crate) fn take_over(&self, own: &Record, from: &Record) {
        from.queue().rob().for_each(|task| self.push_back(own, lane_of(&task), task));
    }

    /// Where nobody waits in the poller although a worker sleeps, that worker is to wait there: it
    /// found the poller occupied when it fell asleep, by the monitor or by a worker's short look.
    /// Where none sleeps and none has a seat, so that none comes there by itself, another one is started.
    pub(crate) fn attend_poller(self: &Arc<Self>) {
        if self.is_closing() || self.poller().is_occupied() {
            return;
        }
        match self.wait.idle.first_sleeper() {
            Some(worker) => self.records[worker].parker().unpark(),
            None if self.wait.idle.active() == 0 => self.wake(Lane::Wait),
            None => {}
        }
    }

    // Waking.

    /// Work was made visible in the lane: wakes a worker for it, where one is needed.
    pub(crate) fn wake(self: &Arc<Self>, lane: Lane) {
        if let Some(grant) = self.lane(lane).idle.begin_wake() {
            self.hand_over(lane, grant);
        }
    }

    /// The same for work in the queue of the calling worker, which holds a seat.
    fn wake_for_own(self: &Arc<Self>, lane: Lane) {
        if let Some(grant) = self.lane(lane).idle.begin_wake_for_own() {
            self.hand_over(lane, grant);
        }
    }

    fn hand_over(self: &Arc<Self>, lane: Lane, mut grant: Grant) {
        let idle = &self.lane(lane).idle;
        loop {
            match idle.choose_sleeper(grant) {
                Ok(worker) => return self.rouse(worker),
                Err(unused) => grant = unused,
            }
            let Err(unused) = self.start_thread(lane, grant) else { return };
            idle.cancel(unused);
            // Somebody may have fallen asleep between the choice and the cancellation, and have
            // seen all seats taken by the grant that is gone now.
            if idle.first_sleeper().is_none() || !self.has_work(lane) {
                return;
            }
            let Some(again) = idle.begin_wake() else { return };
            grant = again;
        }
    }

    fn rouse(&self, worker: usize) {
        let record = &self.records[worker];
        if record.waits_in_poller() {
            self.poller().notify();
        } else {
            record.parker().unpark();
        }
    }

    /// Starts a thread with the grant, if the lane may have one more.
    pub(crate) fn start_thread(self: &Arc<Self>, lane: Lane, grant: Grant) -> Result<(), Grant> {
        if self.is_closing() || !self.lane(lane).add_thread() {
            return Err(grant);
        }
        let Some(record) = self.take_record() else {
            self.lane(lane).remove_thread();
            return Err(grant);
        };
        let name = format!("{}-{}", self.config.thread_name, record.index());
        let (lanes, own) = (self.clone(), record.clone());
        let around = self.resources.around().clone();
        let kept = Arc::new(Mutex::new(Some(grant)));
        let granted = kept.clone();
        let body = vital(move || {
            let grant = granted.lock().take();
            if let Some(grant) = grant {
                around.run(|| Worker::serve(lanes, own, lane, grant));
            }
        });
        let lanes = self.clone();
        let on_error =
            Box::new(move |_: &std::io::Error| lanes.without_thread(lane, &record, &kept));
        self.resources.spawner().spawn_thread(name, self.config.stack_size, body, on_error);
        Ok(())
    }

    /// The system makes no thread for a grant. As long as it is on its way nobody else is woken, so it
    /// goes to a worker that sleeps by now; where all are busy, the thread is tried again.
    fn without_thread(
        self: &Arc<Self>,
        lane: Lane,
        record: &Record,
        kept: &Mutex<Option<Grant>>,
    ) -> Answer {
        let Some(grant) = kept.lock().take().filter(|_| !self.is_closing()) else {
            return Answer::GiveUp;
        };
        match self.lane(lane).idle.choose_sleeper(grant) {
            Ok(worker) => {
                self.rouse(worker);
                self.lane(lane).remove_thread();
                record.give_back();
                self.thread_ended(lane);
                Answer::GiveUp
            }
            Err(unused) => {
                *kept.lock() = Some(unused);
                Answer::Retry
            }
        }
    }

    /// Reserves a record for a new worker.
    pub(crate) fn take_record(&self) -> Option<Arc<Record>> {
        let (index, record) = self.records.iter().enumerate().find(|(_, record)| record.take())?;
        self.used_records.fetch_max(index + 1, Ordering::AcqRel);
        Some(record.clone())
    }

    /// A thread of the lane has ended. A waker that found the lane full of threads a moment ago has
    /// left the work to those that were there, and who wanted the poller attended may have told this one.
    pub(crate) fn thread_ended(self: &Arc<Self>, lane: Lane) {
        if !self.is_closing() {
            self.stand_in(lane);
        }
    }

    /// A worker of the lane is gone, or has given its seat up: who counted on it gets another one, and so
    /// does the poller, to which it may have been the only one that would have come back.
    fn stand_in(self: &Arc<Self>, lane: Lane) {
        fence(Ordering::SeqCst);
        if self.has_work(lane) {
            self.wake(lane);
        } else if lane == Lane::Wait {
            self.attend_poller();
        }
    }

    /// Drops what is still queued, and what will be: every task has ended.
    pub(crate) fn bury(&self) {
        self.dead.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        for lane in [&self.wait, &self.work] {
            drop(lane.injector.take_all());
        }
    }
}

fn lane_of(task: &Runnable) -> Lane {
    if task.header().in_work_lane() { Lane::Work } else { Lane::Wait }
}

impl Lanes {
    /// Queues a task that was woken, or is new.
    pub(crate) fn schedule(self: &Arc<Self>, task: Runnable) {
        if let Some(task) = context::with_record(Arc::as_ptr(self), task, Lanes::schedule_by) {
            let lane = lane_of(&task);
            self.inject(lane, task);
        }
    }

    /// Worker: queues a task with its own, if those are where it belongs; gives it back otherwise.
    pub(crate) fn schedule_by(self: &Arc<Self>, own: &Record, task: Runnable) -> Option<Runnable> {
        let lane = lane_of(&task);
        if own.lane() != lane {
            return Some(task);
        }
        if own.notice().is_seated() {
            self.push_local(own, lane, task);
        } else if own.is_polling() {
            self.push_stranded(own, lane, task);
        } else {
            return Some(task);
        }
        None
    }
}
