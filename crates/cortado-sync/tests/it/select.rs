//! What a select promises: one branch and no other, fairly chosen, whatever is dropped when.
//!
//! Several promises are those of Go's test programs for select (`test/chan/select*.go`,
//! `src/runtime/chan_test.go`: fairness, blocking selects, a select that meets itself, default
//! branches, closed channels) and of crossbeam-channel's (`tests/select.rs`).

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cortado_sync::Blocking;
use cortado_sync::channel::{
    Receiver, RecvError, SendError, Sender, TryRecvError, bounded, unbounded,
};
use cortado_sync::select::Select;

use crate::cancel_driver::Steps;
use crate::channel::{KINDS, make};
use crate::dropping::{at_every_drop, dropping};

fn of<'a>(first: &'a Receiver<u8>, second: &'a Receiver<u8>) -> Select<'a, Option<u8>> {
    Select::new().recv(first, Result::ok).recv(second, Result::ok)
}

#[test]
fn any_thread_may_poll_it() {
    let (sender, receiver) = bounded(0);
    let thread = std::thread::spawn(move || {
        let (_other, silent) = bounded::<u8>(0);
        of(&receiver, &silent).wait()
    });
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    let mut slot = Some(7);
    let select = Select::new().send_from(&sender, &mut slot, |sent| sent.is_ok());
    assert!(assert_send(select.into_future()).wait());
    assert_eq!(thread.join().unwrap(), Some(7));
}

#[test]
fn one_branch_takes_place_and_the_others_do_not() {
    for kind in KINDS.into_iter().filter(|kind| *kind != Some(0)) {
        let ((one, first), (two, second)) = (make(kind), make(kind));
        one.try_send(1).unwrap();
        two.try_send(2).unwrap();
        let got = of(&first, &second).try_now().flatten();
        let left = [first.len(), second.len()];
        match got {
            Some(1) => assert_eq!(left, [0, 1]),
            Some(2) => assert_eq!(left, [1, 0]),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn without_a_ready_branch_it_does_nothing_now() {
    let (sender, receiver) = bounded::<u8>(0);
    let mut slot = Some(1);
    let select = Select::new().recv(&receiver, |_| ()).send_from(&sender, &mut slot, |_| ());
    assert!(select.try_now().is_none());
    assert_eq!(slot, Some(1));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn every_ready_branch_gets_its_turn() {
    let channels: Vec<_> = (0..4).map(|_| unbounded()).collect();
    channels.iter().for_each(|(sender, _)| (0..4_000).for_each(|n| sender.try_send(n).unwrap()));
    let mut counts = [0_u32; 4];
    for _ in 0..4_000 {
        let branches = channels.iter().enumerate();
        let select = branches.fold(Select::new(), |select, (index, (_, receiver))| {
            select.recv(receiver, move |_| index)
        });
        counts[select.try_now().unwrap()] += 1;
    }
    // The chance of a fair choice to stray this far is below one in 10^20.
    assert!(counts.iter().all(|count| (700..1_300).contains(count)), "{counts:?}");
}

#[test]
fn a_biased_select_takes_the_first_that_is_ready() {
    let ((one, first), (two, second)) = (unbounded(), unbounded());
    (0..9).for_each(|n| two.try_send(n).unwrap());
    one.try_send(100).unwrap();
    let got: Vec<_> = (0..4).map(|_| of(&first, &second).biased().try_now().flatten()).collect();
    assert_eq!(got, [Some(100), Some(0), Some(1), Some(2)]);
}

#[test]
fn it_waits_for_the_first_of_several() {
    for kind in KINDS {
        for late in 0..2 {
            let (one, first) = make(kind);
            let (two, second) = make(kind);
            let mut select = Steps::new(of(&first, &second).into_future());
            select.waits();
            let (sender, other) = if late == 0 { (&one, &second) } else { (&two, &first) };
            sender.try_send(7).unwrap();
            assert!(select.is_woken());
            assert_eq!(select.ready(), Some(7));
            assert!(other.is_empty());
        }
    }
}

#[test]
fn sends_and_receives_mix() {
    let (full, drain) = bounded(1);
    full.try_send(0).unwrap();
    let (_keep, silent) = unbounded::<u8>();
    let mut slot = Some(5);
    let select =
        Select::new().send_from(&full, &mut slot, |sent| sent.is_ok()).recv(&silent, |_| false);
    let mut select = Steps::new(select.into_future());
    select.waits();
    assert_eq!(drain.try_recv(), Ok(0));
    assert!(select.is_woken());
    assert!(select.ready());
    drop(select);
    assert_eq!(slot, None);
    assert_eq!(drain.try_recv(), Ok(5));
}

#[test]
fn a_closed_channel_is_ready() {
    let (sender, receiver) = bounded::<u8>(0);
    let (full, _keep) = bounded(0);
    let (one, two) = (receiver.clone(), receiver);
    let mut waiting = Steps::new(
        Select::new().recv(&one, |got| got.is_err()).send(&full, 1_u8, |_| false).into_future(),
    );
    waiting.waits();
    drop(sender);
    assert!(waiting.is_woken());
    assert!(waiting.ready());
    assert_eq!(Select::new().recv(&two, |got| got).try_now(), Some(Err(RecvError)));
    full.close();
    let mut slot = Some(3);
    let sent = Select::new().send_from(&full, &mut slot, |sent| sent).wait();
    assert_eq!((sent, slot), (Err(SendError(3)), None));
}

/// With one channel in two branches, a select does not pair with itself, but two selects do.
#[test]
fn a_select_does_not_meet_itself() {
    let (sender, receiver) = bounded::<u8>(0);
    let both =
        |receiver| Select::new().recv(receiver, |_| 'r').send(&sender, 1, |_| 's').into_future();
    let mut alone = Steps::new(both(&receiver));
    alone.waits();
    alone.waits();
    let mut other = Steps::new(both(&receiver));
    let one = other.ready();
    assert!(alone.is_woken());
    let mut pair = [one, alone.ready()];
    pair.sort_unstable();
    assert_eq!(pair, ['r', 's']);
}

#[test]
fn a_channel_may_stand_in_it_several_times() {
    let (sender, receiver) = bounded(1);
    let mut select = Steps::new(of(&receiver, &receiver).into_future());
    select.waits();
    sender.try_send(1).unwrap();
    sender.try_send(2).unwrap();
    assert_eq!(select.ready(), Some(1));
    drop(select);
    assert_eq!(receiver.try_recv(), Ok(2));
}

#[test]
fn without_branches_it_waits_for_ever() {
    let mut select = Steps::new(Select::<()>::new().into_future());
    select.waits();
    assert!(Select::<()>::new().try_now().is_none());
    assert!(Select::<()>::new().wait_timeout(Duration::from_millis(1)).is_err());
}

/// Dropped at any point, it has taken nothing and sent nothing that is still in its slot.
#[test]
fn a_dropped_select_loses_no_message() {
    for kind in KINDS {
        at_every_drop(|moment| {
            let ((one, first), (two, second)) = (make(kind), make(kind));
            let select = of(&first, &second).into_future();
            let mut steps = Steps::new(dropping(moment, select));
            let mut got = None;
            if steps.poll().is_pending() {
                one.try_send(1).unwrap();
                let _ = two.try_send(2);
                got = Some(steps.ready());
            }
            drop(steps);
            let taken = got.flatten().flatten();
            let mut left: Vec<_> = first.try_iter().chain(second.try_iter()).chain(taken).collect();
            left.sort_unstable();
            let sent_two = kind != Some(0) && got.is_some();
            assert_eq!(
                left,
                if got.is_none() {
                    vec![]
                } else if sent_two {
                    vec![1, 2]
                } else {
                    vec![1]
                }
            );
            got.flatten()
        });
    }
}

#[test]
fn a_dropped_send_branch_has_sent_or_has_its_message() {
    at_every_drop(|moment| {
        let (sender, receiver) = bounded(0);
        let mut slot = Some(1);
        let select = Select::new().send_from(&sender, &mut slot, |sent| sent.is_ok());
        let mut steps = Steps::new(dropping(moment, select.into_future()));
        let (mut got, mut ended) = (None, None);
        if steps.poll().is_pending() {
            got = receiver.try_recv().ok();
            ended = Some(steps.ready());
        }
        drop(steps);
        assert_eq!([slot, got].into_iter().flatten().collect::<Vec<_>>(), [1], "{moment:?}");
        ended.flatten()
    });
}

fn stage(input: &Receiver<usize>, output: &Sender<usize>, sum: &AtomicUsize) {
    let mut held: Option<usize> = None;
    loop {
        let carried = held.is_some();
        let mut slot = held.take();
        let mut received = None;
        if carried {
            let sent = Select::new().send_from(output, &mut slot, |sent| sent.is_ok()).wait();
            assert!(sent);
        } else {
            let closed = Select::new()
                .recv(input, |got| {
                    received = got.ok();
                    received.is_none()
                })
                .wait();
            if closed {
                return;
            }
        }
        held = received.or(slot);
        sum.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn selects_on_both_sides_of_every_channel_lose_nothing() {
    for capacity in [0, 1, 4] {
        let (first, second) = (bounded(capacity), bounded(capacity));
        let (out, result) = bounded(capacity);
        let steps = Arc::new(AtomicUsize::new(0));
        let mut threads = Vec::new();
        for (input, output) in [(first.1, second.0), (second.1, out)] {
            for _ in 0..2 {
                let (input, output, steps) = (input.clone(), output.clone(), steps.clone());
                threads.push(std::thread::spawn(move || stage(&input, &output, &steps)));
            }
        }
        let source = first.0;
        threads.push(std::thread::spawn(move || {
            for message in 0..400 {
                assert!(Select::new().send(&source, message, |sent| sent.is_ok()).wait());
            }
        }));
        let mut all: Vec<_> = result.iter().collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..400), "capacity {capacity}");
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

/// Two threads, each of which offers to send to the other and to receive from it at once: every
/// step pairs them up in one of the two ways.
#[test]
fn two_selects_that_meet_in_two_channels_always_agree() {
    let (to_right, right) = bounded::<u32>(0);
    let (to_left, left) = bounded::<u32>(0);
    let side = |sender: Sender<u32>, receiver: Receiver<u32>| {
        move || {
            let (mut sent, mut received) = (0_u32, 0_u32);
            while sent + received < 1_000 {
                let was_sent = Select::new()
                    .send(&sender, sent, |done| done.map_or(true, |()| true))
                    .recv(&receiver, |got| {
                        assert_eq!(got, Ok(received));
                        false
                    })
                    .wait();
                if was_sent { sent += 1 } else { received += 1 }
            }
            (sent, received)
        }
    };
    let one = std::thread::spawn(side(to_right, left));
    let two = std::thread::spawn(side(to_left, right));
    let (one, two) = (one.join().unwrap(), two.join().unwrap());
    assert_eq!((one.0, one.1), (two.1, two.0));
}
