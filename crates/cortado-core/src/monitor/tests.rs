//! The three cases of a poll that does not end, on a machine whose clocks and threads the test plays:
//! nothing here depends on how busy the real one is.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cortado_probe::Lane;

use super::MonitorMode;
use super::look::Look;
use super::senses::Senses;
use crate::around::Around;
use crate::confinement::Confinement;
use crate::handle::Handle;
use crate::lanes::{Config, Lanes};
use crate::resources::Resources;
use crate::seam::SystemClock;
use crate::shim::atomic::Ordering;
use crate::single::end_all;
use crate::task::Runnable;
use crate::tuning::{LONG_POLL, STALL_LIMIT, WORK_STALL_LIMIT, WORK_THREADS_PER_SEAT};
use crate::worker::Record;

/// What the played machine shows.
#[derive(Clone)]
struct Stage {
    now: Rc<Cell<Instant>>,
    cpu: Rc<Cell<Option<Duration>>>,
    state: Rc<Cell<Option<char>>>,
    lowered: Rc<Cell<usize>>,
    lengthened: Rc<Cell<usize>>,
}

impl Senses for Stage {
    fn now(&self) -> Instant {
        self.now.get()
    }

    fn pause(&self, moment: Duration) {
        self.now.set(self.now.get() + moment);
    }

    fn cpu_time(&self, _: &Record) -> Option<Duration> {
        self.cpu.get()
    }

    fn state(&self, _: &Record) -> Option<char> {
        self.state.get()
    }

    fn lower(&self, _: &Lanes, _: &Record) {
        self.lowered.set(self.lowered.get() + 1);
    }

    fn lengthen_slice(&self, _: &Lanes, record: &Record) {
        self.lengthened.set(self.lengthened.get() + usize::from(!record.has_long_slice()));
        record.note_long_slice(true);
    }
}

/// Lanes with one seat each, in which one worker polls and another task waits for its seat. No real
/// thread serves them.
struct Scene {
    lanes: Arc<Lanes>,
    record: Arc<Record>,
    polled: Option<Runnable>,
    stage: Stage,
    look: Look<Stage>,
}

impl Scene {
    fn new(lane: Lane, mode: MonitorMode) -> Scene {
        let resources = Resources::new(
            Arc::new(SystemClock),
            false,
            1,
            Duration::ZERO,
            "played",
            Around::default(),
        );
        let config = Config {
            seats: 1,
            thread_name: "played".to_owned(),
            stack_size: None,
            work_nice: 10,
            monitor: mode,
            report_long_polls: false,
            confinement: Confinement::default(),
        };
        let lanes = Lanes::new(config, Arc::new(resources.expect("a poller and a thread")));
        if lane == Lane::Work {
            // Nobody real comes to the wait lane either.
            let _nobody = lanes.lane(Lane::Wait).idle.begin_wake();
        }
        let record = lanes.take_record().expect("a record is free");
        let grant = lanes.lane(lane).idle.begin_wake().expect("the seat is free");
        let searching = record.sit(lane, grant);
        lanes.lane(lane).idle.stop_searching(searching);
        let handle = Handle::of_lanes(lanes.clone());
        let tasks = [(); 2].map(|()| handle.spawn(std::future::pending::<()>()));
        drop(tasks);
        let [polled, waiting] = [(); 2].map(|()| {
            lanes.take_injected(&record, Lane::Wait, 0).expect("both wait for the only seat")
        });
        waiting.header().move_to_work_lane(lane == Lane::Work);
        lanes.schedule(waiting);
        record.begin_poll(polled.header(), 1);
        // Lanes that end start no thread for a seat that is freed.
        lanes.close();
        let stage = Stage {
            now: Rc::new(Cell::new(Instant::now())),
            cpu: Rc::new(Cell::new(Some(Duration::ZERO))),
            state: Rc::new(Cell::new(Some('R'))),
            lowered: Rc::default(),
            lengthened: Rc::default(),
        };
        let mut look = Look::new(stage.clone());
        look.at(&lanes);
        Scene { lanes, record, polled: Some(polled), stage, look }
    }

    /// Time goes by, in which the thread has used `cpu`; then the monitor looks.
    fn pass(&mut self, time: Duration, cpu: Duration) {
        self.stage.now.set(self.stage.now.get() + time);
        self.stage.cpu.set(self.stage.cpu.get().map(|before| before + cpu));
        self.look.at(&self.lanes);
    }

    /// The poll under way queues the task that waits, and a thief takes it and passes it on.
    fn queue_another(&self) {
        let queue = self.record.queue();
        let waiting = self.lanes.take_injected(&self.record, Lane::Wait, 0);
        assert!(queue.push_back(waiting.expect("a task waits")).is_ok());
        self.lanes.schedule(queue.pop_front().expect("it was queued"));
    }

    /// The same, as often as a stall limit has room for.
    fn queue_many(&self) {
        for _ in 0..2 * STALL_LIMIT.as_micros() / LONG_POLL.as_micros() {
            self.queue_another();
        }
    }

    fn seat_is_free(&self) -> bool {
        !self.record.notice().is_seated()
    }

    fn counted(&self) -> [u64; 4] {
        let counts = &self.lanes.monitor().counts;
        let all = [
            &counts.long_polls,
            &counts.blocked_polls,
            &counts.seats_freed,
            &counts.threads_lowered,
        ];
        all.map(|one| one.load(Ordering::Relaxed))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        end_all(self.lanes.registry());
        drop(self.polled.take());
        self.lanes.bury();
    }
}

#[test]
fn a_thread_that_computes_loses_its_seat_and_is_lowered() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
    scene.pass(STALL_LIMIT / 2, STALL_LIMIT / 2);
    assert!(!scene.seat_is_free());
    scene.pass(STALL_LIMIT / 2, STALL_LIMIT / 2);
    assert!(scene.seat_is_free() && scene.record.notice().is_lowered());
    assert_eq!((scene.counted(), scene.stage.lowered.get()), ([1, 0, 1, 1], 1));
}

/// The work lane is full of polls that may never end. A task that was never polled, such as a new
/// connection, runs all the same, as long as no two tasks of its place were found computing.
#[test]
fn in_a_crowd_new_tasks_are_turned_away_where_their_place_computes() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
    // The played thread, which leaves the lane when it is lowered.
    assert!(scene.lanes.lane(Lane::Wait).add_thread());
    scene.pass(STALL_LIMIT, STALL_LIMIT);
    let new = scene.lanes.take_injected(&scene.record, Lane::Wait, 0).expect("a task waits");
    assert!(!scene.lanes.turns_away(new.header()));
    while scene.lanes.lane(Lane::Work).add_thread() {}
    assert!(!scene.lanes.turns_away(new.header()), "the place was found once");
    scene.lanes.placement().found_computing(new.header().location());
    assert!(scene.lanes.turns_away(new.header()), "twice");
    scene.lanes.schedule(new);
}

#[test]
fn a_thread_that_is_blocked_loses_its_seat_and_keeps_its_priority() {
    for state in ['S', 'D'] {
        let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
        scene.stage.state.set(Some(state));
        scene.pass(STALL_LIMIT, Duration::from_micros(20));
        assert!(scene.seat_is_free() && !scene.record.notice().is_lowered());
        assert_eq!((scene.counted(), scene.stage.lowered.get()), ([1, 1, 1, 0], 0));
    }
}

/// A call that returns now and then, in a poll that goes on: a little computing each time.
#[test]
fn a_thread_that_is_blocked_again_and_again_is_not_taken_for_one_that_computes() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
    scene.stage.state.set(Some('S'));
    scene.pass(Duration::from_secs(1), STALL_LIMIT);
    assert!(scene.seat_is_free() && !scene.record.notice().is_lowered());
    assert_eq!((scene.counted(), scene.stage.lowered.get()), ([1, 1, 1, 0], 0));
}

/// Nobody waits for its seat until the call has returned for the moment, after many such moments.
#[test]
fn nor_is_one_that_is_about_to_block_again() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
    let waiting = scene.lanes.take_injected(&scene.record, Lane::Wait, 0).expect("a task waits");
    scene.stage.state.set(Some('S'));
    for _ in 0..10 {
        scene.pass(Duration::from_millis(10), STALL_LIMIT / 5);
    }
    assert!(!scene.seat_is_free());
    scene.lanes.schedule(waiting);
    scene.stage.state.set(Some('R'));
    scene.pass(Duration::from_millis(1), STALL_LIMIT / 5);
    assert!(!scene.seat_is_free() && !scene.record.notice().is_lowered());
    // Now it stays on the CPU.
    scene.pass(STALL_LIMIT, STALL_LIMIT);
    assert!(scene.seat_is_free() && scene.record.notice().is_lowered());
}

/// A busy machine, or a quota that is used up: the thread wants to run, and gets little or nothing.
#[test]
fn a_thread_that_is_not_let_run_keeps_its_seat_however_long_that_takes() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
    scene.pass(STALL_LIMIT, Duration::ZERO);
    scene.pass(Duration::from_millis(50), Duration::from_micros(100));
    scene.pass(Duration::from_secs(10), Duration::from_micros(100));
    assert!(!scene.seat_is_free());
    assert_eq!(scene.counted(), [0; 4]);
    assert_eq!(scene.lanes.lane(Lane::Wait).threads(), 0, "a thread was added");
    // What it computes in the end counts all the same.
    scene.pass(Duration::from_secs(1), STALL_LIMIT / 2);
    assert!(scene.seat_is_free());
}

/// A poll that spawns all the time, beside a worker that runs what was spawned. Once it stops, or
/// nobody takes its tasks, it is a poll like any other.
#[test]
fn a_poll_that_hands_out_tasks_is_not_taken_for_one_that_computes() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
    let other = scene.lanes.take_record().expect("a record is free");
    let polled = scene.polled.take().expect("the scene polls a task");
    for number in 1..20 {
        other.begin_poll(polled.header(), number);
        scene.queue_many();
        scene.pass(STALL_LIMIT, STALL_LIMIT);
        assert!(!scene.seat_is_free());
    }
    assert_eq!(scene.counted(), [0; 4]);
    other.begin_poll(polled.header(), 20);
    scene.queue_another();
    scene.pass(STALL_LIMIT, STALL_LIMIT);
    assert!(scene.seat_is_free());
    scene.polled = Some(polled);
}

/// Where only the work lane polls beside it, nobody runs what it makes ready.
#[test]
fn a_poll_that_hands_out_tasks_to_nobody_loses_its_seat() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
    let other = scene.lanes.take_record().expect("a record is free");
    let grant = scene.lanes.lane(Lane::Work).idle.begin_wake().expect("a seat is free");
    let searching = other.sit(Lane::Work, grant);
    scene.lanes.lane(Lane::Work).idle.stop_searching(searching);
    let polled = scene.polled.take().expect("the scene polls a task");
    other.begin_poll(polled.header(), 1);
    scene.queue_many();
    scene.pass(STALL_LIMIT, STALL_LIMIT);
    assert!(scene.seat_is_free());
    scene.polled = Some(polled);
}

#[test]
fn what_cannot_be_read_is_left_alone() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
    scene.stage.state.set(None);
    scene.pass(Duration::from_secs(1), Duration::ZERO);
    scene.stage.cpu.set(None);
    scene.stage.state.set(Some('S'));
    scene.pass(Duration::from_secs(1), Duration::ZERO);
    assert!(!scene.seat_is_free());
    assert_eq!(scene.counted(), [0; 4]);
}

#[test]
fn in_the_work_lane_the_limit_is_longer_and_nobody_is_lowered_again() {
    let mut scene = Scene::new(Lane::Work, MonitorMode::Act);
    scene.pass(STALL_LIMIT * 4, STALL_LIMIT * 4);
    assert!(!scene.seat_is_free());
    scene.pass(WORK_STALL_LIMIT, WORK_STALL_LIMIT);
    assert!(scene.seat_is_free());
    assert_eq!((scene.counted(), scene.stage.lowered.get()), ([1, 0, 1, 0], 0));
}

#[test]
fn in_the_work_lane_a_quarter_of_the_limit_must_have_been_computed() {
    let mut scene = Scene::new(Lane::Work, MonitorMode::Act);
    scene.pass(WORK_STALL_LIMIT, WORK_STALL_LIMIT / 5);
    scene.pass(WORK_STALL_LIMIT, Duration::ZERO);
    assert!(!scene.seat_is_free());
    scene.pass(WORK_STALL_LIMIT, WORK_STALL_LIMIT / 20);
    assert!(scene.seat_is_free());
}

#[test]
fn a_poll_of_the_work_lane_that_sleeps_after_a_quarter_of_the_limit_is_blocked() {
    let mut scene = Scene::new(Lane::Work, MonitorMode::Act);
    scene.stage.state.set(Some('S'));
    scene.pass(WORK_STALL_LIMIT, WORK_STALL_LIMIT / 4);
    assert!(scene.seat_is_free());
    assert_eq!(scene.counted(), [1, 1, 1, 0]);
}

#[test]
fn where_all_of_the_work_lane_computes_one_more_is_lowered_for_each_seat() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
    while scene.lanes.lane(Lane::Work).add_thread() {}
    scene.pass(STALL_LIMIT, STALL_LIMIT);
    assert!(scene.seat_is_free());
    assert_eq!((scene.counted(), scene.stage.lowered.get()), ([1, 0, 1, 1], 1));
    assert_eq!(scene.lanes.lane(Lane::Work).threads(), WORK_THREADS_PER_SEAT + 1);
    assert!(scene.lanes.take_place_in_work_lane().is_err());
}

#[test]
fn who_computes_for_long_in_the_work_lane_has_a_long_slice() {
    let mut scene = Scene::new(Lane::Work, MonitorMode::Act);
    scene.pass(STALL_LIMIT, STALL_LIMIT);
    assert_eq!(scene.stage.lengthened.get(), 0);
    assert!(!scene.record.computes_for_long());
    scene.pass(WORK_STALL_LIMIT, WORK_STALL_LIMIT);
    scene.pass(WORK_STALL_LIMIT, WORK_STALL_LIMIT);
    assert_eq!(scene.stage.lengthened.get(), 1);
    assert!(scene.record.computes_for_long());
}

#[test]
fn who_was_lowered_and_goes_on_computing_has_a_long_slice() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Act);
    scene.pass(STALL_LIMIT, STALL_LIMIT);
    assert_eq!((scene.stage.lowered.get(), scene.stage.lengthened.get()), (1, 0));
    scene.pass(WORK_STALL_LIMIT, WORK_STALL_LIMIT);
    assert_eq!(scene.stage.lengthened.get(), 1);
}

#[test]
fn who_is_blocked_in_the_work_lane_keeps_its_slice() {
    let mut scene = Scene::new(Lane::Work, MonitorMode::Act);
    scene.stage.state.set(Some('S'));
    scene.pass(WORK_STALL_LIMIT, Duration::ZERO);
    scene.pass(WORK_STALL_LIMIT, Duration::ZERO);
    assert_eq!(scene.stage.lengthened.get(), 0);
    assert!(!scene.record.computes_for_long());
}

#[test]
fn only_who_computes_for_long_loses_its_seat_to_another_worker() {
    let scene = Scene::new(Lane::Work, MonitorMode::Act);
    let own = scene.lanes.take_record().expect("a record is free");
    assert!(scene.lanes.take_over_seat(&own).is_none());
    scene.record.note_long_poll(1);
    assert!(scene.lanes.take_over_seat(&own).is_some());
    assert!(scene.record.notice().is_lost());
    assert!(scene.lanes.take_over_seat(&own).is_none(), "there is no other seat");
}

#[test]
fn nobody_takes_a_seat_over_where_nothing_waits() {
    let scene = Scene::new(Lane::Work, MonitorMode::Act);
    let own = scene.lanes.take_record().expect("a record is free");
    scene.record.note_long_poll(1);
    drop(scene.lanes.take_injected(&scene.record, Lane::Work, 0));
    assert!(scene.lanes.take_over_seat(&own).is_none());
    assert!(!scene.seat_is_free());
}

#[test]
fn nobody_takes_a_seat_over_where_the_monitor_does_not_act() {
    for mode in [MonitorMode::Report, MonitorMode::Off] {
        let scene = Scene::new(Lane::Work, mode);
        let own = scene.lanes.take_record().expect("a record is free");
        scene.record.note_long_poll(1);
        assert!(scene.lanes.take_over_seat(&own).is_none());
        assert!(!scene.seat_is_free());
    }
}

#[test]
fn a_monitor_that_only_reports_counts_once_and_frees_nothing() {
    let mut scene = Scene::new(Lane::Wait, MonitorMode::Report);
    for _ in 0..20 {
        scene.pass(STALL_LIMIT, STALL_LIMIT);
    }
    assert!(!scene.seat_is_free());
    assert_eq!(scene.counted(), [1, 0, 0, 0]);
}
