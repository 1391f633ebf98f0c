//! A control group with a CPU quota, for a server to be stopped by, where this machine lets us make
//! one: in the `cpu` hierarchy of the first version, or in the second version's, at the usual places.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result};

/// The kernel's usual period, in microseconds.
const PERIOD_US: u64 = 100_000;

/// A group that is removed when dropped; its processes must have ended by then.
pub(super) struct Group(PathBuf);

impl Group {
    /// A group that may use so many CPU seconds per second.
    pub(super) fn with_quota(cpus: f64) -> Result<Group> {
        let name = format!("cortado-bench-{}-{cpus}", process::id());
        let quota_us = (cpus * PERIOD_US as f64) as u64;
        let first = Path::new("/sys/fs/cgroup/cpu");
        let is_first = first.join("cpu.cfs_quota_us").exists();
        let top = if is_first { first } else { Path::new("/sys/fs/cgroup") };
        let group = Group(top.join(name));
        fs::create_dir_all(&group.0).with_context(|| format!("make {}", group.0.display()))?;
        if is_first {
            group.write("cpu.cfs_period_us", &PERIOD_US.to_string())?;
            group.write("cpu.cfs_quota_us", &quota_us.to_string())?;
        } else {
            group.write("cpu.max", &format!("{quota_us} {PERIOD_US}"))?;
        }
        Ok(group)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        fs::write(self.0.join(file), text)
            .with_context(|| format!("set {file} in {}", self.0.display()))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.0) {
            eprintln!("bench: {} stays behind: {error}", self.0.display());
        }
    }
}

/// Puts this process into the group.
pub(super) fn join_group(group: &Path) -> Result<()> {
    fs::write(group.join("cgroup.procs"), process::id().to_string())
        .with_context(|| format!("enter the control group {}", group.display()))
}
