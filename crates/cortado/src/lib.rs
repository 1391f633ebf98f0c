//! A Rust runtime that treats waiting and working as equals.
//!
//! Tasks wait for each other, for time, for descriptors and for child processes on one set of
//! workers; a task that turns out to compute is moved aside, so that it does not hold up those that wait.
//!
//! ```
//! use std::time::Duration;
//!
//! let runtime = cortado::Runtime::new()?;
//! let total = runtime.block_on(async {
//!     let naps: Vec<_> = (0..100)
//!         .map(|n| {
//!             cortado::spawn(async move {
//!                 cortado::time::sleep(Duration::from_millis(5)).await;
//!                 n
//!             })
//!         })
//!         .collect();
//!     let mut total = 0;
//!     for nap in naps {
//!         total += nap.await.expect("no nap panics");
//!     }
//!     total
//! });
//! assert_eq!(total, 4950);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The [guide](guide::waiting_and_working) says what moves when, what is bounded, and what stays yours.
//!
//! # Features
//!
//! None is on by default, and none changes what the runtime does. Each module has an example.
//!
//! | feature | module | gives |
//! |---|---|---|
//! | `macros` | | `#[cortado::main]` and `#[cortado::test]` |
//! | `hyper` | `cortado::hyper` | hyper's `rt` traits, so that hyper, hyper-util and axum run on our tasks, timers and sockets |
//! | `rayon` | `cortado::rayon` | Rayon's global pool in the work lane, so that code that uses Rayon does not delay what waits |
//! | `tokio-io` | `cortado::tokio_io` | Tokio's I/O traits for our streams, and ours for Tokio's |
//! | `tokio-context` | `cortado::tokio_context` | a Tokio runtime beside ours, a second reactor, for libraries that need one: reqwest, sqlx, tonic, async-nats |
//! | `tracing` | `cortado::tracing` | what the probe says, as events of the `tracing` crate |

#![forbid(unsafe_code)]

#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(any(feature = "hyper", feature = "tokio-io"))]
mod io_kind;
#[cfg(feature = "rayon")]
pub mod rayon;
#[cfg(any(feature = "hyper", feature = "tokio-io"))]
mod scratch;
#[cfg(feature = "tokio-context")]
pub mod tokio_context;
#[cfg(feature = "tokio-io")]
pub mod tokio_io;
#[cfg(feature = "tracing")]
pub mod tracing;

pub use cortado_core::{
    AbortHandle, Builder, EnterGuard, Handle, JoinError, JoinHandle, LocalRuntime, Metrics,
    MonitorMode, Runtime, TaskBuilder, Unconstrained, YieldNow, seam, spawn, spawn_blocking,
    spawn_local, time, unconstrained, yield_now,
};
pub use cortado_core::{GroupError, TaskGroup, run};
pub use cortado_core::{join, select, task_local, try_join};
pub use cortado_io::{fs, net, pipe, process, signal};
pub use cortado_par::{
    Compute, FnContext, Scope, compute, current_num_threads, default_handle, install, join,
    join_context, scope,
};
/// Parallel iterators and sorts, under Rayon's names.
///
/// ```
/// use cortado::prelude::*;
///
/// let words: Vec<String> = "beans water milk".par_split_whitespace().map(str::to_uppercase).collect();
/// assert_eq!(words, ["BEANS", "WATER", "MILK"]);
/// ```
pub use cortado_par::{iter, prelude, slice, str};
/// The guide, a module for each chapter.
pub mod guide {
    #[doc = include_str!("../docs/waiting_and_working.md")]
    pub mod waiting_and_working {}
}
/// Events and wait reasons, for who wants to listen.
pub use cortado_probe as probe;
/// Channels, select, locks and signals, for tasks and plain threads.
pub use cortado_sync as sync;

/// ```
/// #[cortado::main(flavor = "single")]
/// async fn main() {
///     cortado::yield_now().await;
/// }
///
/// #[cortado::test(start_paused = true)]
/// async fn a_day_passes_at_once() {
///     cortado::time::sleep(std::time::Duration::from_secs(86_400)).await;
/// }
/// ```
#[cfg(feature = "macros")]
pub use cortado_macros::{main, test};

/// Tasks beyond `spawn`: their numbers, groups of them, and values that belong to one.
///
/// What Tokio's module has and this one has not: `LocalSet`, because
/// [`Runtime::single`](crate::Runtime::single) is a runtime for tasks that are not `Send`, and on
/// several threads there is none that they could stay on; `block_in_place`, because a worker that is
/// stuck in a blocking call loses its seat to another one without being asked (code in the *same*
/// task waits all the same: use [`spawn_blocking`] for that). Of `tokio-util`'s: a `JoinMap` is a
/// [`TaskGroup`] whose tasks return their key with their output, and whose
/// [`AbortHandle`]s are kept by key; a `TaskTracker` is a [`WaitGroup`](crate::sync::WaitGroup)
/// of which each task holds a guard, beside a
/// [`CancellationToken`](crate::sync::CancellationToken). A task dump is
/// [`Handle::tasks`](crate::Handle::tasks), with what the probe tells of their waits.
///
/// ```
/// use std::time::Duration;
/// use cortado::{TaskGroup, select, time};
///
/// // Two requests at the same time; the first answer wins, and the group's drop cancels the other.
/// let answer = cortado::run(async {
///     let mut group = TaskGroup::new();
///     for (server, ms) in [("near", 1), ("far", 10_000)] {
///         group.spawn(async move {
///             time::sleep(Duration::from_millis(ms)).await;
///             server
///         });
///     }
///     select! {
///         Some(Ok(server)) = group.next() => server,
///         () = time::sleep(Duration::from_secs(60)) => "nobody",
///     }
/// });
/// assert_eq!(answer, "near");
/// ```
pub mod task {
    pub use crate::probe::TaskId;
    pub use cortado_core::{
        AbortHandle, Activity, GroupNext, GroupNextWithId, JoinAll, JoinError, JoinHandle,
        NoTaskLocal, Shutdown, TaskBuilder, TaskGroup, TaskInfo, TaskLocal, TaskLocalScope,
        TryJoinAll, TryNext, YieldNow, spawn, spawn_blocking, spawn_local, task_id as id,
        try_task_id as try_id, yield_now,
    };
}

/// Reading, writing, and the readiness of descriptors.
///
/// The traits are those of `futures-io`, so what Tokio and `tokio-util` have beyond this module
/// comes from crates for these traits, and works on every type of ours:
///
/// | Tokio | with cortado |
/// |---|---|
/// | `BufReader`, `BufWriter`, `lines`, `read_until`, `take`, `chain`, `empty`, `sink`, `Cursor` | `futures_util::io` or `futures_lite::io` |
/// | `split`, `join` of any stream | `futures_util::io`; sockets have a `split` and an `into_split` of their own, which need no lock |
/// | `copy_bidirectional` | two [`copy`](crate::io::copy)s in a [`join!`](crate::join!), over the halves of a `split` |
/// | `duplex`, `simplex` | [`UnixStream::pair`](crate::net::UnixStream::pair) and [`pipe`](crate::pipe::pipe), which are real descriptors: a test sees what a program would |
/// | `codec::Framed` with its codecs | the crate `asynchronous-codec`; by the feature `tokio-io`, `tokio_util::codec` itself |
/// | `StreamExt` of `tokio-stream` | `futures_util::StreamExt`: a channel's receiver, an interval, a delay queue, a group of tasks, a listener's connections and a directory's entries are all `Stream`s |
///
/// ```
/// use cortado::{io::AsyncWriteExt, net::UnixStream};
/// use futures_util::{AsyncBufReadExt, TryStreamExt, io::BufReader};
///
/// let lines: Vec<String> = cortado::run(async {
///     let (mut left, right) = UnixStream::pair()?;
///     left.write_all(b"espresso\ncortado\n").await?;
///     drop(left);
///     BufReader::new(right).lines().try_collect().await
/// })?;
/// assert_eq!(lines, ["espresso", "cortado"]);
/// # std::io::Result::Ok(())
/// ```
pub mod io {
    pub use cortado_core::io::{
        AsyncFd, AsyncIo, Direction, Interest, Readiness, ReadyEvent, RegisterError,
    };
    pub use cortado_io::{
        AsyncBufRead, AsyncRead, AsyncReadExt, AsyncSeek, AsyncWrite, AsyncWriteExt, SeekFrom,
        Stderr, Stdin, Stdout, copy, stderr, stdin, stdout,
    };
}
