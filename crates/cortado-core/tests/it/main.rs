//! What the scheduler promises, a file per promise.
//!
//! A clone of a waker is woken by value on purpose: that is another transition than by reference.

#![allow(clippy::waker_clone_wake)]

mod abort;
mod basics;
mod counted;
mod ending;
mod lanes;
mod panics;
mod privileges;
mod races;
mod shutdown;
mod single;
mod turns;
mod wakes;
