//! What fork-join promises to its users, a file per promise.

mod joins;
mod locks;
mod panics;
mod scopes;
