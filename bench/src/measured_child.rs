//! Runs a command to its end and says how long it took and how much CPU it used itself, apart from
//! its children. The CPU time is read from `/proc/PID/stat` while the process is a zombie: it then
//! counts all threads of the process and, in other fields, the children that it waited for; the
//! kernel's tick of 10 ms bounds its precision, so it is fit for runs of thousands of jobs.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process, pidfd_open, waitid,
};

/// No contender's round may take longer; one that does is ended and reported as failed.
pub(crate) const ROUND_LIMIT: Duration = Duration::from_secs(300);

/// What a finished command cost.
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// CPU time of the process itself, all threads.
    pub(crate) own_cpu: Duration,
    /// CPU time of the children that it waited for.
    pub(crate) children_cpu: Duration,
}

/// Runs `command` to its end; an exit status other than zero is an error with what it printed.
pub(crate) fn run(command: &mut Command) -> Result<Cost> {
    let mut complaints = tempfile::tempfile().context("make a file for standard error")?;
    command.stderr(complaints.try_clone()?);
    let name = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let mut child = Reaped(command.spawn().with_context(|| format!("start {name}"))?);
    if !ends_within(Pid::from_child(&child.0), ROUND_LIMIT)? {
        child.interrupt()?;
        bail!("{name} did not end within {} s", ROUND_LIMIT.as_secs());
    }
    let wall = started.elapsed();
    let (own_cpu, children_cpu) = cpu_times(child.0.id())?;
    let status = child.0.wait()?;
    if !status.success() {
        bail!("{name} ended with {status}: {}", tail(&mut complaints)?);
    }
    Ok(Cost { wall, own_cpu, children_cpu })
}

/// Runs a contender that measures itself, and returns the figures that it prints as a JSON array. One
/// that takes longer than `limit` is killed, and said to hang.
pub(crate) fn figures(command: &mut Command, limit: Duration) -> Result<Vec<f64>> {
    let mut complaints = tempfile::tempfile().context("make a file for standard error")?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(complaints.try_clone()?);
    let mut child = Reaped(command.spawn().context("start the contender")?);
    if !ends_within(Pid::from_child(&child.0), limit)? {
        bail!("hangs: it did not end within {} s", limit.as_secs());
    }
    let status = child.0.wait()?;
    if !status.success() {
        bail!("{status}: {}", tail(&mut complaints)?);
    }
    let output = child.0.stdout.take().context("the contender's output is a pipe")?;
    serde_json::from_reader(output).context("the contender printed no figures")
}

/// Waits until the process is a zombie, without reaping it; false when the time is up first.
fn ends_within(pid: Pid, limit: Duration) -> Result<bool> {
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).context("open a pidfd")?;
    let limit = Timespec::try_from(limit)?;
    let mut descriptors = [PollFd::new(&pidfd, PollFlags::IN)];
    if poll(&mut descriptors, Some(&limit))? == 0 {
        return Ok(false);
    }
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
    Ok(true)
}

/// CPU time of a process itself and of the children that it has waited for.
fn cpu_times(pid: u32) -> Result<(Duration, Duration)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("read its CPU time")?;
    parse_cpu_times(&stat).context("/proc/PID/stat is not as proc(5) describes it")
}

/// Fields 14 to 17 of proc_pid_stat(5), in the kernel's ticks. They are counted from the end of the
/// command's name, which may hold spaces and parentheses.
fn parse_cpu_times(stat: &str) -> Option<(Duration, Duration)> {
    let after_name = stat.rsplit_once(')')?.1;
    let ticks: Vec<u64> =
        after_name.split_whitespace().skip(11).take(4).map_while(|t| t.parse().ok()).collect();
    let [user, system, children_user, children_system] = ticks[..] else { return None };
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    let time = |ticks: u64| Duration::from_secs_f64(ticks as f64 / per_second);
    Some((time(user + system), time(children_user + children_system)))
}

fn tail(complaints: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    complaints.seek(SeekFrom::Start(0))?;
    complaints.take(4096).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().next().unwrap_or("it printed nothing").to_owned())
}

/// Ends and reaps a child when dropped, whatever happened meanwhile.
pub(crate) struct Reaped(pub(crate) Child);

impl Reaped {
    /// Asks a runner to end itself and its jobs, as Ctrl-C twice does; it gets a second to do so
    /// before it is killed. It shares the bench's process group, so that a real Ctrl-C reaches it.
    pub(crate) fn interrupt(&mut self) -> Result<()> {
        let pid = Pid::from_child(&self.0);
        kill_process(pid, Signal::INT)?;
        if !ends_within(pid, Duration::from_millis(50))? {
            kill_process(pid, Signal::INT)?;
            ends_within(pid, Duration::from_secs(1))?;
        }
        Ok(())
    }
}

impl Drop for Reaped {
    fn drop(&mut self) {
        // Both fail only for a child that has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_succeeds_has_a_cost() {
        let cost = run(Command::new("true").arg("anything")).unwrap();
        assert!(cost.wall > Duration::ZERO);
    }

    #[test]
    fn a_command_that_fails_says_what_it_printed() {
        let error = run(Command::new("sh").args(["-c", "echo oh no >&2; exit 3"])).err().unwrap();
        let text = format!("{error:#}");
        assert!(text.contains("oh no") && text.contains('3'), "{text}");
    }

    #[test]
    fn a_command_that_does_not_exist_is_named() {
        let error = run(&mut Command::new("no-such-program-at-all")).err().unwrap();
        assert!(format!("{error:#}").contains("no-such-program-at-all"));
    }

    #[test]
    fn a_contender_prints_figures_or_hangs_or_fails() {
        let shell = |script: &str, limit: u64| {
            figures(Command::new("sh").args(["-c", script]), Duration::from_secs(limit))
        };
        assert_eq!(shell("echo '[1.5, 2]'", 60).unwrap(), [1.5, 2.0]);
        let hangs = format!("{:#}", shell("exec sleep 60", 0).unwrap_err());
        assert!(hangs.starts_with("hangs"), "{hangs}");
        let fails = format!("{:#}", shell("echo oh no >&2; exit 3", 60).unwrap_err());
        assert!(fails.contains("oh no"), "{fails}");
        assert!(shell("echo nothing", 60).is_err());
    }

    #[test]
    fn an_interrupted_child_ends() {
        let mut child = Reaped(Command::new("sleep").arg("60").spawn().unwrap());
        child.interrupt().unwrap();
        assert!(!child.0.wait().unwrap().success());
    }

    #[test]
    fn names_with_parentheses_do_not_shift_the_fields() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 100 50 20 10 0 0";
        let (own, children) = parse_cpu_times(stat).unwrap();
        assert_eq!(own.as_nanos(), children.as_nanos() * 5);
    }
}
