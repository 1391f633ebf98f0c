//! Fork-join and parallel iterators.

#![deny(clippy::undocumented_unsafe_blocks)]

pub mod iter;
pub mod prelude;
pub mod slice;
mod standin;
pub mod str;
mod tuning;

pub use standin::{FnContext, current_num_threads, join, join_context};
