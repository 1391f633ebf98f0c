//! What the scheduler promises, a file per promise.

mod abort;
mod basics;
mod panics;
mod shutdown;
mod single;
