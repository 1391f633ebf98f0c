//! The operating system, as far as processes need it and no safe crate offers it. This is the one
//! place that chooses by platform.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::wait_for_child;

#[cfg(not(target_os = "linux"))]
compile_error!(
    "cortado-io waits for child processes through descriptors of Linux: add a module beside \
     `sys/linux.rs` with the same names and select it in `sys/mod.rs`"
);
