//! The operating system, as far as the scheduler needs it.
//!
//! This is the one place that chooses by platform. Each platform module offers the same names:
//! the poller that the reactor waits in, what a thread may learn about another one, and how
//! many cores this process may use.

#[cfg(target_os = "linux")]
mod cpu_limit;
#[cfg(target_os = "linux")]
pub(crate) mod futex;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(not(target_os = "linux"))]
compile_error!(
    "cortado-core has no poller and no thread control for this platform yet: add a module beside \
     `sys/linux.rs` with the same names and select it in `sys/mod.rs`"
);
