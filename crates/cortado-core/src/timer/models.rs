//! The races of the timers, as loom models.

use crate::seam::SystemClock;
use crate::timer::entry::{EntryRef, Fire};
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
            let entry = EntryRef::new();
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
        let entry = EntryRef::new();
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
        let entry = EntryRef::new();
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
        let entry = EntryRef::new();
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

/// A timer that takes over the unread message of a cancelled one is an insert as well. Where the
/// message was read before, the entry is not taken over.
#[test]
fn loom_revive_against_prepare() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let entry = EntryRef::new();
        assert!(entry.arm(2 * HOUR_NS));
        timers.post(entry.clone());
        assert!(!entry.cancel());
        let shared = timers.clone();
        let reviver = thread::spawn(move || {
            let revived = entry.revive(HOUR_NS);
            (revived, revived && shared.revived(HOUR_NS))
        });
        let wait = timers.prepare(&mut wheel);
        let (revived, notified) = reviver.join().expect("revives");
        let in_time = wait.is_some_and(|wait| wait <= Duration::from_nanos(HOUR_NS));
        assert!(in_time || notified || !revived, "the poller sleeps past the deadline");
        timers.drain(&mut wheel);
        assert_eq!(wheel.len(), usize::from(revived), "what is not taken over is forgotten");
    });
}

/// An entry in the wheel is cancelled, and taken over while the wheel fires it: whatever the wheel
/// made of its old time, it has the new one after the next drain.
#[test]
fn loom_revive_against_fire() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let entry = EntryRef::new();
        assert!(entry.arm(1));
        timers.post(entry.clone());
        timers.drain(&mut wheel);
        let shared = timers.clone();
        let reviver = thread::spawn(move || {
            if !entry.cancel() {
                return false;
            }
            shared.post(entry.clone());
            entry.revive(HOUR_NS)
        });
        wheel.expire(1, &mut Vec::new());
        timers.drain(&mut wheel);
        let revived = reviver.join().expect("revives");
        timers.drain(&mut wheel);
        assert_eq!(wheel.len(), usize::from(revived));
        assert_eq!(wheel.next_deadline(), revived.then_some(HOUR_NS));
    });
}
