//! Measuring, all of it from outside and by reading `/proc`: what the jobs do ([`job`]), how busy the machine is
//! ([`host`]), and what we may use ([`caps`], and [`quota`] for what is left of it). Where `/proc` is missing, readings are `None` or zero, and `-j auto` stays
//! at the usable cores, because it grows only on evidence.

mod caps;
mod host;
mod job;
#[cfg(test)]
mod job_tests;
mod procfs;
mod quota;

pub(crate) use caps::Caps;
pub(crate) use host::Host;
pub(crate) use job::{Ended, JobUse, MEASURED, Meter};
pub(crate) use procfs::Reader;
pub(crate) use quota::Quota;
