//! Fork-join and parallel iterators: closures that run on all cores, in the work lane of a runtime.
//!
//! [`join`] and [`scope`] split a computation where it is; [`compute`] is how a task has one made
//! without delaying those that wait; [`install`] is the same for a plain thread. The names are Rayon's.
//!
//! Where a join is called decides how it runs. In the work lane (inside of [`compute`] and [`install`],
//! or in a task that has moved there) it is offered to the lane's other threads. In a task of the wait
//! lane the worker gives its seat up, as for a call that blocks, and offers it too; where joins at the same
//! place were short the last times, both closures are plain calls until 50 µs have passed. On any other
//! thread the closures are sent to the work lane, and the thread waits; where
//! they have lately been very short, the thread calls them itself.
//!
//! While a join waits for a closure that another thread took, its thread runs only what descends from
//! that closure. So a lock may be held across a join, if the closures do not take it.
//!
//! [`iter`](mod@iter), [`slice`](mod@slice) and [`str`](mod@str) have the parallel iterators and sorts, [`prelude`] their
//! traits.
//!
//! The scheduler's core knows nothing of this crate, which comes to its threads by tasks. The essay on
//! stack jobs (in `job`) tells how and why. Users reach it through the `cortado` facade.

#![deny(clippy::undocumented_unsafe_blocks)]

mod compute;
mod crew;
mod deque;
mod install;
pub mod iter;
mod job;
mod join;
mod latch;
mod learned;
mod member;
#[cfg(all(test, loom))]
mod models;
mod outside;
mod outstanding;
mod pool;
pub mod prelude;
mod queue;
mod scope;
mod shim;
pub mod slice;
mod slots;
pub mod str;
mod stretch;
mod thief;
mod tuning;
mod visit;

pub use compute::{Compute, compute};
pub use install::{current_num_threads, default_handle, install};
pub use job::FnContext;
pub use join::{join, join_context};
pub use scope::{Scope, scope};
