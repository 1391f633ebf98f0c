//! What cortado-io promises, a file per promise. Every test runs on both flavours of the runtime.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod accepting;
mod children;
mod connecting;
mod descriptors;
#[path = "../../../cortado-sync/tests/it/dropping.rs"]
mod dropping;
mod drops;
mod files;
mod output;
mod pipes;
mod readiness;
mod reaping;
mod signals;
mod standard_streams;
mod tcp;
mod udp;
mod unix_sockets;
mod waits;

use std::future::poll_fn;
use std::pin::pin;
use std::process::Command as StdCommand;
use std::task::Poll;
use std::time::{Duration, Instant};

use cortado_core::Runtime;

/// Runs `test` on an event loop, and on a runtime with workers.
fn on_both(test: impl AsyncFn()) {
    Runtime::single().unwrap().block_on(test());
    Runtime::new().unwrap().block_on(test());
}

/// Set for a test that runs itself once more, in a process of its own, to change what belongs to
/// the whole process: limits, signals, standard streams.
const INNER: &str = "CORTADO_IO_INNER_TEST";

fn is_inner() -> bool {
    std::env::var_os(INNER).is_some()
}

/// The command that runs the named test alone in a process of its own.
fn inner(test: &str) -> StdCommand {
    let mut command = StdCommand::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(INNER, "1");
    command
}

/// Gives the processor away until `done`. The machine may be slow: the limit is for what never comes.
#[track_caller]
fn until(done: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(100);
    while !done() {
        assert!(Instant::now() < limit, "what is waited for does not come");
        std::thread::yield_now();
    }
}

/// Polls a future that must not be ready yet so many times, and drops it.
async fn drop_pending<F: Future>(future: F, polls: usize) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let pending = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await;
        assert!(pending, "it was ready already");
    }
}

/// Bytes that show where each of them belongs.
fn pattern(len: usize, seed: usize) -> Vec<u8> {
    (0..len).map(|at| ((at + seed) % 251) as u8).collect()
}
