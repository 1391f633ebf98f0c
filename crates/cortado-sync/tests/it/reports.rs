//! What the probe hears: each wait has its own reason, its object's number and the caller's place.
//! A process has one listener; this one keeps what comes from this file.

use std::panic::Location;

use cortado_probe::{Event, Listener, ObjectId, Wait, listen};
use cortado_sync::{
    Barrier, CancellationToken, Condvar, Mutex, Notify, OnceCell, RwLock, Semaphore, SetOnce,
    WaitGroup, broadcast, oneshot, watch,
};

use crate::cancel_driver::Steps;

struct Heard {
    why: Wait,
    object: ObjectId,
    location: &'static Location<'static>,
}

struct Ear(parking_lot::Mutex<Vec<Heard>>);

impl Listener for Ear {
    fn on_event(&self, event: &Event<'_>) {
        if let Event::TaskWaits { why, object: Some(object), location, .. } = *event
            && location.file() == file!()
        {
            self.0.lock().push(Heard { why, object, location });
        }
    }
}

static EAR: Ear = Ear(parking_lot::Mutex::new(Vec::new()));

/// Polls once; it must wait, for this reason, at the line on which `future` was made.
#[track_caller]
fn waits(why: Wait, future: impl Future) -> ObjectId {
    Steps::new(future).waits();
    let heard = EAR.0.lock().pop().unwrap_or_else(|| panic!("nobody heard of {why:?}"));
    assert_eq!(heard.why, why);
    assert_eq!(heard.location.line(), Location::caller().line(), "{why:?}");
    heard.object
}

#[test]
fn every_wait_is_heard_of_with_its_reason_object_and_place() {
    listen(&EAR).expect("this is the only test that listens");

    let mutex = Mutex::new(0);
    let held = mutex.blocking_lock();
    let object = waits(Wait::Mutex, mutex.lock());
    assert_eq!(object, waits(Wait::Mutex, mutex.lock()), "an object keeps its number");
    drop(held);
    let lock = RwLock::new(0);
    let held = lock.blocking_write();
    assert_ne!(object, waits(Wait::ReadLock, lock.read()), "objects have numbers of their own");
    waits(Wait::WriteLock, lock.write());
    drop(held);
    waits(Wait::Permit, Semaphore::new(0).acquire());
    waits(Wait::Notified, Notify::new().notified());
    waits(Wait::Condition, Condvar::new().wait(mutex.blocking_lock()));
    waits(Wait::Condition, Condvar::new().wait_while(mutex.blocking_lock(), |_| true));
    waits(Wait::Barrier, Barrier::new(2).wait());
    let cell = OnceCell::<i32>::new();
    let mut maker = Steps::new(cell.get_or_init(std::future::pending));
    maker.waits();
    waits(Wait::Initialised, cell.get_or_init(std::future::pending));
    waits(Wait::Set, SetOnce::<i32>::new().wait());
    let group = WaitGroup::new();
    let guard = group.guard();
    waits(Wait::WaitGroup, group.wait());
    drop(guard);
    waits(Wait::Cancelled, CancellationToken::new().cancelled());
    waits(Wait::Cancelled, CancellationToken::new().cancelled_owned());
    the_small_channels();
}

fn the_small_channels() {
    let (mut tx, mut rx) = oneshot::channel::<i32>();
    waits(Wait::OneshotReceive, rx.recv());
    waits(Wait::OneshotClosed, tx.closed());
    let (tx, mut rx) = broadcast::channel::<i32>(1);
    waits(Wait::BroadcastReceive, rx.recv());
    waits(Wait::BroadcastClosed, tx.closed());
    let (tx, mut rx) = watch::channel(0);
    waits(Wait::WatchChanged, rx.changed());
    waits(Wait::WatchChanged, rx.wait_for(|_| false));
    waits(Wait::WatchClosed, tx.closed());
}
