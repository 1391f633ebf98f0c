//! What a `Sleep` promises: to finish once at its deadline, to be moved and dropped at any stage, and
//! that one follows another cheaply.

use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crate::poller::{Poller, Wait};
use crate::timer::sleep::Sleep;
use crate::timer::stash;
use crate::timer::tests::{ManualClock, start};
use crate::tuning::STASHED_ENTRIES;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A poller on a manual clock, and a waker that counts.
struct Scene {
    clock: Arc<ManualClock>,
    poller: Arc<Poller>,
    count: Arc<Count>,
}

impl Scene {
    fn new() -> Scene {
        let clock = Arc::new(ManualClock::default());
        let poller = Arc::new(Poller::new(clock.clone(), false).expect("a poller can be made"));
        Scene { clock, poller, count: Arc::default() }
    }

    fn sleep(&self, ns: u64) -> Sleep {
        let deadline = start() + Duration::from_nanos(ns);
        stash::set_home(Some(&self.poller));
        Sleep::new(stash::take(&self.poller), deadline.into(), Location::caller())
    }

    fn poll(&self, sleep: &mut Sleep) -> Poll<()> {
        let waker = Waker::from(self.count.clone());
        Pin::new(sleep).poll(&mut Context::from_waker(&waker))
    }

    /// How many messages the poller has not read.
    fn told(&self) -> usize {
        self.poller.timers().messages.load(Ordering::SeqCst)
    }

    /// Goes to `ns`, takes a turn, and says how many wake-ups there have been so far.
    fn woken_at(&self, ns: u64) -> usize {
        self.clock.set(ns);
        let mut ready = Vec::new();
        assert!(self.poller.turn(Wait::Not, &mut ready, || true));
        ready.into_iter().for_each(Waker::wake);
        self.count.0.load(Ordering::SeqCst)
    }
}

#[test]
fn sleep_finishes_at_its_deadline_and_wakes_once() {
    let scene = Scene::new();
    let mut sleep = scene.sleep(5_000);
    assert_eq!(scene.poll(&mut sleep), Poll::Pending);
    assert_eq!(scene.woken_at(4_999), 0);
    assert_eq!(scene.poll(&mut sleep), Poll::Pending);
    assert!(!sleep.is_elapsed());
    assert_eq!(scene.woken_at(5_000), 1);
    assert!(sleep.is_elapsed());
    assert_eq!(scene.poll(&mut sleep), Poll::Ready(()));
    assert_eq!(scene.poll(&mut sleep), Poll::Ready(()));
    assert_eq!(scene.woken_at(9_000), 1);
}

#[test]
fn past_deadline_is_ready_at_the_first_poll() {
    let scene = Scene::new();
    scene.clock.set(77);
    let mut sleep = scene.sleep(77);
    assert!(!sleep.is_elapsed());
    assert_eq!(scene.poll(&mut sleep), Poll::Ready(()));
    assert!(sleep.is_elapsed());
}

#[test]
fn reset_moves_a_sleep_in_every_stage() {
    let scene = Scene::new();
    let at = |ns| start() + Duration::from_nanos(ns);
    let mut sleep = scene.sleep(10);
    sleep.reset(at(500));
    assert_eq!(scene.poll(&mut sleep), Poll::Pending);
    assert_eq!(scene.woken_at(100), 0);
    sleep.reset(at(200));
    assert_eq!(sleep.deadline(), at(200));
    assert_eq!(scene.woken_at(200), 1);
    sleep.reset(at(300));
    assert!(!sleep.is_elapsed());
    assert_eq!(scene.poll(&mut sleep), Poll::Pending);
    assert_eq!(scene.woken_at(300), 2);
    assert_eq!(scene.poll(&mut sleep), Poll::Ready(()));
    sleep.reset(at(400));
    assert_eq!(scene.poll(&mut sleep), Poll::Pending);
    assert_eq!(scene.woken_at(400), 3);
}

#[test]
fn dropped_sleep_wakes_nobody_and_lets_its_waker_go() {
    let scene = Scene::new();
    let mut sleeps: Vec<Sleep> = (1..=10).map(|at| scene.sleep(at)).collect();
    for sleep in &mut sleeps {
        assert_eq!(scene.poll(sleep), Poll::Pending);
    }
    assert_eq!(scene.woken_at(0), 0);
    drop(sleeps);
    assert_eq!(Arc::strong_count(&scene.count), 1);
    assert_eq!(scene.woken_at(100), 0);
}

/// Timers that come and go before anybody reads the inbox share one message, which is about the last.
#[test]
fn a_new_sleep_takes_the_unread_message_of_a_dropped_one_over() {
    let scene = Scene::new();
    for ns in 1..=100 {
        assert_eq!(scene.poll(&mut scene.sleep(ns)), Poll::Pending);
    }
    let mut last = scene.sleep(700);
    assert_eq!(scene.poll(&mut last), Poll::Pending);
    assert_eq!(scene.told(), 1);
    assert_eq!(scene.woken_at(699), 0);
    assert_eq!(scene.woken_at(700), 1);
    assert!(last.is_elapsed());
}

/// Timeouts that follow each other need one message in all, also where the poller looks meanwhile.
#[test]
fn a_later_sleep_takes_the_place_of_a_dropped_one_in_the_wheel_over() {
    let scene = Scene::new();
    for ns in 1..=100 {
        let mut sleep = scene.sleep(1_000 + ns);
        assert_eq!(scene.poll(&mut sleep), Poll::Pending);
        assert_eq!(scene.told(), usize::from(ns == 1));
        assert_eq!(scene.woken_at(ns), 0);
    }
    let mut last = scene.sleep(5_000);
    assert_eq!(scene.poll(&mut last), Poll::Pending);
    assert_eq!(scene.woken_at(4_999), 0);
    assert_eq!(scene.woken_at(5_000), 1);
    let mut earlier = scene.sleep(9_000);
    assert_eq!(scene.poll(&mut earlier), Poll::Pending);
    assert_eq!(scene.woken_at(5_001), 1);
    drop(earlier);
    let mut earlier = scene.sleep(7_000);
    assert_eq!(scene.poll(&mut earlier), Poll::Pending);
    assert_eq!(scene.woken_at(7_000), 2);
    assert!(earlier.is_elapsed());
}

/// So many dropped timers that the stash gives some up: the wheel forgets those.
#[test]
fn more_dropped_timers_than_the_stash_holds_are_forgotten() {
    let scene = Scene::new();
    let mut sleeps: Vec<Sleep> = (1..=100).map(|at| scene.sleep(at)).collect();
    sleeps.iter_mut().for_each(|sleep| assert_eq!(scene.poll(sleep), Poll::Pending));
    assert_eq!(scene.woken_at(0), 0);
    drop(sleeps);
    assert!(scene.told() >= 100 - STASHED_ENTRIES, "{}", scene.told());
    assert_eq!(scene.woken_at(100), 0);
}

/// An entry is not taken over by the timers of another runtime, whose inbox it is not in.
#[test]
fn runtimes_do_not_share_messages() {
    let (one, other) = (Scene::new(), Scene::new());
    assert_eq!(one.poll(&mut one.sleep(5)), Poll::Pending);
    let mut sleep = other.sleep(5);
    assert_eq!(other.poll(&mut sleep), Poll::Pending);
    assert_eq!(one.woken_at(5), 0);
    assert_eq!(other.woken_at(5), 1);
}

/// A timer that is dropped by another thread than the one that polled it is taken over there.
#[test]
fn a_drop_on_another_thread_is_a_cancel() {
    let scene = Scene::new();
    let mut sleep = scene.sleep(5);
    assert_eq!(scene.poll(&mut sleep), Poll::Pending);
    let scene = std::thread::spawn(move || {
        stash::set_home(Some(&scene.poller));
        drop(sleep);
        let mut next = scene.sleep(9);
        assert_eq!(scene.poll(&mut next), Poll::Pending);
        assert_eq!(scene.told(), 1);
        (scene, next)
    });
    let (scene, next) = scene.join().expect("the other thread drops");
    assert_eq!(scene.woken_at(8), 0);
    assert_eq!(scene.woken_at(9), 1);
    assert!(next.is_elapsed());
}

/// One that was taken over, but not polled, goes back; so does one that was too late to be polled.
#[test]
fn a_timer_that_is_never_armed_leaves_its_entry_to_the_next() {
    let scene = Scene::new();
    assert_eq!(scene.poll(&mut scene.sleep(5)), Poll::Pending);
    drop(scene.sleep(6));
    assert_eq!(scene.poll(&mut scene.sleep(0)), Poll::Ready(()));
    let mut last = scene.sleep(7);
    assert_eq!(scene.poll(&mut last), Poll::Pending);
    assert_eq!(scene.told(), 1);
    assert_eq!(scene.woken_at(6), 0);
    assert_eq!(scene.woken_at(7), 1);
}

/// What a thread keeps is let go when it leaves the runtime, and elsewhere it keeps nothing: the poller
/// is not kept alive, and the wheel forgets the entries.
#[test]
fn nothing_is_kept_outside_of_the_runtime() {
    for leaves_first in [false, true] {
        let scene = Scene::new();
        let mut sleep = scene.sleep(5);
        assert_eq!(scene.poll(&mut sleep), Poll::Pending);
        if leaves_first {
            stash::set_home(None);
        }
        drop(sleep);
        assert_eq!(Arc::strong_count(&scene.poller), if leaves_first { 1 } else { 2 });
        stash::set_home(None);
        assert_eq!(Arc::strong_count(&scene.poller), 1);
        assert_eq!(scene.poller.timers().stale.load(Ordering::SeqCst), 1);
        assert_eq!(scene.woken_at(5), 0);
    }
}
