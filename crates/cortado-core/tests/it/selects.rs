//! `select!`, `join!` and `try_join!`: patterns, order, fairness, and what is dropped when.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use cortado_core::{Builder, Runtime, join, select, spawn, time, try_join, yield_now};

use crate::dropping::{Moment, dropping};

fn run<F: Future>(future: F) -> F::Output {
    Builder::new().start_paused(true).build_single().unwrap().block_on(future)
}

/// Notes its name when it is dropped.
struct Note(&'static str, Rc<RefCell<Vec<&'static str>>>);

impl Drop for Note {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

#[test]
fn the_first_that_is_ready_wins() {
    let won = run(async {
        select! {
            () = time::sleep(Duration::from_millis(20)) => "late",
            () = time::sleep(Duration::from_millis(10)) => "early",
            () = pending() => "never",
        }
    });
    assert_eq!(won, "early");
}

#[test]
fn all_forms_of_branches() {
    run(async {
        let number = select! { n = ready(1) => n };
        assert_eq!(number, 1);
        let number = select! { biased; n = ready(1) => { n + 1 } _ = ready(()) => 0, };
        assert_eq!(number, 2);
        let number = select! {
            biased;
            n = ready(1), if number == 1 => { n }
            n = ready(2), if number == 1 => n,
            n = ready(3), if number == 2 => { n },
            else => 4,
        };
        assert_eq!(number, 3);
        let number = select! { n = ready(1), if false => n, else => 9 };
        assert_eq!(number, 9);
        let a = 5;
        let both = select! { Ok(n) | Err(n) = ready(Ok::<u8, u8>(a)) => n };
        assert_eq!(both, 5);
    });
}

#[test]
fn patterns_that_bind_by_move_mut_and_ref() {
    run(async {
        let text = select! {
            Some(mut text) = ready(Some("a".to_owned())) => { text.push('b'); text }
        };
        assert_eq!(text, "ab");
        let size = select! { Some(ref text) = ready(Some(text)) => text.len() };
        assert_eq!(size, 2);
        let sum = select! { (mut a, b) = ready((1, 2)) => { a += b; a } };
        assert_eq!(sum, 3);
        let letter = select! { Some(&letter) = ready([b'x'].first()) => letter };
        assert_eq!(letter, b'x');
        let word = select! { n @ 1..=5 = ready(3) => n, else => 0 };
        assert_eq!(word, 3);
    });
}

#[test]
fn a_mismatch_leaves_its_branch_out() {
    run(async {
        let won = select! {
            biased;
            Some(n) = ready(None::<u32>) => n,
            n = async { yield_now().await; 7 } => n,
        };
        assert_eq!(won, 7);
        let won = select! {
            Some(n) = ready(None::<u32>) => n,
            Ok(n) = ready(Err::<u32, ()>(())) => n,
            else => 0,
        };
        assert_eq!(won, 0);
    });
}

#[test]
fn without_a_branch_left_it_says_what_to_do() {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        run(async {
            select! { Some(n) = ready(None::<u32>) => n, _ = pending::<()>(), if false => 1 }
        })
    }));
    let payload = caught.unwrap_err();
    assert!(payload.downcast_ref::<&str>().unwrap().contains("there is no `else`"));
}

#[test]
fn losers_are_dropped_before_the_handler_runs() {
    let notes = Rc::new(RefCell::new(Vec::new()));
    run(async {
        let lose = |name| {
            let note = Note(name, notes.clone());
            async move {
                pending::<()>().await;
                drop(note);
            }
        };
        select! {
            () = lose("one") => {}
            () = lose("two") => {}
            () = yield_now() => notes.borrow_mut().push("handler"),
        }
    });
    assert_eq!(notes.borrow().last(), Some(&"handler"));
    assert_eq!(notes.borrow().len(), 3);
}

#[test]
fn handlers_use_what_the_futures_borrowed_and_leave_the_function() {
    async fn first_even(numbers: &mut Vec<u32>) -> Result<u32, String> {
        async fn pop(numbers: &mut Vec<u32>) -> Option<u32> {
            numbers.pop()
        }
        loop {
            select! {
                Some(n) = pop(numbers) => {
                    numbers.shrink_to_fit();
                    if n % 2 == 0 { return Ok(n) }
                    if n == 7 { Err("seven")? }
                    yield_now().await;
                    continue;
                }
                else => break,
            }
        }
        Ok(0)
    }
    run(async {
        assert_eq!(first_even(&mut vec![2, 3, 5]).await, Ok(2));
        assert_eq!(first_even(&mut vec![7, 5]).await, Err("seven".to_owned()));
        assert_eq!(first_even(&mut vec![]).await, Ok(0));
    });
}

#[test]
fn a_future_by_reference_goes_on_in_the_next_round() {
    let rounds = run(async {
        let mut slow = std::pin::pin!(async {
            for _ in 0..5 {
                yield_now().await;
            }
            "done"
        });
        let mut rounds = 0;
        loop {
            select! {
                done = &mut slow => break (done, rounds),
                () = yield_now() => rounds += 1,
            }
        }
    });
    assert_eq!(rounds.0, "done");
    assert!(rounds.1 > 0);
}

#[test]
fn every_ready_branch_wins_sometimes_unless_biased() {
    run(async {
        let mut wins = [0; 3];
        for _ in 0..600 {
            select! {
                () = ready(()) => wins[0] += 1,
                () = ready(()) => wins[1] += 1,
                () = ready(()) => wins[2] += 1,
            }
        }
        assert!(wins.iter().all(|wins| *wins > 100), "{wins:?}");
        for _ in 0..100 {
            select! { biased; () = ready(()) => {} () = ready(()) => panic!("not the first") }
        }
    });
}

#[test]
fn sixty_four_branches() {
    macro_rules! repeat {
        ($go:ident $($n:literal)*) => { $go! { $(n = ready($n), if $n == 63 => n,)* } };
    }
    let won = run(async {
        repeat!(select 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28
            29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57
            58 59 60 61 62 63)
    });
    assert_eq!(won, 63);
}

#[test]
fn it_can_be_sent() {
    let total = Runtime::new().unwrap().block_on(async {
        spawn(async {
            let text = String::from("x");
            let picked = select! { n = async { yield_now().await; text.len() } => n, else => 0 };
            let (a, b) = join!(
                async {
                    yield_now().await;
                    1
                },
                ready(2)
            );
            picked + a + b
        })
        .await
        .unwrap()
    });
    assert_eq!(total, 4);
}

#[test]
fn a_select_that_is_dropped_drops_its_futures_once() {
    for polls in 0..4 {
        let notes = Rc::new(RefCell::new(Vec::new()));
        run(async {
            let own = notes.clone();
            let selecting = async move {
                let (one, two) = (Note("one", own.clone()), Note("two", own));
                select! {
                    () = async move { pending::<()>().await; drop(one) } => {}
                    () = async move { for _ in 0..3 { yield_now().await } drop(two) } => {}
                }
            };
            dropping(Moment::AfterPoll(polls), selecting).await;
        });
        // Without a poll the notes are not made yet.
        assert_eq!(notes.borrow().len(), if polls == 0 { 0 } else { 2 });
    }
}

#[test]
fn join_runs_all_at_the_same_time() {
    run(async {
        let start = time::Instant::now();
        let nap = |ms| async move {
            time::sleep(Duration::from_millis(ms)).await;
            ms
        };
        assert_eq!(join!(nap(10), nap(30), nap(20)), (10, 30, 20));
        assert_eq!(start.elapsed(), Duration::from_millis(30));
        assert_eq!(join!(biased; nap(1),), (1,));
        assert_eq!(try_join!(), Ok::<(), ()>(()));
    });
}

#[test]
fn join_begins_with_another_one_each_time() {
    async fn note(order: &RefCell<Vec<u8>>, name: u8) {
        for _ in 0..3 {
            order.borrow_mut().push(name);
            yield_now().await;
        }
    }
    run(async {
        let order = RefCell::new(Vec::new());
        join!(note(&order, 0), note(&order, 1), note(&order, 2));
        assert_eq!(order.take(), [0, 1, 2, 1, 2, 0, 2, 0, 1]);
        join!(biased; note(&order, 0), note(&order, 1), note(&order, 2));
        assert_eq!(order.take(), [0, 1, 2, 0, 1, 2, 0, 1, 2]);
    });
}

#[test]
fn finished_futures_are_not_polled_again() {
    run(async {
        let polls = Cell::new(0);
        let once = poll_fn(|_| {
            polls.set(polls.get() + 1);
            Poll::Ready(())
        });
        join!(once, async {
            for _ in 0..5 {
                yield_now().await
            }
        });
        assert_eq!(polls.get(), 1);
    });
}

#[test]
fn try_join_drops_the_rest_at_the_first_error() {
    let notes = Rc::new(RefCell::new(Vec::new()));
    let own = Note("rest", notes.clone());
    let result: Result<((), ()), &str> = run(async {
        try_join!(
            async move {
                pending::<()>().await;
                drop(own);
                Ok(())
            },
            async {
                yield_now().await;
                Err("failed")
            },
        )
    });
    assert_eq!(result, Err("failed"));
    assert_eq!(*notes.borrow(), ["rest"]);
}

#[test]
fn a_join_that_is_dropped_drops_outputs_and_futures() {
    for polls in 0..3 {
        let notes = Rc::new(RefCell::new(Vec::new()));
        run(async {
            let (one, two) = (Note("output", notes.clone()), Note("future", notes.clone()));
            let joining = async move {
                join!(ready(one), async move {
                    pending::<()>().await;
                    drop(two);
                })
            };
            if polls == 0 {
                drop(joining);
            } else {
                assert!(dropping(Moment::AfterPoll(1), joining).await.is_none());
            }
        });
        assert_eq!(notes.borrow().len(), 2);
    }
}
