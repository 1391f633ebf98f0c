//! What the scheduler promises, a file per promise.

mod abort;
mod basics;
mod ending;
mod lanes;
mod panics;
mod privileges;
mod races;
mod shutdown;
mod single;
mod wakes;
