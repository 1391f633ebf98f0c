//! Fork-join and parallel iterators on cortado's work lane.

#![deny(clippy::undocumented_unsafe_blocks)]

mod crew;
mod deque;
mod install;
pub mod iter;
mod job;
mod join;
mod latch;
mod member;
mod pool;
pub mod prelude;
mod queue;
mod scope;
mod shim;
pub mod slice;
pub mod str;
mod thief;
mod tuning;
mod visit;

pub use install::{current_num_threads, install};
pub use job::FnContext;
pub use join::{join, join_context};
pub use scope::{Scope, scope};
