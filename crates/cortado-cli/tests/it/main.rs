//! What the command `cortado` promises, tested from outside: a file per promise.

mod blocks;
mod command_line;
mod dry_run;
mod errors;
mod failures;
mod halting;
mod inputs;
mod jobserver;
mod killed;
mod like_parallel;
mod limits;
mod output;
mod report;
mod resume;
mod running;
mod session;
mod signals;
