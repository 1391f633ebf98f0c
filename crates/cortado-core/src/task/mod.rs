//! Tasks: a future that was spawned, and what is known about it.
//!
//! # Essay: the life of a task
//!
//! **Nouns.** A *cell* is one allocation that holds a task's header, its future or its output, and
//! the waker of whoever joins it. A `Runnable` is the right to poll the task once; a `JoinHandle`
//! is the right to its output; a waker is the right to make a `Runnable`; the registry holds every
//! task of a runtime. Each of these owns one reference, counted in the state word.
//!
//! **States** (`State` has the bits and the transitions, this is the picture):
//!
//! ```text
//!            wake                 start_poll               Ready, panic, cancel
//!   idle ──────────▶ scheduled ──────────────▶ running ──────────────────────▶ complete
//!     ▲                  ▲                      │   │
//!     │                  └──── end_poll: woken ─┘   │
//!     └──────────────────────── end_poll ───────────┘
//! ```
//!
//! **Invariants.**
//! - T1: the future is touched only by the thread that holds RUNNING, and RUNNING is taken by one
//!   compare-exchange from a state without it. (So two polls never overlap, also when shutdown
//!   cancels a task that stands in a queue.)
//! - T2: the output replaces the future, which is dropped first, by the holder of RUNNING before
//!   COMPLETE is set. After that it is taken or dropped once: by the `JoinHandle`, which marks with
//!   TAKEN that it has; where the handle is gone first, by the completer. So a cell that is freed
//!   holds neither, unless its task never completed: then it holds the future.
//! - T3: the slot of the join waker is written by the `JoinHandle` while JOIN_WAKER is clear, and
//!   only read by anyone while it is set. After completion the completer clears JOIN_WAKER; if the
//!   handle is gone by then, the completer drops the waker.
//! - T4: a cell (whose memory comes from `task/memory.rs`) is freed by whoever takes the last reference away, and every pointer to a cell that
//!   is kept anywhere owns a reference.
//! - T5: a header's link belongs to the list that holds the task's `Runnable`. There is at most one
//!   `Runnable` of a task, for SCHEDULED is set by the transition that makes it and cleared by
//!   `start_poll`, so a task is in at most one list.
//! - T6: the future of a `spawn_local` task is polled and dropped only on the thread of its event
//!   loop: its scheduler hands a `Runnable` to nobody else, and shutdown runs there.
//!
//! **The race.** A wake that comes while the task is polled must not be lost, and must not start
//! a second poll. `wake` then only sets SCHEDULED; `end_poll` sees the bit in the same
//! compare-exchange by which it gives RUNNING up, keeps the reference and makes the next `Runnable`
//! itself.
//!
//! **The wake that uses its waker up** passes the waker's reference on to the `Runnable`, and has
//! none while it queues that: another thread may end the task meanwhile and free the cell, with the
//! scheduler in it. So it reaches the scheduler through the current thread where that is one of its
//! workers, which costs nothing, and takes a reference for as long as it needs elsewhere.
//!
//! **Rejected.** The async-task crate: its header is 56 bytes without a queue link, id, spawn
//! location or registry slot, which its metadata would have to bring; its queue would need a
//! pointer per task in addition; shutdown could reach only tasks that stand in a queue.

mod cell;
mod info;
mod join;
mod joint;
pub(crate) mod memory;
#[cfg(all(test, loom))]
mod models;
mod named;
mod own_id;
mod runnable;
mod shield;
mod state;
mod waker;

pub(crate) use cell::{Header, Name, Schedule, Task, new_task};
pub use info::TaskInfo;
pub use join::{AbortHandle, JoinError, JoinHandle};
pub(crate) use joint::Joint;
#[cfg(all(test, loom))]
pub(crate) use memory::Depot;
pub use named::TaskBuilder;
pub use own_id::{task_id, try_task_id};
pub(crate) use runnable::Runnable;
pub(crate) use shield::shielded;
pub use state::Activity;
