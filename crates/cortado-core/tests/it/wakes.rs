//! No wake is lost, and none harms, wherever it comes from and whenever.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use cortado_core::time::sleep;
use cortado_core::{Builder, Runtime, spawn, yield_now};

/// Counts up by whoever wakes; the task ends when it has seen the last count.
struct Target {
    count: AtomicUsize,
    waker: parking_lot::Mutex<Option<Waker>>,
}

const WAKES: usize = 300;

async fn reach(target: Arc<Target>, goal: usize) {
    poll_fn(|cx| {
        if target.count.load(Ordering::Relaxed) == goal {
            return Poll::Ready(());
        }
        *target.waker.lock() = Some(cx.waker().clone());
        // Whoever counted before the waker was left has nobody to wake.
        if target.count.load(Ordering::Relaxed) == goal { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// A wake takes the waker out of the lock first, so that wakes come at any time of the poll.
fn hit(target: &Target, by_value: bool) {
    target.count.fetch_add(1, Ordering::Relaxed);
    let waker = target.waker.lock().clone();
    match waker {
        Some(waker) if by_value => waker.wake(),
        Some(waker) => waker.wake_by_ref(),
        None => {}
    }
}

fn foreign_wakes(runtime: &Runtime, load: usize) {
    let targets: Vec<_> = (0..40)
        .map(|_| Arc::new(Target { count: AtomicUsize::new(0), waker: None.into() }))
        .collect();
    let stop = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..load)
        .map(|_| {
            let stop = stop.clone();
            runtime.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    (0..2_000).for_each(|n| _ = std::hint::black_box(n));
                    yield_now().await;
                }
            })
        })
        .collect();
    let tasks: Vec<_> =
        targets.iter().map(|target| runtime.spawn(reach(target.clone(), 4 * WAKES))).collect();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let targets = targets.clone();
            std::thread::spawn(move || {
                for round in 0..WAKES {
                    targets.iter().for_each(|target| hit(target, (round + thread) % 2 == 0));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        for task in busy {
            task.await.unwrap();
        }
    });
}

#[test]
fn from_foreign_threads() {
    foreign_wakes(&Builder::new().worker_threads(2).build().unwrap(), 0);
}

#[test]
fn from_foreign_threads_under_load() {
    foreign_wakes(&Builder::new().worker_threads(3).build().unwrap(), 6);
}

#[test]
fn after_completion_by_many_threads_at_once() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    for _ in 0..100 {
        let (send, receive) = channel::<Waker>();
        let (go, going) = channel::<()>();
        let task = runtime.spawn(async move {
            poll_fn(|cx| {
                send.send(cx.waker().clone()).unwrap();
                Poll::Ready(())
            })
            .await;
            drop(going);
        });
        let waker = receive.recv().unwrap();
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let waker = waker.clone();
                std::thread::spawn(move || {
                    for _ in 0..50 {
                        waker.wake_by_ref();
                        waker.clone().wake();
                    }
                    waker.wake();
                })
            })
            .collect();
        drop(waker);
        runtime.block_on(task).unwrap();
        assert!(go.send(()).is_err(), "the task has ended");
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn a_task_that_wakes_itself_in_every_way() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    let rounds = runtime.block_on(async {
        spawn(async {
            let mut round = 0;
            poll_fn(|cx| {
                round += 1;
                match round % 4 {
                    0 => cx.waker().wake_by_ref(),
                    1 => cx.waker().clone().wake(),
                    2 => (0..3).for_each(|_| cx.waker().wake_by_ref()),
                    _ => {
                        let waker = cx.waker().clone();
                        drop(std::thread::spawn(move || waker.wake()));
                    }
                }
                if round == 400 { Poll::Ready(round) } else { Poll::Pending }
            })
            .await
        })
        .await
    });
    assert_eq!(rounds.unwrap(), 400);
}

/// The worker waits for the first timer; the second did not end that wait, since it was for later still.
#[test]
fn by_a_timer_that_is_moved_to_before_the_one_that_is_waited_for() {
    let (ended, ends) = channel();
    let mover = std::thread::spawn(move || {
        let runtime = Builder::new().worker_threads(1).build().unwrap();
        let hour = Duration::from_secs(3600);
        drop(runtime.spawn(async move { sleep(hour).await }));
        std::thread::sleep(Duration::from_millis(50));
        runtime.block_on(async {
            let mut timer = sleep(2 * hour);
            assert!(poll_fn(|cx| Poll::Ready(Pin::new(&mut timer).poll(cx).is_pending())).await);
            timer.reset(Instant::now() + Duration::from_millis(10));
            timer.await;
        });
        ended.send(()).unwrap();
    });
    assert_eq!(ends.recv_timeout(Duration::from_secs(60)), Ok(()), "the timer does not come");
    mover.join().unwrap();
}
