//! `Notify`, `Condvar`, `Barrier` and `WaitGroup`: who is woken, and what a dropped wait passes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cortado_sync::{Barrier, Condvar, Mutex, Notify, TimedOut, WaitGroup};

use crate::cancel_driver::Steps;
use crate::dropping::{Moment, at_every_drop, dropping};

#[test]
fn one_notification_is_stored_and_not_more() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_one();
    Steps::new(notify.notified()).ready();
    let mut second = Steps::new(notify.notified());
    second.waits();
    notify.notify_one();
    assert!(second.is_woken());
    second.ready();
}

#[test]
fn the_first_or_the_last_is_woken() {
    let notify = Notify::new();
    let mut waiters: Vec<_> = (0..3).map(|_| Steps::new(notify.notified())).collect();
    waiters.iter_mut().for_each(Steps::waits);
    notify.notify_last();
    notify.notify_one();
    let woken: Vec<_> = waiters.iter().map(Steps::is_woken).collect();
    assert_eq!(woken, [true, false, true]);
}

#[test]
fn notify_waiters_wakes_those_that_exist_and_stores_nothing() {
    let notify = Notify::new();
    let mut polled = Steps::new(notify.notified());
    let mut unpolled = Steps::new(notify.notified());
    polled.waits();
    notify.notify_waiters();
    polled.ready();
    unpolled.ready();
    Steps::new(notify.notified()).waits();
}

#[test]
fn a_stored_notification_survives_notify_waiters() {
    let notify = Notify::new();
    notify.notify_one();
    let mut before = Steps::new(notify.notified());
    notify.notify_waiters();
    before.ready();
    Steps::new(notify.notified()).ready();
}

#[test]
fn a_notified_future_that_is_dropped_passes_it_on() {
    at_every_drop(|moment| {
        let notify = Notify::new();
        let mut dropped = Steps::new(dropping(moment, notify.notified()));
        let mut next = Steps::new(notify.notified());
        let mut ended = dropped.poll();
        next.waits();
        notify.notify_one();
        if ended.is_pending() {
            ended = dropped.poll();
        }
        drop(dropped);
        match ended {
            Poll::Ready(Some(())) => next.waits(),
            _ => next.ready(),
        }
        matches!(ended, Poll::Ready(Some(()))).then_some(())
    });
}

#[test]
fn a_notification_to_the_last_is_passed_on_to_the_last() {
    let notify = Notify::new();
    let mut waiters: Vec<_> = (0..3).map(|_| Steps::new(notify.notified())).collect();
    waiters.iter_mut().for_each(Steps::waits);
    notify.notify_last();
    drop(waiters.pop());
    assert!(waiters[1].is_woken() && !waiters[0].is_woken());
}

#[test]
fn owned_futures_keep_their_object() {
    let notify = Arc::new(Notify::new());
    let mut waiting = Steps::new(notify.clone().notified_owned());
    waiting.waits();
    notify.notify_one();
    drop(notify);
    waiting.ready();
}

#[test]
fn condvar_releases_the_mutex_when_it_waits() {
    let (mutex, condvar) = (Mutex::new(0), Condvar::new());
    let mut waiting = Steps::new(condvar.wait(mutex.try_lock().unwrap()));
    assert!(mutex.try_lock().is_err(), "until it is polled it holds the mutex");
    waiting.waits();
    let mut guard = mutex.try_lock().unwrap();
    condvar.notify_one();
    *guard += 1;
    waiting.waits();
    drop(guard);
    assert_eq!(*waiting.ready(), 1);
}

#[test]
fn a_condvar_wait_that_is_dropped_passes_the_notification_on() {
    // Polls: in line; notified, but the mutex is held; ready.
    at_every_drop(|moment| {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        let mut dropped = Steps::new(dropping(moment, condvar.wait(mutex.try_lock().unwrap())));
        let mut ended = dropped.poll();
        let mut next = Steps::new(condvar.wait(mutex.try_lock().unwrap()));
        next.waits();
        let guard = mutex.try_lock().unwrap();
        condvar.notify_one();
        if ended.is_pending() {
            ended = dropped.poll();
        }
        drop(guard);
        if ended.is_pending() {
            ended = dropped.poll();
        }
        let was_ready = matches!(ended, Poll::Ready(Some(_)));
        drop(ended);
        drop(dropped);
        if was_ready {
            next.waits();
        } else {
            drop(next.ready());
        }
        assert!(mutex.try_lock().is_ok());
        was_ready.then_some(())
    });
}

#[test]
fn condvar_waits_while_the_condition_holds() {
    let (mutex, condvar) = (Mutex::new(0), Condvar::new());
    let guard = mutex.try_lock().unwrap();
    let mut waiting = Steps::new(condvar.wait_while(guard, |number| *number < 2));
    waiting.waits();
    for _ in 0..2 {
        *mutex.try_lock().unwrap() += 1;
        condvar.notify_all();
        assert!(waiting.is_woken());
        if *mutex.try_lock().unwrap() < 2 {
            waiting.waits();
        }
    }
    assert_eq!(*waiting.ready(), 2);
    let panicking = catch_unwind(AssertUnwindSafe(|| {
        condvar.blocking_wait_while(mutex.blocking_lock(), |_| panic!("in the condition"))
    }));
    assert!(panicking.is_err());
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn condvar_gives_the_mutex_back_after_a_timeout() {
    let (mutex, condvar) = (Mutex::new(3), Condvar::new());
    let guard = mutex.blocking_lock();
    let (guard, ended) = condvar.blocking_wait_timeout(guard, Duration::from_millis(1));
    assert_eq!((*guard, ended), (3, Err(TimedOut)));
    assert!(mutex.try_lock().is_err());
}

#[test]
fn a_barrier_opens_for_the_last_and_is_used_again() {
    let barrier = Barrier::new(2);
    for _ in 0..3 {
        let (mut one, mut two) = (Steps::new(barrier.wait()), Steps::new(barrier.wait()));
        one.waits();
        assert!(two.ready().is_leader());
        assert!(!one.ready().is_leader());
    }
    assert!(Steps::new(Barrier::new(0).wait()).ready().is_leader());
}

#[test]
fn who_leaves_a_barrier_has_not_come() {
    for moment in [Moment::AfterPoll(0), Moment::AfterPoll(1), Moment::AfterWake(1)] {
        let barrier = Barrier::new(2);
        let mut dropped = Steps::new(dropping(moment, barrier.wait()));
        let early = dropped.poll();
        let mut one = Steps::new(barrier.wait());
        match moment {
            // It counted: the other one leads, and the round is over before it is dropped.
            Moment::AfterWake(_) => assert!(one.ready().is_leader() && early.is_pending()),
            Moment::AfterPoll(_) => one.waits(),
        }
        drop(dropped);
        let mut two = Steps::new(barrier.wait());
        match moment {
            Moment::AfterWake(_) => two.waits(),
            Moment::AfterPoll(_) => assert!(two.ready().is_leader()),
        }
    }
}

#[test]
fn a_wait_group_waits_for_its_guards_and_can_be_used_again() {
    let group = WaitGroup::new();
    Steps::new(group.wait()).ready();
    for _ in 0..2 {
        let one = group.guard();
        let two = one.clone();
        let mut waiting = Steps::new(group.wait());
        waiting.waits();
        drop(one);
        assert!(!waiting.is_woken());
        let panicked = catch_unwind(AssertUnwindSafe(move || {
            let _guard = two;
            panic!("with a guard");
        }));
        assert!(panicked.is_err());
        waiting.ready();
        assert_eq!(group.count(), 0);
    }
}
