//! Fork-join on cortado's work lane.

#![deny(clippy::undocumented_unsafe_blocks)]

mod crew;
mod deque;
mod install;
mod job;
mod join;
mod latch;
mod member;
mod pool;
mod queue;
mod scope;
mod shim;
mod thief;
mod tuning;
mod visit;

pub use install::{current_num_threads, install};
pub use job::FnContext;
pub use join::{join, join_context};
pub use scope::{Scope, scope};
