//! What `cortado-sync` promises, one file per promise.

mod cancel_driver;
mod channel;
