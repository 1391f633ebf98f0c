//! What fork-join promises to its users, a file per promise.

mod computing;
mod joins;
mod locks;
mod panics;
mod scopes;
