//! What the command `cortado` promises, tested from outside: a file per promise.

mod command_line;
mod dry_run;
mod errors;
mod inputs;
mod like_parallel;
mod resume;
mod session;
