//! A clock that stands: it goes on by itself only when nothing else can happen, and never too far.

use std::cell::RefCell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use cortado_core::time::{self, Instant};
use cortado_core::{Builder, LocalRuntime, Runtime, spawn, spawn_blocking, spawn_local, yield_now};

use crate::dropping::{Moment, dropping};

const HOUR: Duration = Duration::from_secs(3600);

fn paused() -> LocalRuntime {
    Builder::new().start_paused(true).build_single().unwrap()
}

#[test]
fn sleeps_take_no_time_and_end_to_the_nanosecond() {
    paused().block_on(async {
        let start = Instant::now();
        time::sleep(Duration::from_nanos(1)).await;
        assert_eq!(start.elapsed(), Duration::from_nanos(1));
        time::sleep(1000 * HOUR).await;
        assert_eq!(start.elapsed(), 1000 * HOUR + Duration::from_nanos(1));
    });
}

#[test]
fn timers_fire_one_by_one_in_their_order() {
    let order = paused().block_on(async {
        let start = Instant::now();
        let order = Rc::new(RefCell::new(Vec::new()));
        let naps: Vec<_> = [50, 10, 30, 20, 40]
            .map(|ms| {
                let order = order.clone();
                spawn_local(async move {
                    time::sleep(Duration::from_millis(ms)).await;
                    assert_eq!(start.elapsed(), Duration::from_millis(ms));
                    order.borrow_mut().push(ms);
                })
            })
            .into();
        for nap in naps {
            nap.await.unwrap();
        }
        order.take()
    });
    assert_eq!(order, [10, 20, 30, 40, 50]);
}

#[test]
fn time_stands_while_a_task_is_ready() {
    paused().block_on(async {
        let nap = spawn(time::sleep(Duration::from_nanos(1)));
        let start = Instant::now();
        for _ in 0..1000 {
            yield_now().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(!nap.is_finished());
        nap.await.unwrap();
    });
}

#[test]
fn time_stands_while_a_closure_runs_on_the_blocking_pool() {
    paused().block_on(async {
        let start = Instant::now();
        let nap = spawn(async move {
            time::sleep(HOUR).await;
            start.elapsed()
        });
        yield_now().await;
        let (go, goes) = mpsc::channel::<()>();
        // The closure that is waited for hears only from the second one, so both run at once.
        let waits = spawn_blocking(move || goes.recv().unwrap());
        let tells = spawn_blocking(move || go.send(()).unwrap());
        waits.await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        tells.await.unwrap();
        assert_eq!(nap.await.unwrap(), HOUR);
    });
}

#[test]
fn a_closure_that_nobody_waits_for_lets_the_clock_go_when_it_ends() {
    paused().block_on(async {
        let (go, goes) = mpsc::channel::<()>();
        drop(spawn_blocking(move || goes.recv().unwrap()));
        let sender = std::thread::spawn(move || go.send(()).unwrap());
        time::sleep(HOUR).await;
        sender.join().unwrap();
    });
}

/// Each closure ends at another moment of the event loop's way to sleep.
#[test]
fn a_closure_that_ends_while_the_loop_goes_to_sleep_lets_the_clock_go() {
    paused().block_on(async {
        let start = Instant::now();
        for round in 0..5000 {
            drop(spawn_blocking(move || (0..round % 500).for_each(|_| std::hint::spin_loop())));
            time::sleep(HOUR).await;
        }
        assert_eq!(start.elapsed(), 5000 * HOUR);
    });
}

#[test]
fn an_aborted_closure_holds_the_clock_no_longer() {
    let runtime = Builder::new().start_paused(true).max_blocking_threads(1).build_single().unwrap();
    runtime.block_on(async {
        let (go, goes) = mpsc::channel::<()>();
        let first = spawn_blocking(move || goes.recv().unwrap());
        let second = spawn_blocking(|| ());
        second.abort();
        go.send(()).unwrap();
        first.await.unwrap();
        assert!(second.await.unwrap_err().is_cancelled());
        time::sleep(HOUR).await;
    });
}

#[test]
fn timeouts_come_before_what_is_later() {
    paused().block_on(async {
        let start = Instant::now();
        assert!(time::timeout(HOUR, pending::<()>()).await.is_err());
        assert_eq!(start.elapsed(), HOUR);
        assert!(time::timeout(2 * HOUR, time::sleep(HOUR)).await.is_ok());
        // The cancelled timer of the timeout above does not come any more.
        assert_eq!(start.elapsed(), 2 * HOUR);
        assert!(time::timeout_at(start + 3 * HOUR, pending::<()>()).await.is_err());
        assert_eq!(start.elapsed(), 3 * HOUR);
    });
}

#[test]
fn the_longest_duration_never_ends() {
    paused().block_on(async {
        let never = spawn(time::sleep(Duration::MAX));
        let moved = spawn_local(async {
            let mut timer = std::pin::pin!(time::sleep(HOUR));
            assert!(dropping(Moment::AfterPoll(1), timer.as_mut()).await.is_none());
            timer
                .as_mut()
                .reset(Instant::now() + Duration::from_secs(u64::MAX / 1_000_000_000 * 5));
            assert!(dropping(Moment::AfterPoll(1), timer.as_mut()).await.is_none());
            time::sleep(50 * 365 * 24 * HOUR).await;
            assert!(!timer.is_elapsed());
            timer.as_mut().reset(Instant::now() + HOUR);
            timer.await;
        });
        moved.await.unwrap();
        assert!(time::timeout(HOUR, never).await.is_err());
    });
}

#[test]
fn advance_fires_what_is_due_and_nothing_else() {
    paused().block_on(async {
        let start = Instant::now();
        let naps: Vec<_> = (1..=3).map(|hours| spawn(time::sleep(hours * HOUR))).collect();
        yield_now().await;
        time::advance(2 * HOUR).await;
        let finished: Vec<_> = naps.iter().map(|nap| nap.is_finished()).collect();
        assert_eq!(finished, [true, true, false]);
        assert_eq!(start.elapsed(), 2 * HOUR);
        time::advance(Duration::ZERO).await;
        assert_eq!(start.elapsed(), 2 * HOUR);
    });
}

#[test]
fn advance_moves_the_clock_once_at_whatever_poll_it_is_dropped() {
    for polls in 0..3 {
        paused().block_on(async {
            let start = Instant::now();
            dropping(Moment::AfterPoll(polls), time::advance(HOUR)).await;
            let moved = if polls == 0 { Duration::ZERO } else { HOUR };
            assert_eq!(start.elapsed(), moved);
        });
    }
}

#[test]
fn time_goes_on_from_where_it_stood() {
    Runtime::single().unwrap().block_on(async {
        let start = Instant::now();
        time::pause();
        time::pause();
        time::advance(HOUR).await;
        let stood = Instant::now();
        assert!(stood.duration_since(start) >= HOUR);
        time::resume();
        time::resume();
        assert!(Instant::now() >= stood);
        time::sleep(Duration::from_millis(2)).await;
        assert!(stood.elapsed() >= Duration::from_millis(2));
        time::pause();
        let again = Instant::now();
        yield_now().await;
        assert_eq!(again.elapsed(), Duration::ZERO);
    });
}

#[test]
fn other_threads_wake_it_and_read_the_same_clock() {
    let runtime = paused();
    let handle = runtime.handle();
    runtime.block_on(async {
        let start = Instant::now();
        time::sleep(HOUR).await;
        let seen = Arc::new(AtomicU64::new(0));
        let (own, entered) = (seen.clone(), handle.clone());
        let thread = std::thread::spawn(move || {
            let _entered = entered.enter();
            own.store(start.elapsed().as_secs(), Ordering::SeqCst);
            entered.spawn(async { 7 })
        });
        // Nothing but the other thread can end this, and no timer is there to skip to.
        while seen.load(Ordering::SeqCst) == 0 {
            yield_now().await;
        }
        assert_eq!(seen.load(Ordering::SeqCst), 3600);
        assert_eq!(thread.join().unwrap().await.unwrap(), 7);
    });
}

/// Its timers come at any moment of the event loop's way to sleep.
#[test]
fn another_thread_sleeps_by_the_clock_that_stands() {
    let runtime = paused();
    let handle = runtime.handle();
    runtime.block_on(async {
        let start = Instant::now();
        let until_it_ends = spawn(pending::<()>());
        let end = until_it_ends.abort_handle();
        let thread = std::thread::spawn(move || {
            let own = Runtime::single().unwrap();
            for _ in 0..5000 {
                let nap = {
                    let _entered = handle.enter();
                    time::sleep(HOUR)
                };
                own.block_on(nap);
            }
            end.abort();
        });
        assert!(until_it_ends.await.unwrap_err().is_cancelled());
        thread.join().unwrap();
        assert_eq!(start.elapsed(), 5000 * HOUR);
    });
}

#[test]
fn only_an_event_loop_has_a_clock_that_stands() {
    let error = Builder::new().start_paused(true).build().unwrap_err();
    assert!(error.to_string().contains("build_single"), "{error}");
    let runtime = Runtime::new().unwrap();
    let refused = |call: fn()| {
        let caught = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { call() })));
        *caught.unwrap_err().downcast::<String>().unwrap()
    };
    for call in [time::pause, time::resume, || drop(time::advance(HOUR))] {
        let message = refused(call);
        assert!(message.contains("Runtime::single"), "{message}");
    }
}

#[test]
fn a_clock_is_moved_only_from_its_own_event_loop() {
    let (first, second) = (paused(), paused());
    let mut advance = None;
    first.block_on(async { advance = Some(time::advance(HOUR)) });
    let caught = catch_unwind(AssertUnwindSafe(|| second.block_on(advance.unwrap())));
    let message = *caught.unwrap_err().downcast::<&str>().unwrap();
    assert!(message.contains("in another runtime"), "{message}");
}

#[test]
fn advancing_a_clock_that_runs_says_what_to_do() {
    let runtime = Runtime::single().unwrap();
    let caught = catch_unwind(AssertUnwindSafe(|| runtime.block_on(time_advance())));
    let payload = caught.unwrap_err();
    let message = payload.downcast_ref::<&str>().unwrap();
    assert!(message.contains("call `time::pause` first"), "{message}");
}

async fn time_advance() {
    time::advance(HOUR).await;
}
