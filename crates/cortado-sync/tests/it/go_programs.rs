//! Go's test programs for channels and select, rewritten for ours: the same situations and
//! expectations, none of the text. Each test names its program in Go's repository (BSD licence,
//! <https://go.dev/LICENSE>); goroutines are threads here.
//!
//! What is not here: what tests Go's grammar (`perm.go`, `sendstmt.go`, `select5.go`, `select8.go`),
//! its collector (`select2.go`) and its stacks; and what other files have already, such as the
//! fairness of select (`TestSelectFairness`) and a select that meets itself (`TestSelfSelect`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{JoinHandle, spawn, yield_now};
use std::time::Duration;

use cortado_sync::Blocking;
use cortado_sync::channel::{
    Receiver, RecvError, Sender, TryRecvError, TrySendError, bounded, unbounded,
};
use cortado_sync::select::Select;

fn join_all<T>(threads: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
}

/// `test/chan/fifo.go`: a chain of goroutines, each of which waits for the one before it, receives
/// in the order in which the values were sent.
#[test]
fn fifo() {
    const COUNT: usize = 10;
    let (values, receiver) = bounded(COUNT);
    (0..COUNT).for_each(|value| values.try_send(value).unwrap());
    assert!(receiver.try_iter().eq(0..COUNT));

    let (values, receiver) = bounded(0);
    let (first, mut turn) = bounded::<()>(0);
    let mut threads = Vec::new();
    for value in 0..COUNT {
        let (done, next) = bounded(0);
        let (receiver, before) = (receiver.clone(), std::mem::replace(&mut turn, next));
        threads.push(spawn(move || {
            before.recv_blocking().unwrap();
            assert_eq!(receiver.recv_blocking(), Ok(value));
            done.send_blocking(()).unwrap();
        }));
    }
    first.send_blocking(()).unwrap();
    (0..COUNT).for_each(|value| values.send_blocking(value).unwrap());
    turn.recv_blocking().unwrap();
    join_all(threads);
}

/// `test/chan/goroutines.go`: a value goes through a long chain.
#[test]
fn goroutines() {
    let (first, mut last) = bounded(0);
    let mut threads = Vec::new();
    for _ in 0..200 {
        let (sender, receiver) = bounded(0);
        let before = std::mem::replace(&mut last, receiver);
        threads.push(spawn(move || {
            sender.send_blocking(before.recv_blocking().unwrap() + 1).unwrap();
        }));
    }
    first.send_blocking(0).unwrap();
    assert_eq!(last.recv_blocking(), Ok(200));
    join_all(threads);
}

/// `test/chan/sieve1.go`: primes, by a filter per prime.
#[test]
fn sieve() {
    let (sender, mut numbers) = bounded(0);
    let mut threads =
        vec![spawn(move || (2..).for_each_while(|n| sender.send_blocking(n).is_ok()))];
    let mut primes = Vec::new();
    for _ in 0..25 {
        let prime: u32 = numbers.recv_blocking().unwrap();
        primes.push(prime);
        let (sender, filtered) = bounded(0);
        let before = std::mem::replace(&mut numbers, filtered);
        threads.push(spawn(move || {
            let others = before.into_iter().filter(|number| number % prime != 0);
            others.for_each_while(|number| sender.send_blocking(number).is_ok());
        }));
    }
    assert_eq!(primes[..10], [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
    assert_eq!(primes.last(), Some(&97));
    drop(numbers);
    join_all(threads);
}

/// An iterator that is followed until something says no.
trait ForEachWhile: Iterator + Sized {
    fn for_each_while(mut self, goes_on: impl FnMut(Self::Item) -> bool) {
        self.all(goes_on);
    }
}

impl<I: Iterator> ForEachWhile for I {}

/// `test/chan/doubleselect.go`: no value of a select over four sends is seen twice or never.
#[test]
fn doubleselect() {
    const COUNT: usize = 600;
    let channels: Vec<_> = (0..4).map(|_| bounded(0)).collect();
    let (senders, receivers): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
    let (merged, all) = bounded(0);
    let source = spawn(move || {
        for value in 0..COUNT {
            let select = senders.iter().fold(Select::new(), |select, sender| {
                select.send(sender, value, |sent| sent.unwrap())
            });
            select.wait();
        }
    });
    let forwarders = receivers.into_iter().map(|receiver| {
        let merged = merged.clone();
        spawn(move || receiver.iter().for_each(|value| merged.send_blocking(value).unwrap()))
    });
    let threads: Vec<_> = forwarders.chain([source]).collect();
    drop(merged);
    let seen: Vec<_> = all.iter().collect();
    assert_eq!(seen.len(), COUNT);
    assert!(seen.into_iter().collect::<BTreeSet<_>>().into_iter().eq(0..COUNT));
    join_all(threads);
}

/// `test/chan/nonblock.go`: what does not wait works with and without a partner, for every capacity.
#[test]
fn nonblock() {
    for capacity in [0, 1] {
        let (sender, receiver) = bounded::<u8>(capacity);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        if capacity == 0 {
            assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
        }
        let own = receiver.clone();
        let partner = spawn(move || own.recv_blocking());
        while sender.try_send(2).is_err() {
            yield_now();
        }
        assert_eq!(join_all([partner]), [Ok(2)]);
        let partner = spawn(move || sender.send_blocking(3).map(|()| sender));
        let received = loop {
            match receiver.try_recv() {
                Err(TryRecvError::Empty) => yield_now(),
                received => break received,
            }
        };
        assert_eq!(received, Ok(3));
        drop(join_all([partner]));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    }
}

/// `test/chan/select.go`: a branch that is left out now and then; each side sees every value.
#[test]
fn select() {
    let (odd, odds) = bounded(0);
    let (even, evens) = bounded(0);
    let source = spawn(move || {
        for value in 0..100 {
            let select = Select::new();
            let select = match value % 2 {
                0 => select.send(&even, value, |sent| sent.is_ok()),
                _ => select.send(&odd, value, |sent| sent.is_ok()),
            };
            assert!(select.wait());
        }
    });
    let mut seen = Vec::new();
    let (mut odds, mut evens) = (Some(odds), Some(evens));
    while odds.is_some() || evens.is_some() {
        let mut select = Select::new();
        for (which, receiver) in [(0, &odds), (1, &evens)] {
            if let Some(receiver) = receiver {
                select = select.recv(receiver, move |got| (which, got));
            }
        }
        match select.wait() {
            (_, Ok(value)) => seen.push(value),
            (0, Err(RecvError)) => odds = None,
            (_, Err(RecvError)) => evens = None,
        }
    }
    assert!(seen.into_iter().eq(0..100));
    join_all([source]);
}

/// `test/chan/select6.go` (issue 2075): a select that loses, last in the line of a channel with
/// other waiters, does not keep those behind it from being woken.
#[test]
fn select6() {
    for _ in 0..50 {
        let (one, first) = bounded::<bool>(0);
        let (two, second) = bounded::<bool>(0);
        let (three, third) = bounded::<bool>(0);
        let waits = {
            let first = first.clone();
            spawn(move || first.recv_blocking().unwrap())
        };
        let answers = spawn(move || {
            second.recv_blocking().unwrap();
            three.send_blocking(true).unwrap();
        });
        let chooses = {
            let (first, two) = (first.clone(), two);
            spawn(move || {
                let which = Select::new().recv(&first, |_| 1).send(&two, true, |_| 2).wait();
                assert_eq!(which, 2);
            })
        };
        third.recv_blocking().unwrap();
        let waits_later = spawn(move || first.recv_blocking().unwrap());
        one.send_blocking(true).unwrap();
        one.send_blocking(true).unwrap();
        assert!(join_all([waits, waits_later]).into_iter().all(|received| received));
        join_all([answers, chooses]);
    }
}

type ReceivesOne = fn(&Receiver<u8>) -> u8;
type SendsOne = fn(&Sender<u8>);

/// `test/chan/select7.go`: every way to receive meets every way to send.
#[test]
fn select7() {
    let receives: [ReceivesOne; 3] = [
        |receiver| receiver.recv_blocking().unwrap(),
        |receiver| Select::new().recv(receiver, |got| got.unwrap()).wait(),
        |receiver| {
            let (_keep, never) = bounded::<u8>(0);
            Select::new().recv(receiver, |got| got.unwrap()).recv(&never, |_| 0).wait()
        },
    ];
    let sends: [SendsOne; 4] = [
        |sender| sender.send_blocking(7).unwrap(),
        |sender| {
            while sender.try_send(7).is_err() {
                yield_now();
            }
        },
        |sender| Select::new().send(sender, 7, |sent| sent.unwrap()).wait(),
        |sender| {
            let (never, _keep) = bounded::<u8>(0);
            Select::new().send(sender, 7, |sent| sent.unwrap()).send(&never, 0, |_| ()).wait();
        },
    ];
    for receive in receives {
        for send in sends {
            for capacity in [0, 1] {
                let (sender, receiver) = bounded(capacity);
                let receiving = spawn(move || receive(&receiver));
                send(&sender);
                assert_eq!(join_all([receiving]), [7]);
            }
        }
    }
}

/// `test/chan/zerosize.go`: messages without a size are counted all the same.
#[test]
fn zerosize() {
    let (sender, receiver) = bounded([(); 3].len());
    (0..3).for_each(|_| sender.try_send([0_u8; 0]).unwrap());
    assert!(sender.try_send([]).is_err());
    assert_eq!(receiver.try_iter().count(), 3);
    let (sender, receiver) = unbounded();
    (0..1_000).for_each(|_| sender.try_send(()).unwrap());
    assert_eq!(receiver.len(), 1_000);
}

/// `TestNonblockSelectRace`: a select that does not wait finds one of two channels ready where at
/// any time at least one is. Go locks both to look at them. Here they are looked at one after the
/// other, in this order: where the first is empty, the second has been filled before.
#[test]
fn nonblock_select_race() {
    for _ in 0..300 {
        let (one, first) = bounded(1);
        let (two, second) = bounded(1);
        one.try_send(1).unwrap();
        // The channels stay open while the other thread has come to its end.
        let (receiver, other) = (first.clone(), second.clone());
        let selecting = spawn(move || {
            Select::new().biased().recv(&receiver, |got| got).recv(&other, |got| got).try_now()
        });
        two.try_send(1).unwrap();
        let _ = first.try_recv();
        assert_eq!(join_all([selecting]), [Some(Ok(1))]);
        drop((one, two));
    }
}

/// `TestSelectStress`: senders and receivers of four channels, alone and by selects over all.
#[test]
fn select_stress() {
    const EACH: usize = 150;
    let capacities = [0, 0, 2, 3];
    let (senders, receivers): (Vec<Sender<usize>>, Vec<Receiver<usize>>) =
        capacities.into_iter().map(bounded).unzip();
    let mut threads = Vec::new();
    for (sender, receiver) in senders.iter().zip(&receivers) {
        let (sender, receiver) = (sender.clone(), receiver.clone());
        threads.push(spawn(move || (0..EACH).for_each(|n| sender.send_blocking(n).unwrap())));
        threads
            .push(spawn(move || (0..EACH).for_each(|_| assert!(receiver.recv_blocking().is_ok()))));
    }
    let (own_senders, own_receivers) = (senders.clone(), receivers.clone());
    threads.push(spawn(move || {
        let mut left = [EACH; 4];
        while left.iter().any(|left| *left > 0) {
            let open = own_senders.iter().enumerate().filter(|(at, _)| left[*at] > 0);
            let sent = open
                .fold(Select::new(), |select, (at, sender)| select.send(sender, 0, move |_| at))
                .wait();
            left[sent] -= 1;
        }
    }));
    threads.push(spawn(move || {
        let mut left = [EACH; 4];
        while left.iter().any(|left| *left > 0) {
            let open = own_receivers.iter().enumerate().filter(|(at, _)| left[*at] > 0);
            let got = open
                .fold(Select::new(), |select, (at, receiver)| select.recv(receiver, move |_| at))
                .wait();
            left[got] -= 1;
        }
    }));
    join_all(threads);
    assert!(receivers.iter().all(Receiver::is_empty));
}

/// `TestPseudoRandomSend`: a select with two branches that send different values takes both.
#[test]
fn pseudo_random_send() {
    const COUNT: usize = 200;
    for capacity in [0, COUNT] {
        let (sender, receiver) = bounded(capacity);
        let receiving = spawn(move || receiver.iter().filter(|bit| *bit).count());
        for _ in 0..COUNT {
            Select::new().send(&sender, false, |_| ()).send(&sender, true, |_| ()).wait();
        }
        drop(sender);
        let ones = join_all([receiving])[0];
        // The chance of a fair choice to stray this far is below one in 10^10.
        assert!((50..150).contains(&ones), "{ones} of {COUNT}");
    }
}

/// `TestMultiConsumer`: many consumers, of different speed, share what one producer sends.
#[test]
fn multi_consumer() {
    const CONSUMERS: usize = 8;
    const COUNT: usize = 600;
    let (work, queue) = bounded(CONSUMERS);
    let (results, received) = bounded(CONSUMERS);
    let rests = Arc::new(AtomicUsize::new(0));
    let mut threads: Vec<_> = (0..CONSUMERS)
        .map(|consumer| {
            let (queue, results, rests) = (queue.clone(), results.clone(), rests.clone());
            spawn(move || {
                for value in &queue {
                    if value % (100 + consumer) == 0 {
                        rests.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(Duration::from_micros(50));
                    }
                    results.send_blocking(value).unwrap();
                }
            })
        })
        .collect();
    drop((queue, results));
    threads.push(spawn(move || (0..COUNT).for_each(|value| work.send_blocking(value).unwrap())));
    let mut all: Vec<_> = received.iter().collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..COUNT));
    join_all(threads);
}
