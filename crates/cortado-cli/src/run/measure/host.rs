//! The machine as a whole: how idle the CPUs are that we may use, how much memory is left, how many threads are ready.
//! All of it from `/proc`; what a system does not offer is `None` and the caller goes without.

use std::time::Duration;

use super::procfs::{Reader, kibibytes, number, words};

/// Idle time and all time of the usable CPUs together, in clock ticks.
type Ticks = (u64, u64);

/// Reads the machine's figures.
#[derive(Debug)]
pub(crate) struct Host {
    reader: Reader,
    /// Usable CPUs by number; empty: all.
    cpus: Vec<usize>,
    last: Option<Ticks>,
    idle: Option<f64>,
    stalled: Option<(Duration, Duration)>,
}

impl Host {
    /// A reader for these CPUs (by number; none given: all).
    pub(crate) fn new(cpus: Vec<usize>) -> Self {
        let mut host =
            Self { reader: Reader::default(), cpus, last: None, idle: None, stalled: None };
        host.last = host.ticks();
        host
    }

    /// Idle share of the usable CPUs, 0 to 1, since the last call. Where less than two clock ticks (20 ms) per CPU have
    /// passed since, the last share again, because the counters are no finer.
    pub(crate) fn idle_share(&mut self) -> Option<f64> {
        let now = self.ticks()?;
        let Some(last) = self.last else {
            self.last = Some(now);
            return None;
        };
        let (idle, all) = (now.0.saturating_sub(last.0), now.1.saturating_sub(last.1));
        // A CPU that sleeps may be a tick behind.
        if all + 1 >= 2 * self.cpus.len().max(1) as u64 {
            self.idle = Some((idle as f64 / all as f64).clamp(0.0, 1.0));
            self.last = Some(now);
        }
        self.idle
    }

    /// Memory that can be used without swapping (`MemAvailable`), bytes.
    pub(crate) fn memory_available(&mut self) -> Option<u64> {
        kibibytes(self.reader.text("/proc/meminfo")?, b"MemAvailable:")
    }

    /// Physical memory, bytes.
    pub(crate) fn memory_total(&mut self) -> Option<u64> {
        kibibytes(self.reader.text("/proc/meminfo")?, b"MemTotal:")
    }

    /// Threads that run or are ready now, this one not counted: the number that `--load` is compared with. Unlike the
    /// load averages it has no memory, and threads that wait for a disk are not in it.
    pub(crate) fn ready_threads(&mut self) -> Option<u64> {
        let text = self.reader.text("/proc/loadavg")?;
        let field = words(text).nth(3)?;
        let running = field.split(|byte| *byte == b'/').next()?;
        number(running).map(|running| running.saturating_sub(1))
    }

    /// Share of the time since the last call, 0 to 1, in which some thread of the machine stood still for want of
    /// memory (pressure stall information). `now` is any clock that only grows.
    pub(crate) fn memory_stall_share(&mut self, now: Duration) -> Option<f64> {
        let total = stall_total(self.reader.text("/proc/pressure/memory")?)?;
        let (then, before) = self.stalled.replace((now, total))?;
        let elapsed = now.saturating_sub(then).as_secs_f64();
        (elapsed > 0.0).then(|| (total.saturating_sub(before).as_secs_f64() / elapsed).min(1.0))
    }

    fn ticks(&mut self) -> Option<Ticks> {
        parse_ticks(self.reader.text("/proc/stat")?, &self.cpus)
    }
}

fn parse_ticks(text: &[u8], cpus: &[usize]) -> Option<Ticks> {
    let mut sum = (0, 0);
    let mut seen = false;
    for line in text.split(|byte| *byte == b'\n') {
        let Some(rest) = line.strip_prefix(b"cpu") else { break };
        let mut words = words(rest);
        // The first line, of all CPUs, has no number.
        if rest.first() == Some(&b' ') {
            continue;
        }
        let cpu = number(words.next()?)? as usize;
        if !cpus.is_empty() && !cpus.contains(&cpu) {
            continue;
        }
        // user nice system idle iowait irq softirq steal; what follows is contained in user and nice.
        for (at, word) in words.take(8).enumerate() {
            let ticks = number(word)?;
            sum.1 += ticks;
            sum.0 += if at == 3 || at == 4 { ticks } else { 0 };
        }
        seen = true;
    }
    seen.then_some(sum)
}

fn stall_total(text: &[u8]) -> Option<Duration> {
    let line = text.split(|byte| *byte == b'\n').find(|line| line.starts_with(b"some "))?;
    let total = words(line).find_map(|word| word.strip_prefix(b"total="))?;
    number(total).map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &[u8] = b"cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 10 0 5 80 5 0 0 0 7 0\ncpu1 100 0 0 0 0 0 0 0 0 0\nintr 1\n";

    #[test]
    fn idle_counts_only_usable_cpus() {
        assert_eq!(parse_ticks(STAT, &[0]), Some((85, 100)));
        assert_eq!(parse_ticks(STAT, &[]), Some((85, 200)));
        assert_eq!(parse_ticks(STAT, &[9]), None);
    }

    #[test]
    fn stalls_are_read_from_the_some_line() {
        let text = b"some avg10=0.00 avg60=0.00 avg300=0.00 total=1500\nfull avg10=0.00 total=7\n";
        assert_eq!(stall_total(text), Some(Duration::from_micros(1500)));
    }

    #[test]
    fn this_machine_answers() {
        let mut host = Host::new(Vec::new());
        let total = host.memory_total().expect("MemTotal");
        assert!(host.memory_available().expect("MemAvailable") <= total);
        assert!(host.ready_threads().is_some());
        if let Some(idle) = host.idle_share() {
            assert!((0.0..=1.0).contains(&idle));
        }
    }
}
