//! What handing over costs: tasks on two workers, and threads, that want the same lock.

use std::sync::Arc;
use std::time::Instant;

use cortado::sync as ours;
use tokio::sync as tokios;

use super::{Operation, ns_each};

const TASKS: u32 = 8;
/// At most 1.2 times Tokio's time.
const GOAL: f64 = 0.83;

/// Runs so many tasks on two workers of a Tokio runtime; each does its share of `times`.
fn in_tasks<F>(times: u32, task: impl Fn(u32) -> F) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).build().expect("two threads can be made");
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS).map(|_| runtime.spawn(task(times / TASKS))).collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.expect("no task panics");
        }
    });
    ns_each(times, start)
}

/// Runs the same on threads.
fn in_threads(times: u32, work: impl Fn() + Send + Sync + 'static) -> f64 {
    const THREADS: u32 = 2;
    let work = Arc::new(work);
    let start = Instant::now();
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let work = work.clone();
            std::thread::spawn(move || (0..times / THREADS).for_each(|_| work()))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    ns_each(times, start)
}

/// Each task locks, counts, lets the other tasks run while it holds the lock, and unlocks: so each
/// unlock hands over.
macro_rules! handing_over {
    ($times:ident, $new:expr, $lock:ident) => {{
        let lock = Arc::new($new);
        in_tasks($times, move |share| {
            let lock = lock.clone();
            async move {
                for _ in 0..share {
                    let mut guard = lock.$lock().await;
                    *guard += 1;
                    tokio::task::yield_now().await;
                }
            }
        })
    }};
}

/// Each task locks, counts and unlocks without a pause.
macro_rules! contending {
    ($times:ident, $new:expr, $lock:ident) => {{
        let lock = Arc::new($new);
        in_tasks($times, move |share| {
            let lock = lock.clone();
            async move {
                for _ in 0..share {
                    *lock.$lock().await += 1;
                }
            }
        })
    }};
}

/// Two tasks take turns by two notifiers.
macro_rules! ping_pong {
    ($times:ident, $notify:ty) => {{
        let pair = Arc::new((<$notify>::new(), <$notify>::new()));
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime on this thread can be made");
        let other = pair.clone();
        let start = Instant::now();
        let pong = runtime.spawn(async move {
            for _ in 0..$times {
                other.0.notified().await;
                other.1.notify_one();
            }
        });
        runtime.block_on(async {
            for _ in 0..$times {
                pair.0.notify_one();
                pair.1.notified().await;
            }
            pong.await.expect("no task panics");
        });
        ns_each($times, start)
    }};
}

pub(super) const CASES: &[Operation] = &[
    Operation {
        name: "mutex-handed-over",
        about: "8 tasks, 2 workers: each yields while it holds the mutex, so each unlock hands it over",
        times: (200_000, 4_000),
        factor: GOAL,
        contenders: &[
            ("cortado", |n| handing_over!(n, ours::Mutex::new(0), lock)),
            ("tokio", |n| handing_over!(n, tokios::Mutex::new(0), lock)),
            ("async-lock", |n| handing_over!(n, async_lock::Mutex::new(0), lock)),
        ],
    },
    Operation {
        name: "write-handed-over",
        about: "the same with a RwLock's write lock",
        times: (200_000, 4_000),
        factor: GOAL,
        contenders: &[
            ("cortado", |n| handing_over!(n, ours::RwLock::new(0), write)),
            ("tokio", |n| handing_over!(n, tokios::RwLock::new(0), write)),
            ("async-lock", |n| handing_over!(n, async_lock::RwLock::new(0), write)),
        ],
    },
    Operation {
        name: "mutex-contended",
        about: "8 tasks, 2 workers: lock and unlock a mutex without a pause",
        times: (400_000, 8_000),
        factor: GOAL,
        contenders: &[
            ("cortado", |n| contending!(n, ours::Mutex::new(0), lock)),
            ("tokio", |n| contending!(n, tokios::Mutex::new(0), lock)),
            ("async-lock", |n| contending!(n, async_lock::Mutex::new(0), lock)),
        ],
    },
    Operation {
        name: "mutex-threads",
        about: "2 threads: lock and unlock a mutex by the blocking functions",
        times: (100_000, 2_000),
        factor: GOAL,
        contenders: &[
            ("cortado", |n| {
                let mutex = ours::Mutex::new(0);
                in_threads(n, move || *mutex.blocking_lock() += 1)
            }),
            ("tokio", |n| {
                let mutex = tokios::Mutex::new(0);
                in_threads(n, move || *mutex.blocking_lock() += 1)
            }),
            ("async-lock", |n| {
                let mutex = async_lock::Mutex::new(0);
                in_threads(n, move || *mutex.lock_blocking() += 1)
            }),
        ],
    },
    Operation {
        name: "notify-ping-pong",
        about: "2 tasks on one thread wake each other by turns",
        times: (400_000, 8_000),
        factor: GOAL,
        contenders: &[
            ("cortado", |n| ping_pong!(n, ours::Notify)),
            ("tokio", |n| ping_pong!(n, tokios::Notify)),
        ],
    },
];
