//! What `cortado-sync` promises, one file per promise.

mod cancel_driver;
mod cancellation;
mod cells;
mod channel;
mod locks;
mod models;
mod reports;
mod signals;
mod small_channels;
mod threads;
