//! Freeing a seat: it is given back once, the lane's counts end consistent, and a charge or a
//! lowering is not lost.

use loom::sync::Arc;
use loom::thread;

use cortado_probe::Lane;

use crate::idle::Idle;
use crate::seat::Notice;

#[test]
fn loom_a_seat_is_given_back_once() {
    loom::model(|| {
        let shared = Arc::new((Notice::new(), Idle::new(1, 1)));
        let searching = shared.1.begin_wake().expect("a free seat").accept();
        shared.0.sit(false);
        let other = shared.clone();
        let monitor = thread::spawn(move || {
            let freed = other.0.free(Lane::Wait, true);
            if freed {
                other.1.free_seat();
            }
            freed
        });
        let lost = !shared.0.stand_up();
        assert_eq!(shared.0.is_lowered(), lost, "lowering comes with the loss, or not at all");
        shared.1.announce(0);
        shared.1.give_up_seat(searching, lost);
        assert_eq!(monitor.join().unwrap(), lost);
        assert_eq!(shared.1.active(), 0);
        assert!(shared.1.withdraw(0));
    });
}

/// The worker leaves its seat and takes another one while the monitor is about to free it: the
/// monitor frees one of them or none, and the worker knows.
#[test]
fn loom_a_seat_is_freed_or_kept_when_the_worker_sits_down_again() {
    loom::model(|| {
        let notice = Arc::new(Notice::new());
        notice.sit(false);
        let other = notice.clone();
        let monitor = thread::spawn(move || {
            other.charge();
            other.free(Lane::Wait, false)
        });
        let given_back = notice.stand_up();
        let mut lost = !given_back;
        notice.sit(false);
        lost |= !notice.stand_up();
        assert_eq!(monitor.join().unwrap(), lost);
        assert!(!notice.is_seated());
    });
}

/// A worker gives its seat up in the middle of a poll and takes one again (`work::Standing`), while the
/// monitor is about to free its seat: as many are counted as are held.
#[test]
fn loom_a_seat_that_a_worker_gave_up_is_counted_once() {
    loom::model(|| {
        let shared = seated();
        let other = shared.clone();
        let monitor = thread::spawn(move || free(&other));
        stand(&shared);
        let holds = shared.0.stand_up();
        monitor.join().unwrap();
        assert_eq!(shared.1.active(), usize::from(holds));
    });
}

/// The same while another worker is woken, which may have taken the seat by the time the first wants it
/// again.
#[test]
fn loom_a_seat_that_a_worker_gave_up_is_another_ones_or_its_own() {
    loom::model(|| {
        let shared = seated();
        let other = shared.clone();
        let waker = thread::spawn(move || {
            let grant = other.1.begin_wake();
            grant.is_some_and(|grant| {
                other.1.stop_searching(grant.accept());
                true
            })
        });
        stand(&shared);
        let holds = shared.0.stand_up();
        let other_holds = waker.join().unwrap();
        assert!(holds != other_holds, "somebody has the one seat");
        assert_eq!(shared.1.active(), 1);
    });
}

/// Another worker takes the seat over (`Lanes::take_over_seat`) while the monitor is about to free it: it is
/// given back once, and as many are counted as are held.
#[test]
fn loom_a_seat_that_another_worker_takes_over_is_counted_once() {
    loom::model(|| {
        let shared = seated();
        let [other, monitors] = [shared.clone(), shared.clone()];
        let taker = thread::spawn(move || {
            free(&other);
            let grant = other.1.take_free_seat();
            grant.map(|grant| other.1.stop_searching(grant.accept())).is_some()
        });
        let monitor = thread::spawn(move || free(&monitors));
        let holds = shared.0.stand_up();
        let other_holds = taker.join().unwrap();
        monitor.join().unwrap();
        assert_eq!(shared.1.active(), usize::from(holds) + usize::from(other_holds));
    });
}

/// A worker that searches is lowered, and goes to sleep in the work lane (`Worker::sleep`): where it was, one
/// is woken, by the monitor or by itself.
#[test]
fn loom_a_lane_that_a_searching_worker_leaves_is_woken() {
    loom::model(|| {
        let shared = Arc::new((Notice::new(), Idle::new(1, 1), Idle::new(1, 1)));
        let searching = shared.1.begin_wake().expect("a free seat").accept();
        shared.0.sit(false);
        let other = shared.clone();
        let monitor = thread::spawn(move || {
            let (notice, wait, _) = &*other;
            notice.free(Lane::Wait, true).then(|| {
                wait.free_seat();
                wait.begin_wake()
            })
        });
        let (notice, wait, work) = &*shared;
        let lost = !notice.stand_up();
        if lost { work } else { wait }.announce(0);
        wait.give_up_seat(searching, lost);
        let own = notice.is_lowered().then(|| wait.begin_wake());
        let monitors = monitor.join().unwrap();
        assert_eq!((own.is_some(), monitors.is_some()), (lost, lost));
        let grants = [own, monitors].into_iter().flatten().flatten().count();
        assert_eq!(grants, usize::from(lost), "one worker comes, where one has left");
    });
}

/// A worker that holds the one seat.
fn seated() -> Arc<(Notice, Idle)> {
    let shared = Arc::new((Notice::new(), Idle::new(1, 1)));
    let searching = shared.1.begin_wake().expect("a free seat").accept();
    shared.0.sit(false);
    shared.1.stop_searching(searching);
    shared
}

/// As whoever takes the seat away, the monitor or another worker. False: the worker holds none.
fn free((notice, idle): &(Notice, Idle)) -> bool {
    let freed = notice.free(Lane::Wait, false);
    if freed {
        idle.free_seat();
    }
    freed
}

/// As `Standing` from its making to its drop.
fn stand(shared: &(Notice, Idle)) {
    let (notice, idle) = shared;
    if !free(shared) {
        return;
    }
    if let Some(grant) = idle.take_free_seat() {
        let searching = grant.accept();
        notice.sit(false);
        idle.stop_searching(searching);
    }
}

/// Who means a seat of one lane does not free the next one, of the other lane.
#[test]
fn loom_a_seat_of_another_lane_is_not_freed() {
    loom::model(|| {
        let notice = Arc::new(Notice::new());
        notice.sit(false);
        let other = notice.clone();
        let monitor = thread::spawn(move || other.free(Lane::Wait, false));
        let lost = !notice.stand_up();
        notice.sit(true);
        assert!(notice.stand_up());
        assert_eq!(monitor.join().unwrap(), lost);
    });
}

/// A charge is seen with everything that the monitor wrote before it.
#[test]
fn loom_a_charge_brings_its_figures() {
    use loom::sync::atomic::{AtomicUsize, Ordering};
    loom::model(|| {
        let shared = Arc::new((Notice::new(), AtomicUsize::new(0)));
        shared.0.sit(false);
        let other = shared.clone();
        let monitor = thread::spawn(move || {
            other.1.store(7, Ordering::Relaxed);
            other.0.charge();
        });
        if shared.0.take_charged() {
            assert_eq!(shared.1.load(Ordering::Relaxed), 7);
        }
        monitor.join().unwrap();
    });
}
