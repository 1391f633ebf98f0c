//! Loom models of the reactor's lock-free parts: no report is lost between a wait and a clear,
//! with one waiter or several, while waiters leave, and no notification is lost.
//!
//! `AtomicWaker` is not loom's here but the real one, which loom sees as one step. That is sound
//! for these models, because the protocol does not lean on the waker's memory ordering: the look
//! after registering is a read-modify-write of the readiness word.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use loom::thread;

use crate::reactor::notice::Notice;
use crate::reactor::readiness::{Direction, Ready};
use crate::reactor::source::Source;
use crate::reactor::waiters::Place;

/// Counts its wake-ups. Outside of the model on purpose: it is only read when all threads ended.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Three preemptions reach every order of two steps per thread; without a bound the model of the
/// notice alone takes minutes.
fn model(check: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(check);
}

fn counted() -> (std::sync::Arc<Count>, Waker) {
    let count = std::sync::Arc::new(Count::default());
    (count.clone(), Waker::from(count))
}

fn report(source: &Source) {
    let mut wakers = Vec::new();
    source.report(Ready::READABLE, &mut wakers);
    wakers.into_iter().for_each(Waker::wake);
}

#[test]
fn a_report_between_attempt_and_clear_is_not_lost() {
    model(|| {
        let source = Source::new();
        report(&source);
        let first = source.peek(Direction::Read).unwrap();
        let reporter = {
            let source = source.clone();
            thread::spawn(move || report(&source))
        };
        // The attempt, before the second report, found nothing; now the reader clears and waits.
        source.clear(first);
        let (count, waker) = counted();
        let mut place = Place::Nowhere;
        let waited = source.poll_in(&mut place, Direction::Read, &waker);
        reporter.join().unwrap();
        if waited.is_pending() {
            assert!(count.0.load(Ordering::SeqCst) > 0, "the second report woke nobody");
        }
        assert!(source.peek(Direction::Read).is_some());
        source.leave(&mut place, Direction::Read);
    });
}

#[test]
fn a_report_wakes_every_waiter() {
    model(|| {
        let source = Source::new();
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let source = source.clone();
                thread::spawn(move || {
                    let (count, waker) = counted();
                    let mut place = Place::Nowhere;
                    let waited = source.poll_in(&mut place, Direction::Read, &waker);
                    (waited.is_pending(), place, count)
                })
            })
            .collect();
        report(&source);
        for waiter in waiters {
            let (pending, mut place, count) = waiter.join().unwrap();
            assert!(!pending || count.0.load(Ordering::SeqCst) > 0, "a waiter was not woken");
            source.leave(&mut place, Direction::Read);
        }
    });
}

#[test]
fn a_waiter_that_leaves_takes_no_wake_up_from_another() {
    model(|| {
        let source = Source::new();
        let mut leaving = Place::Nowhere;
        assert!(source.poll_in(&mut leaving, Direction::Read, Waker::noop()).is_pending());
        let (count, waker) = counted();
        let mut staying = Place::Nowhere;
        assert!(source.poll_in(&mut staying, Direction::Read, &waker).is_pending());
        let reporter = {
            let source = source.clone();
            thread::spawn(move || report(&source))
        };
        source.leave(&mut leaving, Direction::Read);
        reporter.join().unwrap();
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        source.leave(&mut staying, Direction::Read);
    });
}

/// A bell that loom knows, with the two things that are done before notifying.
#[derive(Default)]
struct Shared {
    rings: loom::sync::atomic::AtomicUsize,
    work: [loom::sync::atomic::AtomicUsize; 2],
}

#[test]
fn the_waiter_hears_of_everything_that_was_done_before_a_notify() {
    model(|| {
        let shared = loom::sync::Arc::new(Shared::default());
        let notice = loom::sync::Arc::new(Notice::new());
        let notifiers: Vec<_> = (0..2)
            .map(|index| {
                let (shared, notice) = (shared.clone(), notice.clone());
                thread::spawn(move || {
                    shared.work[index].store(1, Ordering::Relaxed);
                    notice.notify(|| {
                        shared.rings.fetch_add(1, Ordering::AcqRel);
                    });
                })
            })
            .collect();
        let (mut heard, mut seen) = (0, [0; 2]);
        for _ in 0..2 {
            let rings = shared.rings.fetch_add(0, Ordering::AcqRel);
            if rings > heard {
                heard = rings;
                notice.heard();
                seen = [0, 1].map(|index| shared.work[index].load(Ordering::Relaxed));
            }
        }
        notifiers.into_iter().for_each(|notifier| notifier.join().unwrap());
        let due = shared.rings.load(Ordering::Acquire) > heard;
        assert!(due || seen == [1, 1], "no bell is due, but only {seen:?} was seen");
    });
}
