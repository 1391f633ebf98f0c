//! The races of the timers, as loom models.

use crate::seam::SystemClock;
use crate::timer::entry::{Armed, EntryRef, Fire};
use crate::timer::sleep::{arm_again, move_armed};
use crate::timer::{Timers, Wheel};
use loom::sync::Arc;
use loom::thread;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

fn timers() -> (Arc<Timers>, Wheel) {
    let (timers, wheel) = Timers::new(std::sync::Arc::new(SystemClock));
    (Arc::new(timers), wheel)
}

const HOUR_NS: u64 = 3_600_000_000_000;

/// The poller waits no longer than until the deadline, which is in an hour, or is notified.
fn assert_not_overslept(wait: Option<Duration>, notified: bool) {
    let in_time = wait.is_some_and(|wait| wait <= Duration::from_nanos(HOUR_NS));
    assert!(in_time || notified, "the poller sleeps past the deadline");
}

/// Either the poller waits no longer than until the new deadline, or it is notified.
#[test]
fn loom_insert_against_prepare() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let shared = timers.clone();
        let inserter = thread::spawn(move || {
            let (_entry, message) = EntryRef::armed(HOUR_NS, Waker::noop().clone());
            shared.post(message)
        });
        let wait = timers.prepare(&mut wheel);
        let notified = inserter.join().expect("posts");
        assert_not_overslept(wait, notified);
    });
}

/// A reset to an earlier time is an insert as well, and races with the drain of the first one.
#[test]
fn loom_reset_against_prepare() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let entry = EntryRef::new();
        assert_eq!(entry.arm(2 * HOUR_NS), Armed::Post);
        timers.post(entry.clone());
        let shared = timers.clone();
        let resetter = thread::spawn(move || move_armed(&shared, &entry, HOUR_NS) == Some(true));
        let wait = timers.prepare(&mut wheel);
        let notified = resetter.join().expect("resets");
        assert_not_overslept(wait, notified);
    });
}

/// So is one of a timer that was inserted while the poller waited already, and did not wake it.
#[test]
fn loom_insert_and_reset_against_prepare() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let (_first, message) = EntryRef::armed(2 * HOUR_NS, Waker::noop().clone());
        timers.post(message);
        let shared = timers.clone();
        let inserter = thread::spawn(move || {
            let (entry, message) = EntryRef::armed(3 * HOUR_NS, Waker::noop().clone());
            shared.post(message) | (move_armed(&shared, &entry, HOUR_NS) == Some(true))
        });
        let wait = timers.prepare(&mut wheel);
        let notified = inserter.join().expect("inserts and resets");
        assert_not_overslept(wait, notified);
    });
}

/// However a cancel meets the drain, the wheel forgets the entry at the drain after both.
#[test]
fn loom_cancel_against_drain() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let entry = EntryRef::new();
        assert_eq!(entry.arm(HOUR_NS), Armed::Post);
        timers.post(entry.clone());
        let shared = timers.clone();
        let canceller = thread::spawn(move || {
            if entry.cancel() {
                shared.discard(entry);
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
        assert_eq!(entry.arm(1), Armed::Post);
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

/// A timer that takes over the entry of a cancelled one, whose message may be read meanwhile, is an
/// insert as well.
#[test]
fn loom_take_over_against_prepare() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let entry = EntryRef::new();
        assert_eq!(entry.arm(2 * HOUR_NS), Armed::Post);
        timers.post(entry.clone());
        assert!(entry.cancel());
        let shared = timers.clone();
        let other = thread::spawn(move || arm_again(&shared, &entry, HOUR_NS, Waker::noop()));
        let wait = timers.prepare(&mut wheel);
        let notified = other.join().expect("takes over");
        assert_not_overslept(wait, notified);
        timers.drain(&mut wheel);
        assert_eq!(wheel.len(), 1);
    });
}

/// An entry in the wheel is cancelled, and taken over while the wheel fires it: whatever the wheel
/// made of its old time, it has the new one after the next drain.
#[test]
fn loom_take_over_against_fire() {
    loom::model(|| {
        let (timers, mut wheel) = timers();
        let entry = EntryRef::new();
        assert_eq!(entry.arm(1), Armed::Post);
        timers.post(entry.clone());
        timers.drain(&mut wheel);
        let shared = timers.clone();
        let other = thread::spawn(move || {
            let left = entry.cancel();
            if left {
                arm_again(&shared, &entry, HOUR_NS, Waker::noop());
            }
            left
        });
        wheel.expire(1, &mut Vec::new());
        timers.drain(&mut wheel);
        let taken_over = other.join().expect("takes over");
        timers.drain(&mut wheel);
        assert_eq!(wheel.len(), usize::from(taken_over));
        // What it moved away from may still be the time of the first look.
        wheel.settle(&mut Vec::new());
        assert_eq!(wheel.next_deadline(), taken_over.then_some(HOUR_NS));
    });
}

/// Who listens while the deadline comes is woken, or sees that it came.
#[test]
fn loom_listen_against_fire() {
    loom::model(|| {
        let entry = EntryRef::new();
        assert_eq!(entry.arm(1), Armed::Post);
        let _ = entry.receive();
        let other = entry.clone();
        let woken = std::sync::Arc::new(Flag::default());
        let waker = Waker::from(woken.clone());
        let listener = thread::spawn(move || {
            other.listen(&waker);
            other.has_fired()
        });
        if let Fire::Fired(Some(waker)) = entry.fire(1) {
            waker.wake();
        }
        let seen = listener.join().expect("listens");
        assert!(seen || woken.0.load(Ordering::SeqCst), "nobody told the listener");
    });
}

/// A `Sleep` is dropped while its deadline comes, or while the runtime ends: its waker goes once, and
/// whoever takes over a cancelled entry meets nobody at the waker's place.
#[test]
fn loom_cancel_against_fire_and_abandon() {
    for ends in [false, true] {
        loom::model(move || {
            let entry = EntryRef::new();
            let count = std::sync::Arc::new(Flag::default());
            entry.listen(&Waker::from(count.clone()));
            assert_eq!(entry.arm(1), Armed::Post);
            let _ = entry.receive();
            let other = entry.clone();
            let own = count.clone();
            let dropper = thread::spawn(move || {
                if other.cancel() {
                    other.listen(&Waker::from(own));
                    let _ = other.arm(2);
                }
            });
            let taken = if ends {
                entry.abandon()
            } else if let Fire::Fired(waker) = entry.fire(1) {
                waker
            } else {
                None
            };
            dropper.join().expect("cancels");
            drop((taken, entry));
            assert_eq!(std::sync::Arc::strong_count(&count), 1);
        });
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
