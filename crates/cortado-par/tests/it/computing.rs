//! `compute`: results, panics, cancellation and names, from tasks and from anywhere else.

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::panic::Location;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use cortado_core::time::timeout;
use cortado_core::work::{self, Parker, serving};
use cortado_core::{Builder, MonitorMode, Runtime, yield_now};
use cortado_par::{compute, join, scope};
use cortado_probe::Lane;
use parking_lot::Mutex;

fn runtime(workers: usize) -> Runtime {
    Builder::new().worker_threads(workers).build().expect("threads and descriptors")
}

fn lane() -> Option<Lane> {
    serving().map(|(_, lane)| lane)
}

/// Some 0.1 ms or more of CPU time, whatever others do.
fn compute_for_a_while() {
    (0..1_000_000).for_each(|n| _ = black_box(n));
}

/// Longer than what counts as short.
fn long() {
    std::thread::sleep(std::time::Duration::from_millis(1));
}

#[test]
fn a_computation_runs_in_the_work_lane_and_a_short_one_where_it_is_awaited() {
    let runtime = runtime(2);
    let task = runtime.spawn(async {
        let mut lanes = Vec::new();
        for sleeps in [true, true, false, false, false, false, true, true] {
            let closure = move || {
                if sleeps {
                    long();
                }
                lane()
            };
            lanes.push(compute(closure).await);
        }
        (lane(), lanes)
    });
    let (own, lanes) = runtime.block_on(task).expect("no panic");
    assert_eq!(own, Some(Lane::Wait));
    assert!(lanes.iter().all(Option::is_some));
    // The first ones are unknown; so is the last, after a long one. Whether those between count as short is
    // up to the machine.
    for unknown in [0, 1, 2, 7] {
        assert_eq!(lanes[unknown], Some(Lane::Work), "{unknown} of {lanes:?}");
    }
}

/// It runs where it is awaited.
#[test]
fn a_panic_of_a_short_computation_ends_its_task_alone() {
    let runtime = runtime(2);
    let task = |panics: bool| {
        runtime.spawn(async move { compute(move || assert!(!panics, "a short one")).await })
    };
    for _ in 0..10 {
        runtime.block_on(task(false)).expect("no panic");
    }
    for _ in 0..3 {
        assert!(runtime.block_on(task(true)).expect_err("it panics").is_panic());
    }
    runtime.block_on(task(false)).expect("no panic");
}

/// Who had to wait behind others that its thread took from the line with it would be the last to be answered,
/// where more is asked for than can be computed.
#[test]
fn computations_that_take_long_begin_in_the_order_in_which_they_were_asked_for() {
    // Without a monitor there are two threads in the work lane, whatever the machine does meanwhile.
    let builder = Builder::new().worker_threads(2).monitor(MonitorMode::Off);
    let runtime = builder.build().expect("threads and descriptors");
    let begun = Arc::new(Mutex::new(Vec::new()));
    let computations: Vec<_> = (0..100)
        .map(|n| {
            let begun = begun.clone();
            Box::pin(compute(move || {
                begun.lock().push(n);
                compute_for_a_while();
            }))
        })
        .collect();
    let all = async move {
        let mut asked = Vec::new();
        for mut computation in computations {
            let ask = |context: &mut Context<'_>| Poll::Ready(computation.as_mut().poll(context));
            if poll_fn(ask).await.is_pending() {
                asked.push(computation);
            }
        }
        for computation in asked {
            computation.await;
        }
    };
    runtime.block_on(runtime.spawn(all)).expect("no panic");
    let begun = begun.lock();
    for (position, n) in begun.iter().enumerate() {
        let earlier = begun[..position].iter().filter(|earlier| *earlier < n).count();
        assert!(
            n - earlier <= 1,
            "{n} came before more than the one that the other thread had taken: {begun:?}"
        );
    }
}

/// A task of the work lane that yields is in its worker's own queue then, and what comes from outside must not
/// always be first.
#[test]
fn a_task_that_computes_and_yields_advances_beside_computations_without_end() {
    let builder = Builder::new().worker_threads(1).monitor(MonitorMode::Off);
    let runtime = builder.build().expect("threads and descriptors");
    let done = Arc::new(AtomicBool::new(false));
    let yields = async {
        // A worker knows after some 60 polls how long they are.
        for _ in 0..200 {
            compute_for_a_while();
            yield_now().await;
        }
    };
    let yielding = work::spawn_on(&runtime.handle(), yields, "".into(), Location::caller());
    // With three of them, some always wait.
    let others: Vec<_> = (0..3)
        .map(|_| {
            let done = done.clone();
            runtime.spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    compute(compute_for_a_while).await;
                }
            })
        })
        .collect();
    let limit = std::time::Duration::from_secs(60);
    let advanced = runtime.block_on(async { timeout(limit, yielding).await.is_ok() });
    done.store(true, Ordering::Relaxed);
    others.into_iter().for_each(|other| runtime.block_on(other).expect("no panic"));
    assert!(advanced, "it waits behind computations that came later");
}

#[test]
fn joins_and_scopes_inside_of_a_computation_inside_of_a_task() {
    let runtime = runtime(2);
    let tasks: Vec<_> = (0..50_u64)
        .map(|n| {
            runtime.spawn(async move {
                compute(move || {
                    let mut parts = [0; 8];
                    scope(|scope| {
                        for part in &mut parts {
                            scope.spawn(move |_| {
                                let (a, b) = join(|| n, || 1);
                                *part = a + b;
                            });
                        }
                    });
                    parts.iter().sum::<u64>()
                })
                .name("parts")
                .await
            })
        })
        .collect();
    for (n, task) in (0..).zip(tasks) {
        assert_eq!(runtime.block_on(task).expect("no panic"), 8 * (n + 1));
    }
}

#[test]
fn a_panic_arrives_at_who_awaits() {
    let runtime = runtime(1);
    let task = runtime.spawn(async { compute(|| resume_unwind(Box::new(7_u32))).await });
    let payload = runtime.block_on(task).expect_err("it panicked").into_panic();
    assert_eq!(*payload.downcast::<u32>().expect("the same payload"), 7);
    assert_eq!(runtime.block_on(async { compute(|| 8).await }), 8);
}

/// The one seat is taken, so the second computation has not begun when it is dropped. No monitor takes
/// the seat away meanwhile.
#[test]
fn dropped_before_it_begins_it_is_removed() {
    let builder = Builder::new().worker_threads(1).monitor(MonitorMode::Off);
    let runtime = builder.build().expect("threads and descriptors");
    let (hold, held) = (Arc::new(Parker::new()), Arc::new(Parker::new()));
    let (inside, outside) = (hold.clone(), held.clone());
    let first = runtime.spawn(async move {
        compute(move || {
            outside.unpark();
            inside.park();
        })
        .await
    });
    held.park();
    let ran = Arc::new(AtomicBool::new(false));
    let dropped = Arc::new(());
    let witness = dropped.clone();
    {
        let _entered = runtime.handle().enter();
        let ran = ran.clone();
        let mut second = pin!(compute(move || {
            ran.store(true, Ordering::SeqCst);
            drop(witness);
        }));
        assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    hold.unpark();
    runtime.block_on(first).expect("no panic");
    drop(runtime);
    assert!(!ran.load(Ordering::SeqCst));
    assert_eq!(Arc::strong_count(&dropped), 1);
}

#[test]
fn never_polled_it_is_never_begun() {
    drop(compute(|| panic!("nobody asked for this")));
}

#[test]
fn it_needs_no_runtime_and_works_on_an_event_loop() {
    let runtime = Runtime::single().expect("an event loop");
    assert_eq!(runtime.block_on(async { compute(|| 6 * 7).await }), 42);
    let handle = cortado_par::default_handle();
    assert_eq!(handle.block_on(async { compute(|| 6 * 7).await }), 42);
}

#[test]
fn block_on_inside_of_a_computation_says_what_to_do() {
    let runtime = runtime(1);
    let handle = runtime.handle();
    let text = runtime.block_on(async move {
        compute(move || {
            let result = catch_unwind(AssertUnwindSafe(|| handle.block_on(async {})));
            let payload = result.expect_err("it cannot work");
            *payload.downcast::<&'static str>().expect("a text")
        })
        .await
    });
    assert!(text.contains("inside of a task or a job"), "{text}");
}

#[test]
fn a_runtime_that_ends_drops_what_has_not_begun() {
    for round in 0..30 {
        let runtime = runtime(1 + round % 3);
        let counted = Arc::new(AtomicUsize::new(0));
        let kept = Arc::new(());
        for _ in 0..100 {
            let (counted, kept) = (counted.clone(), kept.clone());
            drop(runtime.spawn(async move {
                compute(move || {
                    join(
                        || counted.fetch_add(1, Ordering::Relaxed),
                        || counted.fetch_add(1, Ordering::Relaxed),
                    );
                    drop(kept);
                })
                .await
            }));
        }
        drop(runtime);
        assert_eq!(Arc::strong_count(&kept), 1);
        assert!(counted.load(Ordering::Relaxed).is_multiple_of(2));
    }
}
