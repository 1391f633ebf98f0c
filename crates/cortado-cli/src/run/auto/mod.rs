//! `-j auto`: how many jobs may run at once, found by measuring.
//!
//! # The idea
//! Jobs that work want one core each; jobs that wait want company. Which they are is seen from outside: of its time a
//! job works (CPU time), stands ready without a core (run-queue delay), or waits. Only true waiting is a reason to run
//! more: `wall - cpu` alone grows by itself once there are more jobs than cores. [`Controller`] has neither clock nor
//! files; the engine shows it a [`View`] every few tens of milliseconds and tells it of each end, and it answers with a
//! `Decision`. So it costs the same for a job of a millisecond as for one of an hour, and can be proved by simulation.
//!
//! # The steps
//! 1. **Start** at the usable cores.
//! 2. **Ramp** on the clock: double every look while at least 15 % of the CPU is idle, the slots are full and more than
//!    half of the job time is true waiting. Where others keep the CPU busy, jobs that hardly need one are enough: nine
//!    tenths of their time true waiting, and a quarter of the CPU. What a quota does not leave is not idle. Until eight
//!    jobs have finished, not above a blind ceiling of 32 (which rises after a second without completions, for jobs
//!    that take minutes). Above it each step needs jobs that *began* at the present limit and have ended: then by 2,
//!    then by 4. It waits while many of them are late, since the first to end are the quickest. If even the shortest
//!    tenth of them took 1.5 times as long as the middle one of the first jobs, something is overloaded: fall by the
//!    root of the slow-down and search from there, downwards first.
//! 3. **Search**, judged by throughput: up by 2 or 1.5 if that gains 5 %, down by 1.5 if that loses less than 3 %
//!    against the best. Where more was clearly slower there is a peak, and it is closed in on in steps of 1.225. What runs
//!    while the limit changes is discarded. With busy cores, only as many are taken away as stand in the queue anyway.
//! 4. **Hold** for a while, each time longer if nothing came of the next search.
//! 5. **Brakes** at all times: bursts of failures (to 0.7, given up where failures do not depend on the limit), memory
//!    for one more job at its peak, memory stalls, descriptors, processes, `--max-jobs`. Never below one.
//!
//! # How it measures throughput
//! See [`window`]: jobs in flight over the length of jobs (Little's law), by the quartile that speaks most for more.
//!
//! # What it reaches
//! Simulated (deterministic, ramp included; whole throughput against the best of 16 fixed numbers from 1 to 512; a
//! start costs 1 ms of CPU), on 2 and 8 cores:
//!
//! | jobs | 2 cores | 8 cores |
//! |---|---|---|
//! | 200 × CPU 0.5 s; CPU of various lengths | 1.00 | 1.00 |
//! | 16,000 × wait 0.2 s | 1.01 | 0.99 |
//! | 4,000 × wait 0.2 s | 0.99 | 0.88 |
//! | 400 × wait 0.2 s | 0.40 | 0.29 |
//! | 4,000 × wait, lognormal; 20,000 with a longer tail | 0.93; 0.98 | 0.93; 0.99 |
//! | 10,000 × service that saturates at 64 | 1.06 | 1.04 |
//! | 3,000 × wait, uniform from 0 to 1 s | 0.81 | 0.80 |
//! | 2,000 × wait 50 ms + CPU 40 ms | 0.97 | 0.96 |
//! | 4,000 × service that collapses above 16 | 0.93 | 0.99 |
//! | the same, four times as slow | 0.86 | 0.85 |
//! | 1,600 × the same, which decides when asked how long it takes | 0.98 | 0.94 |
//! | 20,000 × service that collapses above 64 | 0.94 | 0.91 |
//! | 400 × wait 20 s | 0.90 | 0.90 |
//! | 4,000 × 20 ms or, one in twenty, 5 s | 1.00 | 1.00 |
//! | 5,000 × 1 ms | 1.00 | 1.00 |
//!
//! The short run shows the price of not knowing: a limit of 512 at once can be right or ruinous, and finding out takes
//! about four job lengths. So runs should be compared that last at least twenty.
//!
//! # What was rejected
//! - *A gradient of latency* (Vegas and its kin): takes the shortest job for the unloaded one, so that jobs of various
//!   lengths look like congestion; 36 times slower than the best fixed number in a simulation.
//! - *Counting completions alone*: jobs that start together end together, and a window catches a batch more or less.
//! - *Mean lengths*: long jobs gather in the slots, and the mean grows when nothing has become slower. With means the
//!   ramp stopped early for waits of uniform length (0.54 of the best; 0.81 now).
//! - *A blind ceiling per core* (16 each): 128 on 8 cores; a service that collapses above 16 then ran at 0.13.

mod brakes;
mod controller;
mod ramp;
mod search;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
pub(crate) mod tuning;
mod view;
mod window;

pub(crate) use controller::Controller;
pub(crate) use view::{Change, MemoryView, Reason, Settings, Split, View};
