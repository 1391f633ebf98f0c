//! Linux: epoll as the poller, and what one thread may learn about and do to another.
//!
//! Everything that knows epoll is in this file. The rest of the reactor sees tokens, readiness
//! bits and a bell. Timeouts below a millisecond need `epoll_pwait2`, which came with Linux 5.11
//! (epoll_wait(2), "HISTORY"); on an older kernel making the poller fails and says so.
//!
//! Invariants:
//! - I1: `clock_gettime` writes exactly one `timespec` to the address that it is given, and it
//!   is given that of a live local one.
//! - I2: an event record is plain data: the pointer in it is an address that this file only hands
//!   on, and it means the same on every thread.
//! - I3: `sched_getattr` writes at most the bytes that it is told of to the address that it is given, and
//!   `sched_setattr` reads at most those that its record claims: a live local record has both.

use std::ffi::{CStr, c_void};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::num::NonZeroU64;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr;
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

pub(crate) use super::cpu_limit::{CpuLimit, Cpus, current_cpu, leave_cpu, usable_cores};
use crate::reactor::{Interest, Ready};

/// What the kernel hands back with an event: the address that was given at registration.
pub(crate) type Token = *const c_void;

/// The token of the bell. No registered address is null.
const BELL: Token = ptr::null();

/// How many events one wait can bring. What does not fit comes with the next wait, because the
/// kernel rotates its list; a larger batch only delays the first task of the batch. Half of what a
/// worker's ring holds, so that a batch does not overflow from it.
const EVENT_CAPACITY: usize = 128;

/// An epoll instance, and an eventfd in it as the bell that ends a wait.
#[derive(Debug)]
pub(crate) struct OsPoller {
    epoll: OwnedFd,
    bell: OwnedFd,
}

/// Room for the events of one wait.
pub(crate) struct OsEvents {
    buffer: Vec<Event>,
}

// SAFETY: I2.
unsafe impl Send for OsEvents {}

impl OsEvents {
    pub(crate) fn new() -> OsEvents {
        OsEvents { buffer: Vec::with_capacity(EVENT_CAPACITY) }
    }

    /// True where a wait has brought nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// True where the bell is among the events.
    pub(crate) fn has_bell(&self) -> bool {
        self.buffer.iter().any(|event| ptr::eq(token(event), BELL))
    }

    /// The descriptors' events, without the bell.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Token, Ready)> {
        self.buffer
            .iter()
            .filter(|event| !ptr::eq(token(event), BELL))
            .map(|event| (token(event), ready(event.flags)))
    }
}

fn token(event: &Event) -> Token {
    // The record is packed on x86-64, so the field is copied before it is used.
    let data = event.data;
    data.ptr()
}

impl OsPoller {
    pub(crate) fn new() -> io::Result<OsPoller> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&epoll, &bell, pointer(BELL), EventFlags::IN | EventFlags::ET)?;
        let poller = OsPoller { epoll, bell };
        match poller.wait(&mut OsEvents::new(), Some(Duration::ZERO)) {
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOSYS) => {
                Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "this kernel has no epoll_pwait2: cortado needs Linux 5.11 or newer",
                ))
            }
            looked => looked.map(|()| poller),
        }
    }

    /// Rings the bell: ends the wait that is under way, or else the next one at once.
    ///
    /// The bell is edge-triggered, so nobody has to read its count: every write is an edge. The
    /// count stops one write below 2^64 (eventfd(2)); then, and only then, it is read, which
    /// sets it to zero.
    pub(crate) fn ring(&self) -> io::Result<()> {
        loop {
            match rustix::io::write(&self.bell, &1u64.to_ne_bytes()) {
                Err(Errno::AGAIN) => match rustix::io::read(&self.bell, &mut [0u8; 8]) {
                    Ok(_) | Err(Errno::AGAIN | Errno::INTR) => continue,
                    Err(error) => return Err(error.into()),
                },
                Err(Errno::INTR) => continue,
                written => return written.map(drop).map_err(io::Error::from),
            }
        }
    }

    /// Waits for events; `None` is without limit. An interrupted wait is an error like others.
    pub(crate) fn wait(&self, events: &mut OsEvents, timeout: Option<Duration>) -> io::Result<()> {
        events.buffer.clear();
        let room = rustix::buffer::spare_capacity(&mut events.buffer);
        epoll::wait(&self.epoll, room, timeout.map(timespec).as_ref())?;
        Ok(())
    }

    /// Asks for edges of `interest`. What is ready already counts as the first edge.
    pub(crate) fn add(&self, fd: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        epoll::add(&self.epoll, fd, pointer(token), flags(interest)).map_err(add_error)
    }

    /// Ends what `add` began. After it returned, no later wait brings this descriptor's token.
    pub(crate) fn delete(&self, fd: impl AsFd) -> io::Result<()> {
        epoll::delete(&self.epoll, fd).map_err(io::Error::from)
    }
}

fn pointer(token: Token) -> EventData {
    EventData::new_ptr(token.cast_mut())
}

/// A timeout that the clock cannot hold is as good as its largest value.
fn timespec(timeout: Duration) -> Timespec {
    Timespec {
        tv_sec: timeout.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    }
}

fn flags(interest: Interest) -> EventFlags {
    let mut flags = EventFlags::ET;
    if interest.is_readable() {
        flags |= EventFlags::IN | EventFlags::RDHUP;
    }
    if interest.is_writable() {
        flags |= EventFlags::OUT;
    }
    if interest.is_priority() {
        flags |= EventFlags::PRI;
    }
    flags
}

/// The kernel reports HUP and ERR unasked. Both end both directions for now: the next read or
/// write tells what it was, and clears the readiness again where it was nothing.
fn ready(flags: EventFlags) -> Ready {
    let table = [
        (EventFlags::IN, Ready::READABLE),
        (EventFlags::PRI, Ready::PRIORITY),
        (EventFlags::OUT, Ready::WRITABLE),
        (EventFlags::RDHUP, Ready::READ_CLOSED),
        (EventFlags::HUP, Ready::READ_CLOSED | Ready::WRITE_CLOSED),
        (EventFlags::ERR, Ready::READ_CLOSED | Ready::WRITE_CLOSED),
    ];
    table
        .into_iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .fold(Ready::EMPTY, |all, (_, one)| all | one)
}

fn add_error(errno: Errno) -> io::Error {
    match errno {
        Errno::PERM => io::Error::new(
            io::ErrorKind::PermissionDenied,
            "this descriptor cannot be waited for (EPERM): regular files and directories are \
             always ready to the poller; use the blocking pool for them",
        ),
        Errno::NOSPC => io::Error::new(
            io::ErrorKind::StorageFull,
            "no more descriptors can be registered (ENOSPC): raise \
             /proc/sys/fs/epoll/max_user_watches",
        ),
        other => other.into(),
    }
}

/// The number by which the kernel knows the calling thread.
pub(crate) fn thread_id() -> i32 {
    rustix::thread::gettid().as_raw_nonzero().get()
}

/// The nice value of the calling thread: that of the threads that it makes. 0 where it is unknown.
pub(crate) fn own_nice() -> i32 {
    rustix::process::getpriority_process(None).unwrap_or(0)
}

/// Gives a thread of this process a lower priority: `nice` up to 19, the lowest.
///
/// Without CAP_SYS_NICE there is no way back, and threads and processes that the thread makes
/// inherit it (setpriority(2), sched(7)).
pub(crate) fn lower_thread(tid: i32, nice: i32) -> io::Result<()> {
    let Some(thread) = rustix::process::Pid::from_raw(tid) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "0 is not a thread"));
    };
    // The call's name says process, but on Linux it sets one thread (setpriority(2), "BUGS").
    rustix::process::setpriority_process(Some(thread), nice).map_err(io::Error::from)
}

/// Sets for how long a thread of this process runs before it gives way to others of its kind, which says
/// how soon it is to run when it wakes: a shorter slice comes first, at the same share of a core. The kernel
/// takes 0.1 to 100 ms.
///
/// It means something from Linux 6.12 on, for threads of the usual policy; others stay as they are.
pub(crate) fn set_slice(tid: i32, slice: Duration) -> io::Result<()> {
    if tid == 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "0 is not a thread"));
    }
    let mut attributes = scheduling(tid)?;
    if attributes.sched_policy != libc::SCHED_OTHER as u32 {
        return Ok(());
    }
    attributes.sched_runtime = slice.as_nanos() as u64;
    // SAFETY: I3 (`attributes` lives here, and holds its own size).
    let result = unsafe { libc::syscall(libc::SYS_sched_setattr, tid, &raw const attributes, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The time slice of the calling thread, as the kernel says it: 0 where it knows none of threads.
#[cfg(test)]
pub(crate) fn own_slice() -> Duration {
    Duration::from_nanos(scheduling(thread_id()).expect("the kernel tells").sched_runtime)
}

/// What the kernel's scheduler knows of a thread (sched_getattr(2)).
fn scheduling(tid: i32) -> io::Result<libc::sched_attr> {
    let size = size_of::<libc::sched_attr>() as u32;
    let mut attributes = libc::sched_attr {
        size,
        sched_policy: 0,
        sched_flags: 0,
        sched_nice: 0,
        sched_priority: 0,
        sched_runtime: 0,
        sched_deadline: 0,
        sched_period: 0,
    };
    let address = &raw mut attributes;
    // SAFETY: I3 (`attributes` lives here, and has this size).
    let result = unsafe { libc::syscall(libc::SYS_sched_getattr, tid, address, size, 0) };
    if result == 0 { Ok(attributes) } else { Err(io::Error::last_os_error()) }
}

/// The CPU time that a thread of this process has used, or nothing once it has ended.
pub(crate) fn thread_cpu_time(tid: i32) -> Option<Duration> {
    // How the kernel numbers the clocks of threads: the complement of the thread's number, three
    // bits to the left, with 4 for "a thread" and 2 for "what the scheduler counted"
    // (Linux, include/linux/posix-timers_types.h).
    let clock: libc::clockid_t = (!tid << 3) | 6;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: I1 (`time` lives here).
    let result = unsafe { libc::clock_gettime(clock, &raw mut time) };
    if result != 0 {
        return None;
    }
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

/// The CPU time that the calling thread has used, in nanoseconds. (Half a microsecond per call:
/// not for a fast path.)
pub(crate) fn own_cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    // A thread's clock begins at zero and reaches 2^64 ns in 584 years.
    (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
}

/// What a thread of this process does by the kernel's letter: `R` runs or wants to, `S` sleeps,
/// `D` waits for a disk (proc_pid_stat(5)). Nothing once it has ended.
pub(crate) fn thread_state(tid: i32) -> Option<char> {
    let mut path = StackText::<64>::new();
    write!(path, "/proc/self/task/{tid}/stat\0").ok()?;
    let path = CStr::from_bytes_until_nul(path.bytes()).ok()?;
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut line = [0u8; 512];
    let len = rustix::io::read(&file, &mut line).ok()?;
    state_in(&line[..len])
}

/// The state stands behind the name, which is in brackets and may itself hold brackets.
fn state_in(stat: &[u8]) -> Option<char> {
    let close = stat.iter().rposition(|&byte| byte == b')')?;
    stat.get(close + 2).map(|&byte| byte.into())
}

/// Text on the stack, because the monitor looks often and should not allocate.
struct StackText<const N: usize> {
    buffer: [u8; N],
    len: usize,
}

impl<const N: usize> StackText<N> {
    fn new() -> Self {
        StackText { buffer: [0; N], len: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

impl<const N: usize> std::fmt::Write for StackText<N> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        (&mut self.buffer[self.len..]).write_all(text.as_bytes()).map_err(|_| std::fmt::Error)?;
        self.len += text.len();
        Ok(())
    }
}

/// Writes a short text to standard error if that takes it at once: whoever prints must not wait for
/// a reader. (A pipe that poll(2) calls writable has room for PIPE_BUF bytes, 4096.) Nor for std's
/// lock, whose holder may itself wait for one.
pub(crate) fn print_to_stderr(text: &str) {
    let stderr = io::stderr();
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut ready = [PollFd::new(&stderr, PollFlags::OUT)];
    let is_ready = poll(&mut ready, Some(&now)) == Ok(1);
    if is_ready && ready[0].revents().contains(PollFlags::OUT) {
        // Where nobody reads any more there is nobody to tell.
        let _ = rustix::io::write(&stderr, text.as_bytes());
    }
}

/// By how much the kernel may delay the calling thread's timeouts to serve several at once. Its
/// default is 50 microseconds (PR_SET_TIMERSLACK(2const)).
pub(crate) fn set_timer_slack(slack_ns: NonZeroU64) -> io::Result<()> {
    rustix::thread::set_current_timer_slack(Some(slack_ns)).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn the_state_is_found_behind_a_name_with_brackets() {
        assert_eq!(state_in(b"12 (a) b) S 1 12"), Some('S'));
        assert_eq!(state_in(b"12 (x"), None);
        assert_eq!(state_in(b"12 (x)"), None);
    }

    #[test]
    fn a_thread_sees_itself_run_and_another_one_sleep() {
        assert_eq!(thread_state(thread_id()), Some('R'));
        let (send_tid, tid) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            send_tid.send(thread_id()).unwrap();
            held.recv().ok();
        });
        let tid = tid.recv().unwrap();
        while thread_state(tid) != Some('S') {
            std::thread::yield_now();
        }
        drop(release);
        thread.join().unwrap();
    }

    #[test]
    fn the_cpu_clock_of_another_thread_advances_while_it_computes() {
        let (send_tid, tid) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            send_tid.send(thread_id()).unwrap();
            while held.try_recv() == Err(mpsc::TryRecvError::Empty) {
                std::hint::spin_loop();
            }
        });
        let tid = tid.recv().unwrap();
        let before = thread_cpu_time(tid).unwrap();
        while thread_cpu_time(tid).unwrap() == before {
            std::thread::yield_now();
        }
        drop(release);
        thread.join().unwrap();
    }

    #[test]
    fn a_thread_that_never_was_has_no_clock_and_no_state() {
        assert_eq!(thread_cpu_time(i32::MAX >> 3), None);
        assert_eq!(thread_state(i32::MAX), None);
    }

    #[test]
    fn lowering_takes_effect_on_the_named_thread_only() {
        std::thread::spawn(|| {
            lower_thread(thread_id(), 19).unwrap();
            assert_eq!(own_nice(), 19);
        })
        .join()
        .unwrap();
        assert!(lower_thread(0, 19).is_err());
    }

    #[test]
    fn a_slice_is_set_and_nothing_else() {
        std::thread::spawn(|| {
            let before = scheduling(thread_id()).unwrap();
            lower_thread(thread_id(), 19).unwrap();
            for us in [300, 2_000] {
                set_slice(thread_id(), Duration::from_micros(us)).unwrap();
                let set = scheduling(thread_id()).unwrap();
                // Kernels that know no slices of threads say that there is none.
                assert!([0, us * 1_000].contains(&set.sched_runtime), "{}", set.sched_runtime);
                assert_eq!((set.sched_nice, set.sched_policy), (19, before.sched_policy));
            }
        })
        .join()
        .unwrap();
        for nobody in [0, i32::MAX] {
            assert!(set_slice(nobody, Duration::from_millis(1)).is_err());
        }
    }

    #[test]
    fn the_timer_slack_can_be_set() {
        std::thread::spawn(|| {
            set_timer_slack(NonZeroU64::new(1000).unwrap()).unwrap();
            assert_eq!(rustix::thread::current_timer_slack().unwrap(), 1000);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn the_bell_survives_a_full_count() {
        let poller = OsPoller::new().unwrap();
        rustix::io::write(&poller.bell, &(u64::MAX - 1).to_ne_bytes()).unwrap();
        let mut events = OsEvents::new();
        poller.wait(&mut events, None).unwrap();
        poller.ring().unwrap();
        poller.wait(&mut events, None).unwrap();
        assert!(events.has_bell());
    }
}
