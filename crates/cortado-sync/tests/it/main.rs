//! What `cortado-sync` promises, one file per promise.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod cancel_driver;
mod cancellation;
mod cells;
mod channel;
mod channel_cancel;
mod channel_random;
mod dropping;
mod drops;
mod go_programs;
mod locks;
mod models;
mod reports;
mod select;
mod signals;
mod small_channels;
mod threads;
