//! The atomics and cells that the lock-free parts use: std's, or loom's when the models run.
//! This is the only place of the crate that knows which.

#[cfg(not(loom))]
pub(crate) use std::sync::atomic;

#[cfg(loom)]
pub(crate) use loom::sync::atomic;
