//! The sleep protocol: whatever was made visible is taken, or somebody is on the way to it, and the
//! counts end consistent.
//!
//! A worker here ends instead of waiting. A grant that was given to it by then is *outstanding*:
//! its thread would find it. The invariant at the end: where work is left, a grant is outstanding.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::idle::{Grant, Idle};

struct Lane {
    idle: Idle,
    work: AtomicUsize,
}

impl Lane {
    fn new(seats: usize) -> Arc<Lane> {
        Arc::new(Lane { idle: Idle::new(seats, 4), work: AtomicUsize::new(0) })
    }

    fn has_work(&self) -> bool {
        self.work.load(Ordering::Acquire) > 0
    }

    fn take(&self) -> bool {
        let less = |work: usize| work.checked_sub(1);
        self.work.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).is_ok()
    }

    fn push(&self) {
        self.work.fetch_add(1, Ordering::Release);
        self.wake();
    }

    /// As `Lanes::wake`, where no more threads can be made.
    fn wake(&self) {
        let Some(mut grant) = self.idle.begin_wake() else { return };
        loop {
            match self.idle.choose_sleeper(grant) {
                Ok(_) => return,
                Err(unused) => self.idle.cancel(unused),
            }
            if self.idle.first_sleeper().is_none() || !self.has_work() {
                return;
            }
            match self.idle.begin_wake() {
                Some(again) => grant = again,
                None => return,
            }
        }
    }

    /// Searches, works, falls asleep; ends when it would wait.
    fn serve(&self, worker: usize, mut grant: Grant) {
        loop {
            let mut searching = grant.accept();
            while self.take() {
                if self.idle.stop_searching(searching) && self.has_work() {
                    self.wake();
                }
                searching = self.idle.start_searching();
            }
            self.idle.announce(worker);
            self.idle.give_up_seat(searching, false);
            match self.look_again(worker) {
                Some(again) => grant = again,
                None => return,
            }
        }
    }

    fn look_again(&self, worker: usize) -> Option<Grant> {
        let risen = if self.has_work() { self.idle.try_rise(worker) } else { None };
        risen.or_else(|| self.idle.granted(worker))
    }

    /// After all threads have ended: lets the workers with a grant go on until none is left.
    fn settle(&self, workers: usize) {
        let outstanding: Vec<_> =
            (0..workers).filter_map(|worker| Some((worker, self.idle.granted(worker)?))).collect();
        assert_eq!(self.idle.active(), outstanding.len(), "active workers, and those with a seat");
        assert!(!self.has_work() || !outstanding.is_empty(), "work is left and nobody comes");
        let any = !outstanding.is_empty();
        for (worker, grant) in outstanding {
            self.serve(worker, grant);
        }
        if any {
            self.settle(workers);
        }
    }
}

fn served(lane: &Arc<Lane>, worker: usize) -> thread::JoinHandle<()> {
    let grant = lane.idle.begin_wake().expect("a free seat");
    let lane = lane.clone();
    thread::spawn(move || lane.serve(worker, grant))
}

fn pushing(lane: &Arc<Lane>) -> thread::JoinHandle<()> {
    let lane = lane.clone();
    thread::spawn(move || lane.push())
}

#[test]
fn loom_one_sleeper_two_wakers() {
    loom::model(|| {
        let lane = Lane::new(1);
        let worker = served(&lane, 0);
        let waker = pushing(&lane);
        lane.push();
        waker.join().unwrap();
        worker.join().unwrap();
        lane.settle(1);
    });
}

#[test]
fn loom_two_seats_two_sleepers_one_waker() {
    loom::model(|| {
        let lane = Lane::new(2);
        // The second one sleeps from the start.
        lane.idle.announce(1);
        let worker = served(&lane, 0);
        lane.push();
        lane.push();
        worker.join().unwrap();
        lane.settle(2);
    });
}

/// The grant is on its way when the only worker falls asleep and finds all seats taken by it.
#[test]
fn loom_a_grant_that_nobody_can_use_is_looked_after() {
    loom::model(|| {
        let lane = Lane::new(1);
        lane.work.fetch_add(1, Ordering::Release);
        let shared = lane.clone();
        let sleeper = thread::spawn(move || {
            // As a worker that has lost its seat: it only becomes a sleeper.
            shared.idle.announce(0);
            match shared.look_again(0) {
                Some(grant) => shared.serve(0, grant),
                None => {}
            }
        });
        lane.wake();
        sleeper.join().unwrap();
        lane.settle(1);
    });
}

/// The monitor frees the seat of a worker in a poll while another thread pushes; the worker then
/// becomes a sleeper.
#[test]
fn loom_a_freed_seat_is_used() {
    loom::model(|| {
        let lane = Lane::new(1);
        lane.idle.announce(1);
        let grant = lane.idle.begin_wake().expect("a free seat");
        let searching = grant.accept();
        let _ = lane.idle.stop_searching(searching);
        let waker = pushing(&lane);
        let stuck = lane.clone();
        lane.idle.free_seat();
        let stuck = thread::spawn(move || {
            stuck.idle.announce(0);
            match stuck.look_again(0) {
                Some(grant) => stuck.serve(0, grant),
                None => {}
            }
        });
        lane.wake();
        waker.join().unwrap();
        stuck.join().unwrap();
        lane.settle(2);
    });
}

/// A worker whose thread is to end withdraws while it is being woken: one of the two wins.
#[test]
fn loom_a_sleeper_withdraws_or_is_woken() {
    loom::model(|| {
        let lane = Lane::new(1);
        lane.idle.announce(0);
        lane.idle.announce(1);
        let waker = pushing(&lane);
        let withdrawn = lane.idle.withdraw(0);
        waker.join().unwrap();
        if withdrawn {
            assert!(lane.idle.granted(1).is_some(), "the other one is woken");
            lane.serve(1, lane.idle.granted(1).expect("granted"));
        } else {
            lane.serve(0, lane.idle.granted(0).expect("granted"));
        }
        assert!(!lane.has_work());
        assert_eq!(lane.idle.active(), 0);
    });
}

/// A searcher that finds a task and polls it for ever: what another thread made visible meanwhile,
/// and left to the searcher, goes to the sleeper.
#[test]
fn loom_the_search_is_passed_on() {
    loom::model(|| {
        let lane = Lane::new(2);
        lane.idle.announce(1);
        lane.work.fetch_add(1, Ordering::Release);
        let searching = lane.idle.begin_wake().expect("a free seat").accept();
        let other = lane.clone();
        let waker = thread::spawn(move || {
            other.work.fetch_add(1, Ordering::Release);
            other.wake();
        });
        assert!(lane.take());
        if lane.idle.stop_searching(searching) && lane.has_work() {
            lane.wake();
        }
        waker.join().unwrap();
        assert!(!lane.has_work() || lane.idle.granted(1).is_some(), "nobody comes for the rest");
    });
}
