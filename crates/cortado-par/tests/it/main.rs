//! What fork-join promises to its users, a file per promise.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod bounds;
mod computing;
mod in_tasks;
mod iter_adaptors;
mod iter_bounds;
mod iter_collect;
mod iter_lies;
mod iter_panics;
mod iter_pools;
mod iter_sort;
mod iter_sources;
mod iter_stop;
mod joins;
mod locks;
mod panics;
mod scopes;
