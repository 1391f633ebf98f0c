//! The races of the timers, as loom models.

use crate::seam::SystemClock;
use crate::timer::entry::{Entry, Fire};
use crate::timer::{Timers, Wheel};
use loom::sync::Arc;
use loom::thread;
use std::time::Duration;

fn timers() -> (Arc<Timers>, Wheel) {
    let (timers, wheel) = Timers::new(std::sync::Arc::new(SystemClock));
    (Arc::new(timers), wheel)
}

const HOUR_NS: u64 = 3_600_000_000_000;

/// Either the poller waits no longer than until the new deadline, or it is notified.
#[test]
fn loom_insert_against_prepare() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let shared = timers.clone();
        let inserter = thread::spawn(move || {
            let entry = Entry::new();
            assert!(entry.arm(HOUR_NS));
            shared.post(entry)
        });
        let wait = timers.prepare(&mut wheel);
        let notified = inserter.join().expect("posts");
        let in_time = wait.is_some_and(|wait| wait <= Duration::from_nanos(HOUR_NS));
        assert!(in_time || notified, "the poller sleeps past the deadline");
    });
}

/// A reset to an earlier time is an insert as well, and races with the drain of the first one.
#[test]
fn loom_reset_against_prepare() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let entry = Entry::new();
        assert!(entry.arm(2 * HOUR_NS));
        timers.post(entry.clone());
        let shared = timers.clone();
        let resetter = thread::spawn(move || match entry.reset(HOUR_NS) {
            crate::timer::entry::Reset::Post => shared.post(entry),
            _ => false,
        });
        let wait = timers.prepare(&mut wheel);
        let notified = resetter.join().expect("resets");
        let in_time = wait.is_some_and(|wait| wait <= Duration::from_nanos(HOUR_NS));
        assert!(in_time || notified, "the poller sleeps past the deadline");
    });
}

/// However a cancel meets the drain, the wheel forgets the entry at the drain after both.
#[test]
fn loom_cancel_against_drain() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let entry = Entry::new();
        assert!(entry.arm(HOUR_NS));
        timers.post(entry.clone());
        let shared = timers.clone();
        let canceller = thread::spawn(move || {
            if entry.cancel() {
                shared.post(entry);
            }
        });
        timers.drain(&mut wheel);
        canceller.join().expect("cancels");
        timers.drain(&mut wheel);
        assert_eq!(wheel.len(), 0);
    });
}

/// A deadline that was moved away in time does not fire at its old one.
#[test]
fn loom_reset_against_fire() {
    loom::model(|| {
        let entry = Entry::new();
        assert!(entry.arm(1));
        let _ = entry.receive();
        let other = entry.clone();
        let resetter = thread::spawn(move || other.reset(9));
        let fired = entry.fire(1);
        match resetter.join().expect("resets") {
            crate::timer::entry::Reset::Fired => assert!(matches!(fired, Fire::Fired(_))),
            _ => assert!(matches!(fired, Fire::Later(9))),
        }
        assert_eq!(entry.deadline() == 9, !entry.has_fired());
    });
}
