//! What we are allowed to use: cores, memory, descriptors, processes. Asked once, before the first job starts. A
//! container limits these through cgroups, of which two versions are in use; both are looked up from our own group to
//! the root, because a limit on any group above holds for us too.

use super::procfs::{Reader, kibibytes, number, words};

use rustix::process::{Resource, getrlimit};

/// Descriptors that stay for ourselves: standard streams, files, the runtime.
const OWN_DESCRIPTORS: u64 = 64;
/// Descriptors that a running job takes if nothing else is said: its two output pipes and its process descriptor.
const DESCRIPTORS_PER_JOB: u64 = 3;
/// Processes left for others when the kernel's or the user's bound is near.
const OTHER_PROCESSES: u64 = 64;
/// A job is often a shell with a command in it.
const PROCESSES_PER_JOB: u64 = 2;

/// What may be used.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Caps {
    /// Numbers of the CPUs that our threads may run on; empty where unknown.
    pub(crate) cpus: Vec<usize>,
    /// CPUs' worth of time that the cgroup quota grants, if one is set.
    pub(crate) quota: Option<f64>,
    /// Memory that the cgroup grants in all, bytes, if it is limited.
    pub(crate) memory: Option<u64>,
    /// Jobs that the open-file limit allows at once.
    pub(crate) descriptors: Option<usize>,
    /// Jobs that process limits allow at once.
    pub(crate) processes: Option<usize>,
    limited: Vec<LimitedMemory>,
}

/// A control group that limits our memory: its limit in bytes, and the files that tell what it uses.
#[derive(Clone, Debug, PartialEq)]
struct LimitedMemory {
    limit: u64,
    usage: String,
    stat: String,
}

impl Caps {
    /// Asks the system.
    pub(crate) fn read() -> Self {
        let mut reader = Reader::default();
        let groups = Groups::own(&mut reader);
        let memory = groups.memory(&mut reader);
        Self {
            cpus: affinity(),
            quota: groups.quota(&mut reader),
            memory: memory.iter().map(|limited| limited.limit).min(),
            descriptors: descriptors(DESCRIPTORS_PER_JOB),
            processes: processes(&mut reader, &groups),
            limited: memory,
        }
    }

    /// The same for jobs that each take so many descriptors.
    pub(crate) fn with_descriptors_per_job(self, per_job: u64) -> Self {
        Self { descriptors: descriptors(per_job.max(1)), ..self }
    }

    /// Cores that can be kept busy: the CPUs we may run on, or what the quota grants, rounded up. At least 1.
    pub(crate) fn cores(&self) -> usize {
        let cpus = match self.cpus.len() {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            many => many,
        };
        let quota = self.quota.map_or(usize::MAX, |quota| quota.ceil() as usize);
        cpus.min(quota).max(1)
    }

    /// The same without rounding: CPUs' worth of time that may be used.
    pub(crate) fn granted(&self) -> f64 {
        self.quota.map_or(f64::INFINITY, |quota| quota).min(self.cores() as f64)
    }

    /// Memory that the cgroups leave us now, bytes; `None` where there is no limit. Cached file pages count as left,
    /// since the kernel gives them back when they are wanted.
    pub(crate) fn memory_left(&self, reader: &mut Reader) -> Option<u64> {
        let left = |limited: &LimitedMemory| {
            let used = reader.text(&limited.usage).and_then(one_number)?;
            let cached = reader.text(&limited.stat).map_or(0, cached_files);
            Some(limited.limit.saturating_sub(used.saturating_sub(cached)))
        };
        self.limited.iter().filter_map(left).min()
    }
}

fn affinity() -> Vec<usize> {
    let Ok(set) = rustix::thread::sched_getaffinity(None) else { return Vec::new() };
    (0..rustix::thread::CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect()
}

fn descriptors(per_job: u64) -> Option<usize> {
    let limit = getrlimit(Resource::Nofile).current?;
    Some(jobs(limit.saturating_sub(OWN_DESCRIPTORS) / per_job))
}

fn jobs(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX).max(1)
}

fn processes(reader: &mut Reader, groups: &Groups) -> Option<usize> {
    let user = getrlimit(Resource::Nproc).current;
    let kernel = reader.text("/proc/sys/kernel/pid_max").and_then(|text| number(text.trim_ascii()));
    let least = [user, kernel, groups.pids(reader)].into_iter().flatten().min()?;
    Some(jobs(least.saturating_sub(OTHER_PROCESSES) / PROCESSES_PER_JOB))
}

/// Directories of our control groups, our own first, then those above it.
#[derive(Debug, Default)]
struct Groups {
    cpu: Vec<String>,
    memory: Vec<String>,
    pids: Vec<String>,
    unified: Vec<String>,
}

impl Groups {
    fn own(reader: &mut Reader) -> Self {
        let text = |reader: &mut Reader, path| {
            reader.text(path).map(|text| String::from_utf8_lossy(text).into_owned())
        };
        let Some(membership) = text(reader, "/proc/self/cgroup") else { return Self::default() };
        let Some(mounts) = text(reader, "/proc/self/mountinfo") else { return Self::default() };
        Self::parse(&membership, &mounts)
    }

    fn parse(membership: &str, mounts: &str) -> Self {
        let mut groups = Self::default();
        for line in membership.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
            if controllers.is_empty() {
                groups.unified = directories(mounts, "cgroup2", "", path);
                continue;
            }
            for controller in controllers.split(',') {
                let place = match controller {
                    "cpu" => &mut groups.cpu,
                    "memory" => &mut groups.memory,
                    "pids" => &mut groups.pids,
                    _ => continue,
                };
                *place = directories(mounts, "cgroup", controller, path);
            }
        }
        groups
    }

    fn quota(&self, reader: &mut Reader) -> Option<f64> {
        let mut quotas = Vec::new();
        for group in &self.unified {
            let text = reader.text(&format!("{group}/cpu.max"));
            quotas.extend(text.and_then(quota_of));
        }
        for group in &self.cpu {
            let mut read = |name| reader.text(&format!("{group}/{name}")).and_then(one_number);
            let (quota, period) = (read("cpu.cfs_quota_us"), read("cpu.cfs_period_us"));
            if let (Some(quota), Some(period @ 1..)) = (quota, period) {
                quotas.push(quota as f64 / period as f64);
            }
        }
        quotas.into_iter().filter(|quota| *quota > 0.0).min_by(f64::total_cmp)
    }

    fn memory(&self, reader: &mut Reader) -> Vec<LimitedMemory> {
        let total = reader.text("/proc/meminfo").and_then(|text| kibibytes(text, b"MemTotal:"));
        let unified = self.unified.iter().map(|group| (group, "memory.max", "memory.current"));
        let older = ("memory.limit_in_bytes", "memory.usage_in_bytes");
        let older = self.memory.iter().map(|group| (group, older.0, older.1));
        let mut found = Vec::new();
        for (group, limit, usage) in unified.chain(older) {
            let limit = reader.text(&format!("{group}/{limit}")).and_then(one_number);
            // Version 1 says "no limit" by an enormous number.
            if let Some(limit) = limit.filter(|limit| total.is_none_or(|total| *limit < total)) {
                let [usage, stat] = [usage, "memory.stat"].map(|name| format!("{group}/{name}"));
                found.push(LimitedMemory { limit, usage, stat });
            }
        }
        found
    }

    fn pids(&self, reader: &mut Reader) -> Option<u64> {
        let groups = self.unified.iter().chain(&self.pids);
        groups
            .filter_map(|group| reader.text(&format!("{group}/pids.max")).and_then(one_number))
            .min()
    }
}

/// The number that a file holds; "max" and "-1" are no number.
fn one_number(text: &[u8]) -> Option<u64> {
    number(text.trim_ascii())
}

/// Bytes of cached file pages, from `memory.stat`: version 1 has names of its own for sums over subgroups.
fn cached_files(text: &[u8]) -> u64 {
    let value = |name: &[u8]| {
        let mut lines = text.split(|byte| *byte == b'\n');
        lines.find_map(|line| number(line.strip_prefix(name)?.strip_prefix(b" ")?))
    };
    let either = |older: &[u8], newer: &[u8]| value(older).or_else(|| value(newer)).unwrap_or(0);
    either(b"total_inactive_file", b"inactive_file") + either(b"total_active_file", b"active_file")
}

fn quota_of(text: &[u8]) -> Option<f64> {
    let mut words = words(text).map(number);
    let (quota, period) = (words.next()??, words.next()??);
    (period > 0).then(|| quota as f64 / period as f64)
}

/// The directory of group `path` in the hierarchy of this controller, and those above it up to the mount point.
fn directories(mounts: &str, kind: &str, controller: &str, path: &str) -> Vec<String> {
    let mount = mounts.lines().find_map(|line| {
        let (front, back) = line.split_once(" - ")?;
        let mut back = back.split(' ');
        let fits = back.next()? == kind
            && (controller.is_empty() || back.nth(1)?.split(',').any(|word| word == controller));
        let mut front = front.split(' ').skip(3);
        fits.then_some((front.next()?, front.next()?))
    });
    let Some((root, point)) = mount else { return Vec::new() };
    // In a container the mount's root is often our own group, and the path is as seen from outside.
    let inside = path.strip_prefix(root.trim_end_matches('/')).unwrap_or("");
    let mut inside = inside.trim_matches('/');
    let mut found = Vec::new();
    while !inside.is_empty() {
        found.push(format!("{point}/{inside}"));
        inside = inside.rsplit_once('/').map_or("", |(above, _)| above);
    }
    found.push(point.to_owned());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
        32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n\
        35 31 0:32 /box /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
        41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

    #[test]
    fn groups_are_found_from_our_own_up_to_the_root() {
        let membership = "4:memory:/box/a\n2:cpu,cpuacct:/x/y\n0::/u\n";
        let groups = Groups::parse(membership, MOUNTS);
        assert_eq!(
            groups.cpu,
            ["/sys/fs/cgroup/cpu/x/y", "/sys/fs/cgroup/cpu/x", "/sys/fs/cgroup/cpu"]
        );
        assert_eq!(groups.memory, ["/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/memory"]);
        assert_eq!(groups.unified, ["/sys/fs/cgroup/unified/u", "/sys/fs/cgroup/unified"]);
        assert!(groups.pids.is_empty());
    }

    #[test]
    fn both_spellings_of_quota_are_understood() {
        assert_eq!(quota_of(b"150000 100000\n"), Some(1.5));
        assert_eq!(quota_of(b"max 100000\n"), None);
        assert_eq!(one_number(b"-1\n"), None);
        assert_eq!(one_number(b"max\n"), None);
    }

    #[test]
    fn a_quota_bounds_the_cores() {
        let mut caps = Caps::read();
        caps.cpus = vec![0, 1, 2, 3];
        caps.quota = Some(1.5);
        assert_eq!((caps.cores(), caps.granted()), (2, 1.5));
        caps.quota = Some(0.2);
        assert_eq!(caps.cores(), 1);
        caps.quota = None;
        assert_eq!((caps.cores(), caps.granted()), (4, 4.0));
    }

    #[test]
    fn cached_files_of_both_versions() {
        assert_eq!(cached_files(b"anon 5\ninactive_file 7\nactive_file 3\n"), 10);
        let older =
            b"inactive_file 1\nactive_file 1\ntotal_inactive_file 70\ntotal_active_file 30\n";
        assert_eq!(cached_files(older), 100);
    }

    #[test]
    fn this_machine_answers() {
        let caps = Caps::read();
        assert!(caps.cores() >= 1);
        assert!(caps.descriptors.is_none_or(|jobs| jobs >= 1));
        assert!(caps.processes.is_none_or(|jobs| jobs >= 1));
        let left = caps.memory_left(&mut Reader::default());
        assert_eq!(left.is_some(), caps.memory.is_some());
    }
}
