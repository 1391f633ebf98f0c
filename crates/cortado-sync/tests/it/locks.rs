//! `Mutex`, `RwLock` and `Semaphore`: order of service, hand-over, guards, panics and errors.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use cortado_sync::{
    Mutex, MutexGuard, OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock,
    RwLockReadGuard, RwLockWriteGuard, Semaphore, TryAcquireError,
};

use crate::cancel_driver::Steps;
use crate::dropping::{at_every_drop, dropping};

/// The compiler checks these.
fn auto_traits() {
    fn is_send<T: Send>(_: T) {}
    fn is_sync<T: Sync>(_: T) {}
    static MUTEX: Mutex<std::cell::Cell<u32>> = Mutex::new(std::cell::Cell::new(0));
    is_sync(&MUTEX);
    is_send(MUTEX.lock());
    is_send(MUTEX.try_lock());
    is_send(RwLock::new(0).read());
}

#[test]
fn mutex_is_fair_and_nobody_overtakes() {
    auto_traits();
    let mutex = Mutex::new(());
    let guard = mutex.try_lock().unwrap();
    let (mut first, mut second) = (Steps::new(mutex.lock()), Steps::new(mutex.lock()));
    first.waits();
    second.waits();
    drop(guard);
    assert!(first.is_woken() && !second.is_woken());
    assert!(mutex.try_lock().is_err(), "the mutex belongs to the first, who has not come yet");
    let guard = first.ready();
    second.waits();
    drop(guard);
    assert!(second.is_woken());
    drop(second.ready());
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn a_lock_that_is_dropped_at_any_poll_passes_its_turn_on() {
    at_every_drop(|moment| {
        let mutex = Mutex::new(());
        let guard = mutex.try_lock().unwrap();
        let mut dropped = Steps::new(dropping(moment, mutex.lock()));
        let mut next = Steps::new(mutex.lock());
        let early = dropped.poll();
        next.waits();
        drop(guard);
        let ended = match early {
            std::task::Poll::Ready(ended) => ended,
            std::task::Poll::Pending => dropped.ready(),
        };
        let got_it = ended.map(drop);
        drop(dropped);
        assert!(next.is_woken());
        drop(next.ready());
        assert!(mutex.try_lock().is_ok());
        got_it
    });
}

#[test]
fn a_waiter_in_the_middle_can_go() {
    let mutex = Mutex::new(());
    let guard = mutex.try_lock().unwrap();
    let mut waiters: Vec<_> = (0..5).map(|_| Steps::new(mutex.lock())).collect();
    waiters.iter_mut().for_each(Steps::waits);
    drop(waiters.remove(4));
    drop(waiters.remove(2));
    drop(waiters.remove(0));
    drop(guard);
    drop(waiters[0].ready());
    drop(waiters[1].ready());
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn the_newest_waker_is_woken() {
    let mutex = Mutex::new(());
    let guard = mutex.try_lock().unwrap();
    let mut lock = Box::pin(mutex.lock());
    let (old, new) = (Arc::<Counter>::default(), Arc::<Counter>::default());
    for counter in [&old, &new] {
        let waker = std::task::Waker::from(counter.clone());
        let mut context = std::task::Context::from_waker(&waker);
        assert!(lock.as_mut().poll(&mut context).is_pending());
    }
    drop(guard);
    assert_eq!((old.get(), new.get()), (0, 1));
}

#[derive(Default)]
struct Counter(std::sync::atomic::AtomicU32);

impl Counter {
    fn get(&self) -> u32 {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

impl std::task::Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

#[test]
fn a_waker_that_panics_or_comes_back_does_no_harm() {
    struct Bad(Arc<Mutex<u32>>);
    impl std::task::Wake for Bad {
        fn wake(self: Arc<Self>) {
            assert!(self.0.try_lock().is_err(), "it is handed over, not free");
            panic!("a waker's panic");
        }
    }
    let mutex = Arc::new(Mutex::new(0));
    let guard = mutex.try_lock().unwrap();
    let mut bad = Box::pin(mutex.lock());
    let waker = std::task::Waker::from(Arc::new(Bad(mutex.clone())));
    assert!(bad.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(guard))).is_err());
    drop(bad);
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn a_panic_releases_and_does_not_poison() {
    let mutex = Mutex::new(1);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut guard = mutex.blocking_lock();
        *guard = 2;
        panic!("while the lock is held");
    }));
    assert!(panicked.is_err());
    assert_eq!(*mutex.try_lock().unwrap(), 2);

    let lock = RwLock::new((1, 2));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        RwLockWriteGuard::map(lock.blocking_write(), |_| -> &mut i32 { panic!("in a map") })
    }));
    assert!(panicked.is_err());
    assert!(lock.try_write().is_ok());
}

#[test]
fn guards_lead_to_parts_and_release_the_whole() {
    let mutex = Arc::new(Mutex::new((1, String::from("two"))));
    let mut part = MutexGuard::map(mutex.try_lock().unwrap(), |pair| &mut pair.1);
    part.push('!');
    assert!(mutex.try_lock().is_err());
    drop(part);
    let guard = mutex.try_lock().unwrap();
    let refused = MutexGuard::try_map(guard, |_| None::<&mut i32>);
    let guard = refused.expect_err("there is no such part");
    assert!(std::ptr::eq(MutexGuard::mutex(&guard), &*mutex));
    drop(guard);
    let owned = mutex.clone().try_lock_owned().unwrap();
    let part: OwnedMutexGuard<_, str> = OwnedMutexGuard::map(owned, |pair| &mut *pair.1);
    assert_eq!(part.to_string(), "two!");
    drop(part);
    assert_eq!(Arc::into_inner(mutex).unwrap().into_inner().1, "two!");
}

#[test]
fn values_need_not_be_sized_or_send() {
    let unsized_value: &Mutex<[i32]> = &Mutex::new([1, 2, 3]);
    unsized_value.blocking_lock()[1] = 5;
    assert_eq!(unsized_value.blocking_lock().iter().sum::<i32>(), 9);
    let local = Mutex::new(Rc::new(1));
    assert_eq!(**local.blocking_lock(), 1);
}

#[test]
fn a_writer_is_not_starved_by_readers() {
    let lock = RwLock::new(());
    let reader = lock.try_read().unwrap();
    let mut writer = Steps::new(lock.write());
    writer.waits();
    assert!(lock.try_read().is_err(), "a reader does not overtake the writer");
    let mut late = Steps::new(lock.read());
    late.waits();
    drop(reader);
    let guard = writer.ready();
    late.waits();
    drop(guard);
    assert!(late.is_woken());
    drop(late.ready());
}

#[test]
fn readers_behind_a_writer_that_goes_are_let_in() {
    let lock = RwLock::new(());
    let reader = lock.try_read().unwrap();
    let mut writer = Steps::new(lock.write());
    let (mut one, mut two) = (Steps::new(lock.read()), Steps::new(lock.read()));
    writer.waits();
    one.waits();
    two.waits();
    drop(writer);
    let guards = (one.ready(), two.ready());
    drop((reader, guards));
    assert!(lock.try_write().is_ok());
}

#[test]
fn downgrading_keeps_writers_out_and_lets_readers_in() {
    let lock = Arc::new(RwLock::new(1));
    let writer = lock.clone().try_write_owned().unwrap();
    let mut reader = Steps::new(lock.clone().read_owned());
    let mut other = Steps::new(lock.write());
    reader.waits();
    other.waits();
    let downgraded = OwnedRwLockWriteGuard::downgrade(writer);
    let reader = reader.ready();
    other.waits();
    assert_eq!(*downgraded + *reader, 2);
    drop((downgraded, reader));
    *other.ready() += 1;
    let read = lock.try_read().unwrap();
    let part = RwLockReadGuard::map(read, |number| number);
    assert_eq!(*part, 2);
    let owned = lock.clone().try_read_owned().unwrap();
    assert_eq!(*OwnedRwLockReadGuard::map(owned, |number| number), 2);
}

#[test]
fn the_number_of_readers_has_a_limit() {
    let lock = RwLock::with_max_readers((), 2);
    let readers = (lock.try_read().unwrap(), lock.try_read().unwrap());
    assert!(lock.try_read().is_err());
    drop(readers);
    assert!(lock.try_write().is_ok());
    assert!(catch_unwind(|| RwLock::with_max_readers((), 0)).is_err());
}

#[test]
fn many_permits_are_not_starved_by_few() {
    let semaphore = Semaphore::new(3);
    let held = semaphore.try_acquire_many(2).unwrap();
    let (mut many, mut few) =
        (Steps::new(semaphore.acquire_many(3)), Steps::new(semaphore.acquire()));
    many.waits();
    few.waits();
    assert_eq!(semaphore.try_acquire().err(), Some(TryAcquireError::NoPermits));
    drop(held);
    let held = many.ready().unwrap();
    few.waits();
    drop(held);
    assert!(few.ready().is_ok());
}

#[test]
fn who_wants_less_goes_on_when_who_wants_more_leaves() {
    let semaphore = Semaphore::new(1);
    let (mut many, mut few) =
        (Steps::new(semaphore.acquire_many(5)), Steps::new(semaphore.acquire()));
    many.waits();
    few.waits();
    drop(many);
    assert!(few.is_woken());
    drop(few.ready());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn permits_are_added_split_merged_and_forgotten() {
    let semaphore = Arc::new(Semaphore::new(2));
    let mut all = semaphore.clone().try_acquire_many_owned(2).unwrap();
    let one = all.split(1).unwrap();
    assert!(all.split(2).is_none());
    assert_eq!((all.num_permits(), one.num_permits()), (1, 1));
    all.merge(one);
    all.forget();
    assert_eq!(semaphore.available_permits(), 0);
    semaphore.add_permits(5);
    assert_eq!(semaphore.forget_permits(3), 3);
    assert_eq!(semaphore.forget_permits(3), 2);
    semaphore.add_permits(Semaphore::MAX_PERMITS);
    assert!(catch_unwind(AssertUnwindSafe(|| semaphore.add_permits(1))).is_err());
    let other = Arc::new(Semaphore::new(1));
    let mut mine = semaphore.clone().try_acquire_owned().unwrap();
    let foreign = other.try_acquire_owned().unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| mine.merge(foreign))).is_err());
}

#[test]
fn closing_tells_everybody_and_keeps_what_was_handed_out() {
    let semaphore = Semaphore::new(1);
    let held = semaphore.try_acquire().unwrap();
    let mut waiting = Steps::new(semaphore.acquire());
    waiting.waits();
    semaphore.close();
    assert!(waiting.is_woken());
    assert!(waiting.ready().is_err());
    drop(held);
    assert!(semaphore.is_closed());
    assert_eq!(semaphore.available_permits(), 1);
    assert_eq!(semaphore.try_acquire().err(), Some(TryAcquireError::Closed));
    assert!(Steps::new(semaphore.acquire()).ready().is_err());
}

#[test]
fn errors_say_what_to_do() {
    let semaphore = Semaphore::new(0);
    let none = semaphore.try_acquire().unwrap_err();
    assert_eq!(
        none.to_string(),
        "there are too few permits now: wait for them with `acquire`, or try again"
    );
    semaphore.close();
    let closed = semaphore.try_acquire().unwrap_err();
    assert_eq!(
        closed.to_string(),
        "the semaphore was closed with `close`: nobody gets a permit any more"
    );
}
