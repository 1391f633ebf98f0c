//! What an operation costs that nobody contends for: one thread, one future that never waits.

use std::hint::black_box;
use std::time::Instant;

use cortado::sync::{self as ours, Blocking};
use tokio::sync as tokios;

use super::{Operation, ns_each};

/// Does the expression so often in one future, and returns what one took.
macro_rules! repeat {
    ($times:ident, $setup:stmt, $once:expr) => {{
        $setup
        let repeated = async {
            let start = Instant::now();
            for _ in 0..$times {
                let _ = black_box($once);
            }
            ns_each($times, start)
        };
        repeated.wait()
    }};
}

/// At most 1.2 times Tokio's time.
const GOAL: f64 = 0.83;
const TIMES: (u32, u32) = (2_000_000, 20_000);

pub(super) const CASES: &[Operation] = &[
    Operation {
        name: "mutex-free",
        about: "lock and unlock a mutex that nobody else wants",
        times: TIMES,
        factor: GOAL,
        contenders: &[
            ("cortado", |n| repeat!(n, let mutex = ours::Mutex::new(0), *mutex.lock().await += 1)),
            ("tokio", |n| repeat!(n, let mutex = tokios::Mutex::new(0), *mutex.lock().await += 1)),
            (
                "async-lock",
                |n| repeat!(n, let mutex = async_lock::Mutex::new(0), *mutex.lock().await += 1),
            ),
        ],
    },
    Operation {
        name: "read-free",
        about: "lock a RwLock for reading that nobody else wants, and unlock it",
        times: TIMES,
        factor: GOAL,
        contenders: &[
            ("cortado", |n| repeat!(n, let lock = ours::RwLock::new(0), *lock.read().await)),
            ("tokio", |n| repeat!(n, let lock = tokios::RwLock::new(0), *lock.read().await)),
            (
                "async-lock",
                |n| repeat!(n, let lock = async_lock::RwLock::new(0), *lock.read().await),
            ),
        ],
    },
    Operation {
        name: "write-free",
        about: "lock a RwLock for writing that nobody else wants, and unlock it",
        times: TIMES,
        factor: GOAL,
        contenders: &[
            ("cortado", |n| repeat!(n, let lock = ours::RwLock::new(0), *lock.write().await += 1)),
            ("tokio", |n| repeat!(n, let lock = tokios::RwLock::new(0), *lock.write().await += 1)),
            (
                "async-lock",
                |n| repeat!(n, let lock = async_lock::RwLock::new(0), *lock.write().await += 1),
            ),
        ],
    },
    Operation {
        name: "permit-free",
        about: "take a permit of a semaphore that has some, and give it back",
        times: TIMES,
        factor: GOAL,
        contenders: &[
            (
                "cortado",
                |n| repeat!(n, let semaphore = ours::Semaphore::new(9), drop(semaphore.acquire().await)),
            ),
            (
                "tokio",
                |n| repeat!(n, let semaphore = tokios::Semaphore::new(9), drop(semaphore.acquire().await)),
            ),
            (
                "async-lock",
                |n| repeat!(n, let semaphore = async_lock::Semaphore::new(9), drop(semaphore.acquire().await)),
            ),
        ],
    },
    Operation {
        name: "notify-stored",
        about: "store a notification and take it",
        times: TIMES,
        factor: GOAL,
        contenders: &[
            (
                "cortado",
                |n| repeat!(n, let notify = ours::Notify::new(), { notify.notify_one(); notify.notified().await }),
            ),
            (
                "tokio",
                |n| repeat!(n, let notify = tokios::Notify::new(), { notify.notify_one(); notify.notified().await }),
            ),
        ],
    },
    Operation {
        name: "oneshot",
        about: "make a oneshot channel, send, receive",
        times: TIMES,
        factor: GOAL,
        contenders: &[
            ("cortado", |n| {
                repeat!(n, (), {
                    let (tx, rx) = ours::oneshot::channel();
                    let _ = tx.send(1);
                    rx.await
                })
            }),
            ("tokio", |n| {
                repeat!(n, (), {
                    let (tx, rx) = tokios::oneshot::channel();
                    let _ = tx.send(1);
                    rx.await
                })
            }),
        ],
    },
    Operation {
        name: "cell-full",
        about: "read a OnceCell by get_or_init that has its value",
        times: TIMES,
        factor: GOAL,
        contenders: &[
            (
                "cortado",
                |n| repeat!(n, let cell = ours::OnceCell::from(1), cell.get_or_init(|| async { 2 }).await),
            ),
            (
                "tokio",
                |n| repeat!(n, let cell = tokios::OnceCell::from(1), cell.get_or_init(|| async { 2 }).await),
            ),
            (
                "async-lock",
                |n| repeat!(n, let cell = async_lock::OnceCell::from(1), cell.get_or_init(|| async { 2 }).await),
            ),
        ],
    },
];
