//! Building a runtime with other settings than the default ones.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::around::Around;
use crate::confinement::Confinement;
use crate::lanes::Config;
use crate::monitor::MonitorMode;
use crate::resources::Resources;
use crate::runtime::Runtime;
use crate::seam::{Clock, Driver, SystemClock};
use crate::single::LocalRuntime;
use crate::sys;
use crate::tuning;

/// Settings of a runtime; [`build`](Self::build) makes it, with as many seats per lane as there are
/// usable cores, [`build_single`](Self::build_single) the event loop of one thread.
///
/// Settings that other runtimes have, and why not this one: intervals of looking at the global
/// queue or at descriptors, and whether there is a slot for the next task, because those are numbers
/// that one benchmark has to choose for all (`tuning.rs`); hooks at the start, poll and end of tasks
/// and threads, because a listener of the probe hears of them in every runtime at once; a seed for
/// what is random, because what a test has to replay it decides by [`driver`](Self::driver) and
/// [`clock`](Self::clock); switches for timers and descriptors, because an unused one costs nothing.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Builder::new().worker_threads(2).thread_name("app").build()?;
/// let name = runtime.block_on(async {
///     cortado_core::spawn(async { std::thread::current().name().map(str::to_owned) }).await
/// });
/// assert!(name.unwrap().unwrap().starts_with("app-"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Builder {
    worker_threads: Option<usize>,
    thread_name: String,
    thread_stack_size: Option<usize>,
    max_blocking_threads: usize,
    thread_keep_alive: Duration,
    work_nice: i32,
    monitor: MonitorMode,
    report_long_polls: bool,
    confine_to_quota: bool,
    clock: Arc<dyn Clock>,
    driver: Option<Box<dyn Driver>>,
    start_paused: bool,
    around: Around,
}

impl Builder {
    /// The default settings.
    pub fn new() -> Builder {
        Builder {
            worker_threads: None,
            thread_name: "cortado".to_owned(),
            thread_stack_size: None,
            max_blocking_threads: tuning::BLOCKING_THREADS,
            thread_keep_alive: tuning::KEEP_ALIVE,
            work_nice: tuning::WORK_NICE,
            monitor: MonitorMode::default(),
            report_long_polls: true,
            confine_to_quota: true,
            clock: Arc::new(SystemClock),
            driver: None,
            start_paused: false,
            around: Around::default(),
        }
    }

    /// How many workers run at the same time in each lane. Default: the cores that this process may
    /// use (its affinity and its cgroup's quota, rounded up).
    ///
    /// # Panics
    /// Where `count` is 0 or above 256.
    pub fn worker_threads(mut self, count: usize) -> Builder {
        assert!((1..=256).contains(&count), "a runtime has from 1 to 256 workers, not {count}");
        self.worker_threads = Some(count);
        self
    }

    /// What the threads are called: `NAME-0`, `NAME-1` …, and `NAME-blocking-0` …. Default:
    /// `cortado`.
    pub fn thread_name(mut self, name: impl Into<String>) -> Builder {
        self.thread_name = name.into();
        self
    }

    /// The stack of each worker, in bytes. Default: std's.
    pub fn thread_stack_size(mut self, bytes: usize) -> Builder {
        self.thread_stack_size = Some(bytes);
        self
    }

    /// The bound of the blocking pool. Default: 512.
    ///
    /// # Panics
    /// Where `count` is 0.
    pub fn max_blocking_threads(mut self, count: usize) -> Builder {
        assert!(count > 0, "the blocking pool needs at least 1 thread");
        self.max_blocking_threads = count;
        self
    }

    /// How long an idle thread of the blocking pool waits for a closure before it ends. Default:
    /// 10 s.
    pub fn thread_keep_alive(mut self, duration: Duration) -> Builder {
        self.thread_keep_alive = duration;
        self
    }

    /// By how many steps of nice the threads of the work lane are below the thread that builds the
    /// runtime, from 0 (they are not lowered) to 19. Default: 10. The system ends at nice 19: what a
    /// program that runs there computes competes with what waits. Where the system refuses to lower
    /// a thread, the probe says [`Refused`](cortado_probe::Event::Refused) once.
    ///
    /// # Panics
    /// Outside of that range.
    pub fn work_nice(mut self, steps: i32) -> Builder {
        assert!((0..=19).contains(&steps), "steps of nice here are from 0 to 19, not {steps}");
        self.work_nice = steps;
        self
    }

    /// What the monitor does about polls that do not end: everything, only report, or nothing.
    /// Default: [`MonitorMode::Act`]. An event loop of one thread has no monitor.
    ///
    /// # Examples
    /// ```
    /// use cortado_core::{Builder, MonitorMode};
    ///
    /// let runtime = Builder::new().monitor(MonitorMode::Report).build()?;
    /// runtime.block_on(async { cortado_core::spawn(async {}).await }).unwrap();
    /// assert_eq!(runtime.handle().metrics().seats_freed, 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn monitor(mut self, mode: MonitorMode) -> Builder {
        self.monitor = mode;
        self
    }

    /// Whether a line on standard error tells of a poll that has lasted for 10 ms: at most one line
    /// per spawn location and minute, and none where a listener of the probe
    /// [shows](cortado_probe::Listener::shows_long_polls) them. Default: true. The events of the
    /// probe and the figures of [`Metrics`](crate::Metrics) are there either way.
    pub fn report_long_polls(mut self, on: bool) -> Builder {
        self.report_long_polls = on;
        self
    }

    /// Whether, under a CPU quota of control groups below the usable cores, the threads of the work lane
    /// stay on as many CPUs as the quota holds whole ones, and those of the wait lane on as many, or
    /// one more. Default: true. Otherwise computing tasks use the quota up, and then the kernel stops
    /// every thread of the group for the rest of the period. Threads that code in the work lane makes
    /// stay there too; other programs that use the same CPUs are not known to the runtime, so where
    /// many share a machine with larger quotas, it may be better to switch this off.
    pub fn confine_to_quota(mut self, on: bool) -> Builder {
        self.confine_to_quota = on;
        self
    }

    /// Another clock for the timers. Default: the system's monotonic clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Builder {
        self.clock = clock;
        self
    }

    /// Who chooses the next task of an event loop. Default: the one that waits longest.
    /// [`build`](Self::build) does not use it.
    pub fn driver(mut self, driver: Box<dyn Driver>) -> Builder {
        self.driver = Some(driver);
        self
    }

    /// Whether the clock stands from the start; see [`time::pause`](crate::time::pause). Default:
    /// false. Only an event loop's can.
    pub fn start_paused(mut self, paused: bool) -> Builder {
        self.start_paused = paused;
        self
    }

    /// Runs each worker thread, each `block_on`, each blocking closure and the end of the runtime
    /// inside of `around`, which calls its argument once: what it makes before, and drops after,
    /// surrounds every poll and every drop of a task. It is not called for single polls.
    ///
    /// # Panics
    /// Where `around` panics on a worker's thread, the process ends with a message.
    ///
    /// # Examples
    /// ```
    /// use std::cell::Cell;
    /// thread_local!(static INSIDE: Cell<bool> = const { Cell::new(false) });
    ///
    /// let around = |body: &mut dyn FnMut()| {
    ///     INSIDE.set(true);
    ///     body();
    ///     INSIDE.set(false);
    /// };
    /// let runtime = cortado_core::Builder::new().around_threads(around).build()?;
    /// let task = runtime.spawn(async { INSIDE.get() });
    /// assert!(runtime.block_on(async { task.await.unwrap() && INSIDE.get() }));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn around_threads(
        mut self,
        around: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static,
    ) -> Builder {
        self.around = Around::new(around);
        self
    }

    fn confinement(&self, limit: sys::CpuLimit) -> Confinement {
        let usable = sys::Cpus::usable().filter(|_| self.confine_to_quota);
        let start = std::process::id() as usize;
        usable.map_or_else(Confinement::default, |cpus| Confinement::new(limit, &cpus, start))
    }

    /// For a runtime that has so many workers under this limit. Looking for events instead of sleeping uses
    /// a quota up, and then the kernel stops everything.
    fn resources(&self, limit: sys::CpuLimit, workers: usize) -> io::Result<Arc<Resources>> {
        let (clock, may_linger) = (self.clock.clone(), limit.holds(workers));
        let (threads, keep_alive) = (self.max_blocking_threads, self.thread_keep_alive);
        let around = self.around.clone();
        Resources::new(clock, may_linger, threads, keep_alive, &self.thread_name, around)
            .map(Arc::new)
    }

    /// Makes a runtime with several threads.
    ///
    /// # Errors
    /// Where the system gives no descriptor or no thread, and after
    /// [`start_paused`](Self::start_paused), for only an event loop's clock can stand.
    pub fn build(self) -> io::Result<Runtime> {
        if self.start_paused {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "`start_paused` needs an event loop of one thread: use `build_single`, or leave it out",
            ));
        }
        let limit = sys::usable_cores();
        let usable =
            limit.quota.map_or(limit.cores, |quota| limit.cores.min(quota.ceil() as usize));
        let seats = self.worker_threads.unwrap_or(usable.clamp(1, 256));
        let config = Config {
            seats,
            thread_name: self.thread_name.clone(),
            stack_size: self.thread_stack_size,
            work_nice: (sys::own_nice() + self.work_nice).min(19),
            monitor: self.monitor,
            report_long_polls: self.report_long_polls,
            confinement: self.confinement(limit),
        };
        Ok(Runtime::start(config, self.resources(limit, seats)?))
    }

    /// Makes an event loop of one thread: the current one.
    ///
    /// # Errors
    /// Where the system gives no descriptor or no thread.
    pub fn build_single(self) -> io::Result<LocalRuntime> {
        let resources = self.resources(sys::usable_cores(), 1)?;
        if self.start_paused {
            resources.poller().timers().pause();
        }
        Ok(LocalRuntime::new(resources, self.driver))
    }
}

impl Default for Builder {
    fn default() -> Builder {
        Builder::new()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("worker_threads", &self.worker_threads)
            .field("thread_name", &self.thread_name)
            .field("max_blocking_threads", &self.max_blocking_threads)
            .field("thread_keep_alive", &self.thread_keep_alive)
            .field("work_nice", &self.work_nice)
            .field("monitor", &self.monitor)
            .field("report_long_polls", &self.report_long_polls)
            .field("confine_to_quota", &self.confine_to_quota)
            .finish_non_exhaustive()
    }
}
