//! The scheduler of cortado: it decides what runs, where and when.
//!
//! | word | meaning |
//! |---|---|
//! | task | a future that was spawned |
//! | lane | a class of service: the wait lane for short polls, the work lane for computing |
//! | seat | the right to run in a lane; there are as many as usable cores |
//! | worker | a thread that serves a lane, with a seat or spare |
//! | queue, injector | a worker's own run queue; a lane's shared one |
//! | idle | who is awake, who searches, who sleeps |
//! | reactor | readiness of descriptors, turned into wake-ups |
//! | timer | deadlines, turned into wake-ups |
//! | monitor | the thread that sees a worker stuck in one poll and frees its seat |
//! | probe | the vocabulary of events and wait reasons |
//!
//! The essays stand beside the code that is hard: the life of a task in `task`, the sleep protocol
//! in `idle`, freeing a seat in `seat`.
//!
//! This crate knows nothing of channels, socket types or commands; users reach it through the
//! `cortado` facade.

#![deny(clippy::undocumented_unsafe_blocks)]

mod around;
mod block_on;
mod blocking;
mod builder;
mod confinement;
mod context;
mod group;
mod handle;
mod idle;
mod inbox;
mod injector;
mod lane;
mod lanes;
mod lowering;
mod macros;
mod metrics;
#[cfg(all(test, loom))]
mod models;
mod monitor;
mod park;
mod placement;
mod poller;
mod queue;
mod reactor;
mod registry;
mod resources;
mod runtime;
pub mod seam;
mod seat;
mod share;
mod shim;
mod single;
mod spawn;
mod spawner;
mod sys;
mod task;
mod task_local;
mod timer;
mod tuning;
mod unconstrained;
pub mod work;
mod worker;
mod yield_now;

pub use builder::Builder;
pub use group::{
    GroupError, GroupNext, GroupNextWithId, JoinAll, Shutdown, TaskGroup, TryJoinAll, TryNext,
};
pub use handle::{EnterGuard, Handle};
#[doc(hidden)]
pub use macros::__first_of;
pub use metrics::Metrics;
pub use monitor::MonitorMode;
pub use runtime::{Runtime, run};
pub use single::LocalRuntime;
pub use spawn::{spawn, spawn_blocking, spawn_local};
pub use task::{
    AbortHandle, Activity, JoinError, JoinHandle, TaskBuilder, TaskInfo, task_id, try_task_id,
};
pub use task_local::{NoTaskLocal, TaskLocal, TaskLocalScope};
pub use timer::time;
pub use unconstrained::{Unconstrained, unconstrained};
pub use yield_now::{YieldNow, yield_now};

/// Readiness of descriptors, for crates that make types of I/O from it.
pub mod io {
    pub use crate::reactor::{
        AsyncFd, AsyncIo, Direction, Interest, Readiness, ReadyEvent, RegisterError,
    };
}
