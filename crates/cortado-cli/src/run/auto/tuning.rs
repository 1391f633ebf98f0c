//! The numbers of the `-j auto` controller: for each its unit, and why it has this value. They were chosen by the
//! simulation beside this file, whose workloads and results the header of the module lists; where a number comes from
//! published practice instead, that is said.

use std::time::Duration;

/// Time between two looks while the limit still ramps up. A sleeping process is past `exec` and asleep after about
/// 2 ms, so 20 ms of watching tells waiting from working; longer looks only make short runs slower.
pub(crate) const RAMP_TICK: Duration = Duration::from_millis(20);

/// Time between two looks afterwards. Decisions then need completed jobs, not speed.
pub(crate) const CALM_TICK: Duration = Duration::from_millis(100);

/// Two looks closer together than this are one: the kernel's idle counters are too coarse to tell them apart.
pub(crate) const SHORTEST_TICK: Duration = Duration::from_millis(10);

/// Factor by which the limit grows per look while it ramps.
pub(crate) const RAMP_FACTOR: f64 = 2.0;

/// The same, beyond the blind ceiling, once one doubling there has not made jobs slower.
pub(crate) const RAMP_KNOWN_FACTOR: f64 = 4.0;

/// Share of the usable CPU that must be idle before the limit ramps without evidence from finished jobs.
pub(crate) const RAMP_IDLE: f64 = 0.15;

/// Share of the usable CPU that jobs may use themselves to be called light. What others leave of the CPU then says
/// nothing of whether more of them would help: 200 x `sleep 0.2` beside two busy loops on two cores took 20.6 s while an
/// idle CPU was asked for, and 1.0 s so.
pub(crate) const LIGHT_USE: f64 = 0.25;

/// Share of the time of light jobs that must be true waiting: beside others they wait little for a core.
pub(crate) const LIGHT_WAIT: f64 = 0.9;

/// Share of the jobs' time that must be true waiting before the limit ramps without evidence from finished jobs.
pub(crate) const RAMP_WAIT: f64 = 0.5;

/// While fewer jobs than this have finished, the limit stays below the blind ceiling, because nothing is known yet
/// of how the other side bears the load.
pub(crate) const BLIND_JOBS: u64 = 8;

/// The blind ceiling, jobs. What a remote service bears has nothing to do with the cores here, so that it is a number
/// of its own; but a machine with many cores may have [`BLIND_PER_CORE`] on each.
pub(crate) const BLIND_CEILING: usize = 32;
/// See [`BLIND_CEILING`].
pub(crate) const BLIND_PER_CORE: usize = 2;

/// The blind ceiling doubles each time this much passes without [`BLIND_JOBS`] completions, so that jobs that wait for
/// minutes do not spend their first round at the ceiling.
pub(crate) const BLIND_PATIENCE: Duration = Duration::from_millis(1000);
/// The same, once the first patience has run out: jobs that are silent for a second may be silent for minutes.
pub(crate) const BLIND_REPEAT: Duration = Duration::from_millis(400);
/// Share of the limit that must have finished since the last doubling before the next one beyond the blind ceiling.
pub(crate) const RAMP_FINISHED: f64 = 0.25;

/// The ramp ends when recent jobs take this many times as long as the first ones: something else than the CPU is full.
pub(crate) const RAMP_SLOWER: f64 = 1.5;

/// Of the jobs that began at the present limit: beyond the blind ceiling it does not grow while this many are late for
/// each one that has ended. A service that decides when it is asked how long it takes answers the first requests of a
/// new limit soon; without this the ramp went to 64 on one that collapses above 16, which made 0.75 of the best number.
pub(crate) const RAMP_LATE: f64 = 0.5;

/// Looks in a row without reason to grow that end the ramp; starting many jobs keeps the CPU busy for a look or two.
pub(crate) const RAMP_STALLS: u32 = 5;

/// First and largest factor of a step up that is judged by throughput.
pub(crate) const FIRST_STEP: f64 = 2.0;
/// Largest factor of a step up, used after a step that paid almost in full.
pub(crate) const LARGEST_STEP: f64 = 4.0;
/// The ordinary factor of a step, up or down (doubling overshoots a peak: published downloaders settled on 1.5).
pub(crate) const STEP: f64 = 1.5;
/// The factor of the last, fine steps around a peak: the square root of [`STEP`].
pub(crate) const FINE_STEP: f64 = 1.225;

/// A step that brings at least this share of its factor allows a larger one next.
pub(crate) const NEARLY_LINEAR: f64 = 0.8;

/// Throughput that a step up must gain to be kept (ratio).
pub(crate) const GAIN_UP: f64 = 1.05;
/// Throughput that may be lost, against the best seen, when a step down is kept (ratio).
pub(crate) const KEEP_DOWN: f64 = 0.97;
/// A step up that loses this much (ratio) shows a peak: fine steps around it are worth their cost.
pub(crate) const RETROGRADE: f64 = 0.93;
/// A gain above this shows that the level below is worse, so that it need not be tried.
pub(crate) const CLEAR_GAIN: f64 = 1.15;

/// Below this idle share of the usable CPU no step up is tried: the cores are the limit (.NET's hill climbing has the
/// such a veto at 95 % CPU).
pub(crate) const BUSY_IDLE: f64 = 0.02;

/// Jobs that must finish in a window before it is judged, at least, and the share of the limit that must.
pub(crate) const WINDOW_JOBS: usize = 8;
/// Completions in a window per unit of the limit.
pub(crate) const WINDOW_PER_LIMIT: f64 = 0.25;
/// A window is long enough when the standard error of the compared logarithms is below this share of the step's.
pub(crate) const WINDOW_ERROR: f64 = 0.15;
/// A window is judged as it is after this many mean job lengths.
pub(crate) const WINDOW_LENGTHS: f64 = 3.0;
/// Completions kept per window; older ones give way.
pub(crate) const WINDOW_KEEP: usize = 512;
/// Shortest time, seconds, that is discarded after a change, and the shortest window.
pub(crate) const SHORTEST_WINDOW_S: f64 = 0.04;
/// Longest time, seconds, that is discarded after a change.
pub(crate) const LONGEST_SKIP_S: f64 = 30.0;

/// A trial fails early when after this many mean lengths fewer than [`EARLY_RATE`] of the expected jobs are done.
pub(crate) const EARLY_LENGTHS: f64 = 1.5;
/// See [`EARLY_LENGTHS`].
pub(crate) const EARLY_RATE: f64 = 0.75;

/// Slots count as full from this share on; with fewer running, more slots would not be used.
pub(crate) const FULL: f64 = 0.85;

/// Mean job lengths for which a settled limit is held before it is questioned again; doubled each time nothing came of it.
pub(crate) const HOLD_LENGTHS: f64 = 32.0;
/// Shortest hold, seconds.
pub(crate) const SHORTEST_HOLD_S: f64 = 3.0;
/// Most doublings of the hold.
pub(crate) const HOLD_DOUBLINGS: u32 = 5;
/// Looks in a row that must show idle CPU and waiting jobs to break a hold that was made because the CPU was busy.
pub(crate) const CHANGED_LOOKS: u32 = 3;

/// Failures: completions looked at together.
pub(crate) const FAILURE_JOBS: u64 = 8;
/// Rise of the failed share over its usual value that counts as a burst.
pub(crate) const FAILURE_RISE: f64 = 0.25;
/// Factor of the limit after a burst.
pub(crate) const FAILURE_BRAKE: f64 = 0.7;
/// Brakes in a row without fewer failures, after which failures are taken to have nothing to do with the limit.
pub(crate) const FAILURE_BRAKES: u32 = 3;
/// How long a limit that brought failures is not exceeded again.
pub(crate) const FAILURE_MEMORY: Duration = Duration::from_secs(30);

/// Share of time in which threads stand still for want of memory, above which the limit does not grow.
pub(crate) const MEMORY_STALL: f64 = 0.1;

/// The default of `--max-jobs`: a politeness towards remote services, whose distress is not visible from here.
pub(crate) const MAX_JOBS: usize = 512;
