//! Takes from the server process the right to raise priorities, and shows that it is gone: the
//! figures must hold for an unprivileged user, whoever runs the benchmark.

use std::thread;

use anyhow::{Context, Result, bail};
use rustix::process::{Resource, Rlimit, setpriority_process, setrlimit};
use rustix::thread::{
    CapabilitySet, capabilities, remove_capability_from_bounding_set, set_capabilities,
};

/// Gives up `CAP_SYS_NICE` and sets `RLIMIT_NICE` to 0. It must run while the process has only one
/// thread: capabilities belong to threads, and threads made later inherit them.
pub(super) fn give_up_raising() -> Result<()> {
    // Without the right to change it, the bounding set gives back nothing that was not there.
    let _ = remove_capability_from_bounding_set(CapabilitySet::SYS_NICE);
    let mut sets = capabilities(None).context("read the capabilities")?;
    sets.effective.remove(CapabilitySet::SYS_NICE);
    sets.permitted.remove(CapabilitySet::SYS_NICE);
    sets.inheritable.remove(CapabilitySet::SYS_NICE);
    set_capabilities(None, sets).context("give up CAP_SYS_NICE")?;
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Nice, none).context("set RLIMIT_NICE to 0")
}

/// Lowers a thread and tries to raise it again; returns how the kernel refused.
pub(super) fn refusal() -> Result<String> {
    let attempt = thread::spawn(|| -> Result<String> {
        setpriority_process(None, 5).context("lower a thread")?;
        match setpriority_process(None, 0) {
            Err(error) => Ok(error.to_string()),
            Ok(()) => bail!("the kernel let a lowered thread rise; the figures would not hold"),
        }
    });
    attempt.join().expect("the thread that tries panicked")
}
