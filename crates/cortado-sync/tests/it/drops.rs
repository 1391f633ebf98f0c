//! Futures that wait for a lock, a permit, a signal or an end, dropped at any poll: what they were
//! waiting for goes to the next in line, and whoever asks again gets the same answer.

use std::future::pending;
use std::sync::Arc;
use std::task::Poll;

use cortado_sync::{
    CancellationToken, Condvar, Mutex, Notify, RwLock, Semaphore, SetOnce, WaitGroup, broadcast,
    oneshot, watch,
};

use crate::cancel_driver::Steps;
use crate::dropping::{Moment, at_every_drop, dropping};

/// Polls a future up to the moment, does `$release`, which must wake it, and goes on with it.
macro_rules! released {
    ($moment:expr, $future:expr, $release:expr) => {{
        let mut steps = Steps::new(dropping($moment, $future));
        match steps.poll() {
            Poll::Ready(ended) => {
                $release;
                ended
            }
            Poll::Pending => {
                $release;
                assert!(steps.is_woken(), "{:?}", $moment);
                steps.ready()
            }
        }
    }};
}

/// Drops a future that waits for what is `$held`, with another one of the same kind behind it,
/// which must get it in any case.
macro_rules! passed_on {
    ($object:ident = $make:expr, held by $held:expr, waited for by $($wait:expr),+) => {$(
        at_every_drop(|moment: Moment| {
            let $object = $make;
            let held = $held;
            let mut second = Steps::new(async { drop($wait.await) });
            let ended = released!(moment, async { drop($wait.await) }, {
                second.waits();
                drop(held);
            });
            assert!(second.is_woken(), "{moment:?}");
            second.ready();
            ended
        });
    )+};
}

/// Drops a future that waits for what everybody is told, and asks again.
macro_rules! told_again {
    ($object:pat = $make:expr, told by $tell:expr, waited for by $($wait:expr),+) => {$(
        at_every_drop(|moment: Moment| {
            let $object = $make;
            let ended = released!(moment, async { let _ = $wait.await; }, $tell);
            Steps::new(async { let _ = $wait.await; }).ready();
            ended
        });
    )+};
}

#[test]
fn locks_are_passed_on() {
    passed_on!(
        mutex = Arc::new(Mutex::new(())),
        held by mutex.try_lock().unwrap(),
        waited for by mutex.lock(), mutex.clone().lock_owned()
    );
    passed_on!(
        lock = Arc::new(RwLock::new(())),
        held by lock.try_write().unwrap(),
        waited for by lock.read(), lock.write(), lock.clone().read_owned(), lock.clone().write_owned()
    );
    passed_on!(
        lock = Arc::new(RwLock::new(())),
        held by lock.try_read().unwrap(),
        waited for by lock.write(), lock.clone().write_owned()
    );
}

#[test]
fn permits_are_passed_on() {
    passed_on!(
        permits = Arc::new(Semaphore::new(3)),
        held by permits.try_acquire_many(3).unwrap(),
        waited for by permits.acquire(), permits.acquire_many(2), permits.acquire_many(3),
            permits.clone().acquire_owned(), permits.clone().acquire_many_owned(3)
    );
}

/// The notification goes to the second where the first was dropped after it was given it.
#[test]
fn owned_notifications_are_passed_on() {
    at_every_drop(|moment| {
        let notify = Arc::new(Notify::new());
        let mut second = Steps::new(notify.clone().notified_owned());
        let ended = released!(moment, notify.clone().notified_owned(), {
            second.waits();
            notify.notify_one();
        });
        match ended {
            Some(()) => second.waits(),
            None => second.ready(),
        }
        ended
    });
}

#[test]
fn a_wait_for_a_condition_leaves_the_mutex_released() {
    at_every_drop(|moment| {
        let (mutex, condvar) = (Mutex::new(0), Condvar::new());
        let wait = condvar.wait_while(mutex.try_lock().unwrap(), |value| *value == 0);
        let ended = released!(moment, wait, {
            *mutex.try_lock().unwrap() = 1;
            condvar.notify_one();
        });
        let seen = ended.map(|guard| assert_eq!(*guard, 1));
        assert_eq!(*mutex.try_lock().unwrap(), 1);
        seen
    });
}

#[test]
fn a_cancellation_is_told_again() {
    told_again!(
        token = CancellationToken::new(),
        told by token.cancel(),
        waited for by token.cancelled(), token.clone().cancelled_owned(),
            token.run_until_cancelled(pending::<()>()),
            token.clone().run_until_cancelled_owned(pending::<()>())
    );
}

#[test]
fn values_and_counts_are_told_again() {
    told_again!(
        cell = SetOnce::new(),
        told by cell.set(1).unwrap(),
        waited for by cell.wait()
    );
    let mut guard = None;
    told_again!(
        group = {
            let group = WaitGroup::new();
            guard = Some(group.guard());
            group
        },
        told by drop(guard.take()),
        waited for by group.wait()
    );
}

#[test]
fn ends_of_channels_are_told_again() {
    told_again!(
        (mut sender, receiver) = oneshot::channel::<()>(),
        told by drop(receiver),
        waited for by sender.closed()
    );
    told_again!(
        (sender, receiver) = broadcast::channel::<()>(1),
        told by drop(receiver),
        waited for by sender.closed()
    );
    told_again!(
        (sender, receiver) = watch::channel(()),
        told by drop(receiver),
        waited for by sender.closed()
    );
}

/// What was looked at and did not do is looked at again by the next.
#[test]
fn a_condition_on_a_watched_value_is_asked_again() {
    told_again!(
        (sender, mut receiver) = watch::channel(0),
        told by sender.send(7).unwrap(),
        waited for by receiver.wait_for(|value| *value == 7)
    );
}
