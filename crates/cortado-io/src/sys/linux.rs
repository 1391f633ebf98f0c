//! Linux: reaping a child together with what it used (wait4(2)).
//!
//! Invariants:
//! - I1: `wait4` writes at most one status and one `rusage`, to the addresses that it is given,
//!   and these are live local ones.
//! - I2: when `wait4` returns a process it has filled both in; and all bytes zero are a valid
//!   `rusage` in any case, since it holds integers only.

use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Pid;

use crate::process::ResourceUsage;

/// Reaps `pid`, which is a child of this process, if it has ended.
///
/// # Errors
/// Those of wait4(2): `ECHILD` where it was reaped already, or where this process ignores
/// `SIGCHLD`, so that the kernel reaps at once.
pub(crate) fn wait_for_child(pid: Pid) -> io::Result<Option<(ExitStatus, ResourceUsage)>> {
    let mut status: libc::c_int = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    let number = pid.as_raw_nonzero().get();
    loop {
        // SAFETY: I1.
        match unsafe { libc::wait4(number, &raw mut status, libc::WNOHANG, usage.as_mut_ptr()) } {
            0 => return Ok(None),
            -1 => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
            _ => {
                // SAFETY: I2.
                let usage = unsafe { usage.assume_init() };
                return Ok(Some((ExitStatus::from_raw(status), translate(&usage))));
            }
        }
    }
}

fn translate(usage: &libc::rusage) -> ResourceUsage {
    ResourceUsage {
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        max_rss_kib: count(usage.ru_maxrss),
        minor_faults: count(usage.ru_minflt),
        major_faults: count(usage.ru_majflt),
        blocks_read: count(usage.ru_inblock),
        blocks_written: count(usage.ru_oublock),
        voluntary_switches: count(usage.ru_nvcsw),
        involuntary_switches: count(usage.ru_nivcsw),
    }
}

/// The kernel counts upwards from zero, though the type has a sign.
fn count(value: libc::c_long) -> u64 {
    value.try_into().unwrap_or(0)
}

fn duration(time: libc::timeval) -> Duration {
    let micros = count(time.tv_sec).saturating_mul(1_000_000).saturating_add(count(time.tv_usec));
    Duration::from_micros(micros)
}
