//! What wedges a runtime whose workers nobody watches: the worker that looked at the timers blocks
//! until another task acts, and that task waits for a timer. Tokio shows it in its own tests
//! (`deadlocks_consistently` in `rt_unstable_eager_driver_handoff.rs`, tokio#4730).

use std::sync::mpsc;
use std::time::Duration;

use cortado_core::work::Standing;
use cortado_core::{Builder, spawn, time};

/// The first deadline comes alone, so that the worker which sees it is the one that waited for
/// deadlines, and wakes nobody. The second comes long after everybody else has fallen asleep.
fn blocks_on_who_waits_for_time(gap: Duration) {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    runtime.block_on(async move {
        let (free, freed) = mpsc::channel();
        let blocks = spawn(async move {
            time::sleep(Duration::from_millis(1)).await;
            freed.recv()
        });
        let frees = spawn(async move {
            time::sleep(gap).await;
            free.send(7)
        });
        frees.await.unwrap().unwrap();
        assert_eq!(blocks.await.unwrap(), Ok(7));
    });
}

#[test]
fn a_worker_that_blocks_on_who_waits_for_time_does_not_wedge_the_runtime() {
    blocks_on_who_waits_for_time(Duration::from_millis(1_200));
}

/// As often as fits, with the second deadline at all distances from the first.
#[test]
fn nor_does_it_where_both_deadlines_are_close() {
    for gap_us in (1_000..30_000).step_by(700) {
        blocks_on_who_waits_for_time(Duration::from_micros(gap_us));
    }
}

/// Both workers block; deadlines are then seen by nobody but the monitor, and by who takes their seats.
#[test]
fn deadlines_are_seen_while_all_who_could_look_are_blocked() {
    let runtime = Builder::new().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let (mut frees, freed): (Vec<_>, Vec<_>) = (0..2).map(|_| mpsc::channel::<()>()).unzip();
        let blocked: Vec<_> = freed
            .into_iter()
            .map(|freed| {
                spawn(async move {
                    time::sleep(Duration::from_millis(1)).await;
                    freed.recv()
                })
            })
            .collect();
        for _ in 0..3 {
            spawn(time::sleep(Duration::from_millis(20))).await.unwrap();
        }
        for free in frees.drain(..) {
            free.send(()).unwrap();
        }
        for task in blocked {
            assert_eq!(task.await.unwrap(), Ok(()));
        }
    });
}

/// The only worker gives its seat up in the middle of a poll and waits there for one that waits for time. The
/// monitor finds no poll with a seat, and falls asleep long before the deadline.
#[test]
fn a_worker_without_its_seat_that_blocks_on_who_waits_for_time_does_not_wedge_it() {
    let runtime = Builder::new().worker_threads(1).build().unwrap();
    let (free, freed) = mpsc::channel();
    drop(runtime.spawn(async move {
        time::sleep(Duration::from_secs(1)).await;
        free.send(7)
    }));
    // By then the worker waits for the deadline.
    std::thread::sleep(Duration::from_millis(20));
    let stands = runtime.spawn(async move {
        let _standing = Standing::new();
        freed.recv_timeout(Duration::from_secs(100))
    });
    assert_eq!(runtime.block_on(stands).unwrap(), Ok(7));
}
