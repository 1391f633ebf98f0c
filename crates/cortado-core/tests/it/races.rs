//! Aborting, joining and detaching while the task ends: one outcome, everything dropped once.

use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use cortado_core::{Builder, JoinHandle, Runtime, spawn, yield_now};

use crate::counted::Counted;

/// A task that ends after so many turns, in one of the states in which the abort may find it.
fn task(runtime: &Runtime, alive: &Arc<AtomicUsize>, turns: usize) -> JoinHandle<Counted> {
    let (kept, output) = (Counted::new(alive), Counted::new(alive));
    runtime.spawn(async move {
        let _kept = kept;
        for _ in 0..turns {
            yield_now().await;
        }
        output
    })
}

#[test]
fn abort_against_completion() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    let alive = Arc::new(AtomicUsize::new(0));
    for round in 0..1_500 {
        let handle = task(&runtime, &alive, round % 5);
        let abort = handle.abort_handle();
        let aborting = (round % 3 > 0).then(|| runtime.spawn(async move { abort.abort() }));
        if round % 3 == 0 {
            handle.abort();
        }
        let result = runtime.block_on(handle);
        assert!(result.as_ref().err().is_none_or(|error| error.is_cancelled()));
        drop(result);
        if let Some(aborting) = aborting {
            runtime.block_on(aborting).unwrap();
        }
    }
    assert_eq!(alive.load(Ordering::SeqCst), 0);
}

#[test]
fn detach_against_completion() {
    let alive = Arc::new(AtomicUsize::new(0));
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    for round in 0..1_500 {
        let mut handle = task(&runtime, &alive, round % 4);
        if round % 2 == 0 {
            // Leaves a waker in the handle's slot.
            let _ = Pin::new(&mut handle).poll(&mut Context::from_waker(Waker::noop()));
        }
        drop(handle);
    }
    drop(runtime);
    assert_eq!(alive.load(Ordering::SeqCst), 0);
}

#[test]
fn a_handle_that_is_polled_from_different_tasks() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        for round in 0..500usize {
            let mut handle = spawn(async move {
                for _ in 0..round % 6 {
                    yield_now().await;
                }
                round
            });
            let mut output = None;
            for _ in 0..3 {
                let turn = spawn(async move {
                    let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut handle).poll(cx))).await;
                    (handle, polled)
                });
                let polled;
                (handle, polled) = turn.await.unwrap();
                if let Poll::Ready(result) = polled {
                    output = Some(result);
                    break;
                }
            }
            let output = match output {
                Some(output) => output,
                None => spawn(handle).await.unwrap(),
            };
            assert_eq!(output.unwrap(), round);
        }
    });
}

/// Panics wherever a waker can; `Wake` leaves out the clone, which is the standard library's.
struct Panics {
    in_wake: bool,
    in_drop: bool,
}

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        assert!(!self.in_wake, "in wake");
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        assert!(!self.in_drop || std::thread::panicking(), "in drop");
    }
}

#[test]
fn a_join_waker_that_panics_harms_nobody() {
    let runtime = Builder::new().worker_threads(1).build().unwrap();
    for (in_wake, in_drop) in [(true, false), (false, true), (true, true)] {
        for detached in [false, true] {
            let (go, going) = std::sync::mpsc::channel::<()>();
            let mut handle = runtime.spawn(async move { going.recv().is_ok() });
            let waker = Waker::from(Arc::new(Panics { in_wake, in_drop }));
            let polled = Pin::new(&mut handle).poll(&mut Context::from_waker(&waker));
            // The slot's waker is the last one, so the runtime drops it.
            std::mem::forget(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                drop(waker)
            })));
            assert!(polled.is_pending());
            go.send(()).unwrap();
            if detached {
                while !handle.is_finished() {
                    std::thread::yield_now();
                }
                let dropped =
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(handle)));
                assert!(dropped.is_ok() || in_drop);
            } else {
                let joined = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    runtime.block_on(&mut handle)
                }));
                assert!(joined.is_ok_and(|result| result.unwrap()) || in_drop);
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(handle)));
            }
            assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
        }
    }
}

/// What a panic brings may itself panic when it is dropped.
struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::panic_any(PanicsWhenDropped);
        }
    }
}

#[test]
fn the_payload_of_a_panic_that_panics_when_dropped_harms_nobody() {
    let runtime = Builder::new().worker_threads(1).build().unwrap();
    for _ in 0..20 {
        drop(runtime.spawn(async { std::panic::panic_any(PanicsWhenDropped) }));
        drop(runtime.spawn(async { PanicsWhenDropped }));
        let aborted = runtime.spawn(async {
            let _kept = PanicsWhenDropped;
            pending::<()>().await;
        });
        aborted.abort();
        drop(aborted);
        assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
    }
}
