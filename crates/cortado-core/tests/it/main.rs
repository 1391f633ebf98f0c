//! What the scheduler promises, a file per promise.
//!
//! A clone of a waker is woken by value on purpose: that is another transition than by reference.

#![allow(clippy::waker_clone_wake)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod abort;
mod basics;
mod child;
mod computing;
mod counted;
mod delays;
#[path = "../../../cortado-sync/tests/it/dropping.rs"]
mod dropping;
mod drops;
mod ending;
mod group_drops;
mod groups;
mod lanes;
mod no_threads;
mod panics;
mod paused;
mod placing;
mod privileges;
mod races;
mod relief;
mod reports;
mod selects;
mod shutdown;
mod single;
mod spilled;
mod stranded;
mod task_list;
mod task_locals;
mod ticks;
mod turns;
mod until;
mod wakes;
mod wedged;
