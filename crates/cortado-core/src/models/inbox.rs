//! The inbox and the injector: everything comes out once, each producer's in its order, and what
//! holds a task never looks empty.

use loom::sync::Arc;
use loom::thread;

use super::{each_once, item, number};
use crate::inbox::{Chain, Inbox, Parcel};
use crate::injector::Injector;
use crate::task::{Header, Runnable};
use crate::tuning::INJECTOR_OLDEST_EVERY;

#[test]
fn loom_inbox_keeps_each_producers_order() {
    loom::model(|| {
        let inbox: Arc<Inbox<Parcel<u64>>> = Arc::new(Inbox::new());
        let producers: Vec<_> = [10, 20]
            .into_iter()
            .map(|first| {
                let inbox = inbox.clone();
                thread::spawn(move || {
                    inbox.push(Parcel::pack(first));
                    inbox.push(Parcel::pack(first + 1));
                })
            })
            .collect();
        let mut taken: Vec<_> = inbox.take_all().map(|parcel| parcel.unpack()).collect();
        producers.into_iter().for_each(|producer| producer.join().unwrap());
        taken.extend(inbox.take_all().map(|parcel| parcel.unpack()));
        let place = |wanted| taken.iter().position(|number| *number == wanted);
        assert!(place(10) < place(11) && place(20) < place(21), "{taken:?}");
        each_once(taken, vec![10, 11, 20, 21]);
    });
}

#[test]
fn loom_inbox_takes_a_chain_in_one_piece() {
    loom::model(|| {
        let inbox: Arc<Inbox<Parcel<u64>>> = Arc::new(Inbox::new());
        let shared = inbox.clone();
        let producer = thread::spawn(move || {
            let mut chain = Chain::new();
            for number in [1, 2, 3] {
                chain.push_back(Parcel::pack(number));
            }
            shared.push_chain(chain);
        });
        let other = inbox.clone();
        let second = thread::spawn(move || other.push(Parcel::pack(9)));
        let some: Vec<_> = inbox.take_all().map(|parcel| parcel.unpack()).collect();
        producer.join().unwrap();
        second.join().unwrap();
        let rest: Vec<_> = inbox.take_all().map(|parcel| parcel.unpack()).collect();
        let whole = |taken: &[u64]| taken.windows(3).any(|three| three == [1, 2, 3]);
        assert!(whole(&some) || whole(&rest), "{some:?} {rest:?}");
        each_once([some, rest].concat(), vec![1, 2, 3, 9]);
    });
}

/// Only the first of several pushes into an empty inbox says that it was empty.
#[test]
fn loom_inbox_tells_one_producer_that_it_was_empty() {
    loom::model(|| {
        let inbox: Arc<Inbox<Parcel<u64>>> = Arc::new(Inbox::new());
        let shared = inbox.clone();
        let other = thread::spawn(move || shared.push(Parcel::pack(1)));
        let first = inbox.push(Parcel::pack(2));
        assert!(first ^ other.join().unwrap());
    });
}

fn chain_of(task: Runnable) -> Chain<Header> {
    let mut chain = Chain::new();
    chain.push_back(task);
    chain
}

/// While a taker moves tasks from list to list, and one stays, nobody sees an empty injector.
#[test]
fn loom_injector_with_a_task_never_looks_empty() {
    loom::model(|| {
        let injector = Arc::new(Injector::new());
        injector.push(item());
        injector.spill(chain_of(item()));
        let shared = injector.clone();
        let observer = thread::spawn(move || shared.is_empty());
        let taken = injector.take(0, |_| unreachable!("only one was asked for"));
        assert!(taken.is_some());
        assert!(!observer.join().unwrap());
        drop(injector.take_all());
    });
}

#[test]
fn loom_injector_gives_every_task_once() {
    loom::model(|| {
        let injector = Arc::new(Injector::new());
        let (first, second, third) = (item(), item(), item());
        let expected = vec![number(&first), number(&second), number(&third)];
        injector.push(first);
        injector.spill(chain_of(second));
        let shared = injector.clone();
        let taker = thread::spawn(move || {
            let mut taken = Vec::new();
            let one = shared.take(1, |task| taken.push(task));
            taken.extend(one);
            taken
        });
        injector.push(third);
        let mut taken: Vec<_> = injector.take(0, |_| unreachable!()).into_iter().collect();
        taken.extend(taker.join().unwrap());
        taken.extend(injector.take_all());
        assert!(injector.is_empty());
        each_once(taken.iter().map(number).collect(), expected);
    });
}

/// Of the new tasks that were spilled, the newest; by turns with the others; the oldest for who has many.
#[test]
fn loom_injector_takes_from_the_right_end() {
    loom::model(|| {
        let injector = Injector::new();
        let (pushed, spilled) = (item(), [item(), item(), item(), item()]);
        let (other, [first, second, third, fourth]) =
            (number(&pushed), spilled.each_ref().map(number));
        injector.push(pushed);
        let mut chain = Chain::new();
        spilled.into_iter().for_each(|task| chain.push_back(task));
        injector.spill(chain);
        let take = |more| {
            let mut kept = Vec::new();
            let taken = injector.take(more, |task| kept.push(number(&task)));
            (taken.map(|task| number(&task)), kept)
        };
        assert_eq!(take(1), (Some(fourth), vec![third]));
        assert_eq!(take(1), (Some(other), vec![]));
        let longest_waiting = injector.take_longest_waiting();
        assert_eq!(longest_waiting.map(|task| number(&task)), Some(first));
        assert_eq!(take(1), (Some(second), vec![]));
        assert_eq!(take(1), (None, vec![]));
    });
}

/// Also where new ones keep coming, and whoever takes has room for more.
#[test]
fn loom_injector_takes_the_oldest_now_and_then() {
    let mut model = loom::model::Builder::new();
    // One thread, but more steps than a model may have by default.
    model.max_branches = 100_000;
    model.check(|| {
        let injector = Injector::new();
        let oldest = item();
        let wanted = number(&oldest);
        injector.spill(chain_of(oldest));
        let has_its_turn = (0..2 * INJECTOR_OLDEST_EVERY).any(|_| {
            (0..2).for_each(|_| injector.spill(chain_of(item())));
            let mut kept = Vec::new();
            let taken = injector.take(1, |task| kept.push(number(&task)));
            taken.is_some_and(|task| number(&task) == wanted) || kept.contains(&wanted)
        });
        assert!(has_its_turn);
        drop(injector.take_all());
    });
}
