//! Reading the kernel's small text files by hand. One reader owns the buffers, so that a look at a job costs two or
//! three system calls per file and no allocation. What cannot be read or parsed is `None`: a process may vanish at any
//! moment, and none of these files exists everywhere.

use std::fmt::Write as _;
use std::time::Duration;

use rustix::fs::{Mode, OFlags, RawDir};

/// The reader and its buffers.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    path: String,
    text: Vec<u8>,
}

/// What `/proc/PID/stat` says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// State letter, such as `R`, `S`, `D` or `Z`.
    pub(crate) state: u8,
    /// Process id of the parent.
    pub(crate) parent: u32,
    /// CPU time of its threads, in clock ticks.
    pub(crate) own_ticks: u64,
    /// CPU time of the children it has waited for, in clock ticks.
    pub(crate) children_ticks: u64,
    /// Its threads.
    pub(crate) threads: u64,
    /// Resident memory, in pages.
    pub(crate) resident_pages: u64,
}

/// CPU time, and time spent ready without a core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Schedstat {
    /// On a core.
    pub(crate) cpu: Duration,
    /// Ready, waiting for a core.
    pub(crate) queued: Duration,
}

impl Reader {
    /// The text of the file at `path`, whole.
    pub(crate) fn text(&mut self, path: &str) -> Option<&[u8]> {
        self.path.clear();
        self.path.push_str(path);
        self.read()
    }

    /// `/proc/PID/stat`; also of a zombie.
    pub(crate) fn stat(&mut self, pid: u32) -> Option<Stat> {
        self.name(format_args!("/proc/{pid}/stat"));
        parse_stat(self.read()?)
    }

    /// `/proc/PID/schedstat`: of the first thread only; also of a zombie.
    pub(crate) fn schedstat(&mut self, pid: u32) -> Option<Schedstat> {
        self.name(format_args!("/proc/{pid}/schedstat"));
        parse_schedstat(self.read()?)
    }

    /// The sum over all threads that are alive.
    pub(crate) fn schedstat_of_threads(&mut self, pid: u32) -> Option<Schedstat> {
        let mut sum = Schedstat::default();
        self.name(format_args!("/proc/{pid}/task"));
        let mut threads = Vec::new();
        numbers_in(&self.path, |thread| threads.push(thread))?;
        for thread in threads {
            self.name(format_args!("/proc/{pid}/task/{thread}/schedstat"));
            if let Some(one) = self.read().and_then(parse_schedstat) {
                sum.cpu += one.cpu;
                sum.queued += one.queued;
            }
        }
        Some(sum)
    }

    /// The highest resident memory so far (`VmHWM`), in bytes; not of a zombie.
    pub(crate) fn peak_resident(&mut self, pid: u32) -> Option<u64> {
        self.name(format_args!("/proc/{pid}/status"));
        kibibytes(self.read()?, b"VmHWM:")
    }

    fn name(&mut self, path: std::fmt::Arguments<'_>) {
        self.path.clear();
        // Writing to a String cannot fail.
        let _ = self.path.write_fmt(path);
    }

    fn read(&mut self) -> Option<&[u8]> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::open(self.path.as_str(), flags, Mode::empty()).ok()?;
        self.text.resize(self.text.capacity().max(4096), 0);
        let mut filled = 0;
        loop {
            if filled == self.text.len() {
                self.text.resize(filled * 2, 0);
            }
            match rustix::io::read(&file, &mut self.text[filled..]) {
                Ok(0) => return Some(&self.text[..filled]),
                Ok(read) => filled += read,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return None,
            }
        }
    }
}

/// Calls `found` for every entry of the directory whose name is a number.
pub(crate) fn numbers_in(path: &str, mut found: impl FnMut(u32)) -> Option<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(path, flags, Mode::empty()).ok()?;
    let mut buffer = Vec::with_capacity(8192);
    let mut entries = RawDir::new(directory, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        if let Some(number) = number(entry.ok()?.file_name().to_bytes()) {
            found(u32::try_from(number).ok()?);
        }
    }
    Some(())
}

/// A decimal number, nothing else.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |value, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// The words of a line or of a whole text.
pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// The value, in bytes, of a line such as `MemAvailable:  123 kB`.
pub(crate) fn kibibytes(text: &[u8], name: &[u8]) -> Option<u64> {
    let line = text.split(|byte| *byte == b'\n').find(|line| line.starts_with(name))?;
    number(words(line).nth(1)?).map(|kib| kib * 1024)
}

fn parse_stat(text: &[u8]) -> Option<Stat> {
    // The name stands in parentheses and may itself hold spaces and parentheses; the last one ends it.
    let end = text.iter().rposition(|byte| *byte == b')')?;
    let mut words = words(&text[end + 1..]);
    let state = *words.next()?.first()?;
    let parent = u32::try_from(number(words.next()?)?).ok()?;
    let mut next = |skipped: usize| words.nth(skipped).and_then(number);
    let (user, system) = (next(9)?, next(0)?);
    let (children_user, children_system) = (next(0)?, next(0)?);
    let threads = next(2)?;
    let resident_pages = next(3)?;
    Some(Stat {
        state,
        parent,
        own_ticks: user + system,
        children_ticks: children_user + children_system,
        threads,
        resident_pages,
    })
}

fn parse_schedstat(text: &[u8]) -> Option<Schedstat> {
    let mut words = words(text).map(|word| number(word).map(Duration::from_nanos));
    Some(Schedstat { cpu: words.next()??, queued: words.next()?? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_survives_hostile_names() {
        let line = b"12 (a) R 1 (b) S 7 12 12 0 -1 4194560 5 6 7 8 30 4 50 6 20 0 3 0 99 1000 321 18446744073709551615 1";
        let stat = parse_stat(line).expect("a full line");
        assert_eq!((stat.state, stat.parent), (b'S', 7));
        assert_eq!((stat.own_ticks, stat.children_ticks), (34, 56));
        assert_eq!((stat.threads, stat.resident_pages), (3, 321));
        assert_eq!(parse_stat(b"12 (cut"), None);
    }

    #[test]
    fn own_figures_are_readable() {
        let mut reader = Reader::default();
        let own = std::process::id();
        let stat = reader.stat(own).expect("our own stat");
        assert!(stat.threads >= 1 && stat.resident_pages > 0);
        assert!(reader.peak_resident(own).expect("VmHWM") > 0);
        if reader.schedstat(own).is_some() {
            let all = reader.schedstat_of_threads(own).expect("our threads");
            assert!(all.cpu > Duration::ZERO);
        }
        assert_eq!(reader.stat(0), None);
    }

    #[test]
    fn numbers_are_strict() {
        assert_eq!(number(b"42"), Some(42));
        for bad in [&b""[..], b"4x", b"-1", b"99999999999999999999999"] {
            assert_eq!(number(bad), None);
        }
    }
}
