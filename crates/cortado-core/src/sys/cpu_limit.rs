//! How many cores this process may use: the CPUs of its affinity mask, and the quota that its
//! control groups set, in both versions of control groups.
//!
//! The two are kept apart, because they act differently: beyond its mask a process merely does
//! not run in parallel; beyond its quota the kernel stops all of its threads for the rest of the
//! period.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::Pid;
use rustix::thread::CpuSet;

/// How much CPU this process may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CpuLimit {
    /// CPUs that the kernel lets this process run on; at least 1.
    pub(crate) cores: usize,
    /// CPU seconds per second that the control groups allow, where they limit it.
    pub(crate) quota: Option<f64>,
}

impl CpuLimit {
    /// So many threads never use the quota up, however long they run.
    pub(crate) fn holds(self, threads: usize) -> bool {
        self.quota.is_none_or(|quota| quota >= threads as f64)
    }
}

/// The limits as they are now.
pub(crate) fn usable_cores() -> CpuLimit {
    CpuLimit { cores: affinity(), quota: quota() }
}

/// The mask that rustix reads holds 1024 CPUs; a machine with more is asked through std.
fn affinity() -> usize {
    match rustix::thread::sched_getaffinity(None) {
        Ok(mask) => (mask.count() as usize).max(1),
        Err(_) => std::thread::available_parallelism().map_or(1, |cores| cores.get()),
    }
}

/// Some CPUs of this machine.
#[derive(Debug, Clone)]
pub(crate) struct Cpus(CpuSet);

impl Cpus {
    /// Those that this process may use; nothing where they cannot be read.
    pub(crate) fn usable() -> Option<Cpus> {
        rustix::thread::sched_getaffinity(None).ok().map(Cpus)
    }

    /// The first ones, so many.
    #[cfg(test)]
    pub(crate) fn first(count: usize) -> Cpus {
        Cpus::of(0..count)
    }

    fn of(numbers: impl Iterator<Item = usize>) -> Cpus {
        let mut set = CpuSet::new();
        numbers.for_each(|number| set.set(number));
        Cpus(set)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.count() as usize
    }

    /// So many of these, counted from the one at `start` round the end.
    pub(crate) fn some_from(&self, start: usize, count: usize) -> Cpus {
        let all: Vec<usize> =
            (0..CpuSet::MAX_CPU).filter(|number| self.0.is_set(*number)).collect();
        let skipped = start.checked_rem(all.len()).unwrap_or(0);
        Cpus::of(all.iter().cycle().skip(skipped).take(count.min(all.len())).copied())
    }

    /// Keeps a thread of this process on these CPUs.
    pub(crate) fn keep(&self, thread: i32) -> io::Result<()> {
        rustix::thread::sched_setaffinity(Pid::from_raw(thread), &self.0).map_err(io::Error::from)
    }
}

/// The CPU that the thread is on, as of some moment.
pub(crate) fn current_cpu() -> usize {
    rustix::thread::sched_getcpu()
}

/// Moves the thread to another CPU of those that it may run on, if there is one.
pub(crate) fn leave_cpu() {
    let Some(allowed) = Cpus::usable() else { return };
    let mut others = allowed.clone();
    others.0.unset(current_cpu());
    if others.count() > 0 && others.keep(0).is_ok() {
        // It was allowed a moment ago; where it is not any more, somebody else has chosen meanwhile.
        let _ = allowed.keep(0);
    }
}

fn quota() -> Option<f64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    smallest_quota(&groups, &mounts)
}

/// The smallest quota of this process's groups and of the groups around them.
fn smallest_quota(groups: &str, mounts: &str) -> Option<f64> {
    groups
        .lines()
        .filter_map(Membership::parse)
        .filter_map(|membership| {
            let (top, inside) = membership.directory(mounts)?;
            let read = membership.reader();
            inside
                .ancestors()
                .take_while(|directory| directory.starts_with(&top))
                .filter_map(read)
                .min_by(f64::total_cmp)
        })
        .min_by(f64::total_cmp)
}

/// One line of /proc/PID/cgroup that may limit the CPU (cgroups(7)).
struct Membership<'a> {
    version: Version,
    path: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    /// A hierarchy with the `cpu` controller of the first version.
    One,
    /// The one hierarchy of the second version.
    Two,
}

impl Membership<'_> {
    fn parse(line: &str) -> Option<Membership<'_>> {
        let mut fields = line.splitn(3, ':');
        let (_number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let version = match controllers {
            "" => Version::Two,
            list if list.split(',').any(|name| name == "cpu") => Version::One,
            _ => return None,
        };
        Some(Membership { version, path })
    }

    /// Where the hierarchy is mounted, and this group's directory in it (proc_pid_mountinfo(5)).
    /// A mount may show only a part of the hierarchy, as inside a container.
    fn directory(&self, mounts: &str) -> Option<(PathBuf, PathBuf)> {
        mounts.lines().find_map(|line| {
            let (mount, file_system) = line.split_once(" - ")?;
            let mut kind = file_system.split(' ');
            let (name, options) = (kind.next()?, kind.nth(1).unwrap_or(""));
            let fits = match self.version {
                Version::Two => name == "cgroup2",
                Version::One => name == "cgroup" && options.split(',').any(|one| one == "cpu"),
            };
            let mut fields = mount.split(' ').skip(3);
            let (root, top) = (fields.next()?, PathBuf::from(fields.next()?));
            let below = Path::new(self.path).strip_prefix(root).ok()?;
            fits.then(|| (top.clone(), top.join(below)))
        })
    }

    fn reader(&self) -> fn(&Path) -> Option<f64> {
        match self.version {
            Version::One => quota_of_version_one,
            Version::Two => quota_of_version_two,
        }
    }
}

/// `cpu.max` holds the quota or `max`, and the period, both in microseconds (the kernel's
/// Documentation/admin-guide/cgroup-v2.rst).
fn quota_of_version_two(directory: &Path) -> Option<f64> {
    let text = fs::read_to_string(directory.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    ratio(quota.parse().ok()?, period.parse().ok()?)
}

/// A quota of -1 is none (the kernel's Documentation/scheduler/sched-bwc.rst).
fn quota_of_version_one(directory: &Path) -> Option<f64> {
    let number = |file: &str| -> Option<f64> {
        fs::read_to_string(directory.join(file)).ok()?.trim().parse().ok()
    };
    ratio(number("cpu.cfs_quota_us")?, number("cpu.cfs_period_us")?)
}

fn ratio(quota: f64, period: f64) -> Option<f64> {
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory that goes away with the test.
    struct Groups(PathBuf);

    impl Groups {
        fn new(name: &str) -> Groups {
            let unique = format!("cortado-groups-{name}-{}", std::process::id());
            let directory = std::env::temp_dir().join(unique);
            fs::create_dir_all(directory.join("a/b")).unwrap();
            Groups(directory)
        }

        fn write(&self, file: &str, text: &str) {
            fs::write(self.0.join(file), text).unwrap();
        }

        fn mounted(&self, root: &str, kind: &str) -> String {
            format!("31 23 0:28 {root} {} rw,relatime shared:9 - {kind}\n", self.0.display())
        }
    }

    impl Drop for Groups {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).ok();
        }
    }

    #[test]
    fn so_many_threads_as_a_quota_has_whole_cpus_do_not_use_it_up() {
        let holds = |quota, threads| CpuLimit { cores: 8, quota }.holds(threads);
        assert!(holds(None, 100) && holds(Some(2.0), 2) && holds(Some(2.5), 2));
        assert!(!holds(Some(0.5), 1) && !holds(Some(1.5), 2));
    }

    #[test]
    fn there_is_a_core_to_use() {
        assert!(usable_cores().cores >= 1);
    }

    #[test]
    fn some_cpus_are_counted_round_the_end() {
        let some = Cpus::first(4).some_from(7, 2);
        assert_eq!((some.count(), some.0.is_set(3), some.0.is_set(0)), (2, true, true));
        assert_eq!(Cpus::first(2).some_from(1, 9).count(), 2);
    }

    #[test]
    fn a_thread_stays_where_it_is_kept() {
        let usable = Cpus::usable().unwrap();
        std::thread::spawn(move || {
            usable.some_from(1, 1).keep(rustix::thread::gettid().as_raw_nonzero().get()).unwrap();
            assert_eq!(Cpus::usable().unwrap().count(), 1);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn an_outer_group_of_version_two_limits_an_inner_one() {
        let groups = Groups::new("outer");
        groups.write("a/cpu.max", "150000 100000\n");
        groups.write("a/b/cpu.max", "max 100000\n");
        let mounts = groups.mounted("/", "cgroup2 cgroup2 rw");
        assert_eq!(smallest_quota("0::/a/b\n", &mounts), Some(1.5));
    }

    #[test]
    fn a_mount_of_a_part_of_the_tree_is_understood() {
        let groups = Groups::new("part");
        groups.write("a/cpu.max", "50000 100000\n");
        let mounts = groups.mounted("/docker/7", "cgroup2 cgroup2 rw");
        assert_eq!(smallest_quota("0::/docker/7/a\n", &mounts), Some(0.5));
        assert_eq!(smallest_quota("0::/elsewhere\n", &mounts), None);
    }

    #[test]
    fn version_one_is_read_from_the_cpu_hierarchy() {
        let groups = Groups::new("one");
        groups.write("a/cpu.cfs_quota_us", "200000\n");
        groups.write("a/cpu.cfs_period_us", "100000\n");
        let mounts = groups.mounted("/", "cgroup cgroup rw,cpu,cpuacct");
        let lines = "4:memory:/x\n3:cpu,cpuacct:/a\n0::/\n";
        assert_eq!(smallest_quota(lines, &mounts), Some(2.0));
        groups.write("a/cpu.cfs_quota_us", "-1\n");
        assert_eq!(smallest_quota(lines, &mounts), None);
    }
}
