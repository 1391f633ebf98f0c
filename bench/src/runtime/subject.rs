//! What is measured, by name, and which piece of work that is.

use super::peer::Peer;
use super::{meeting, memory, outside, quiet, scheduling, timers};
use crate::stopwatch::Stopwatch;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    SpawnManyLocal,
    SpawnManyRemoteIdle,
    SpawnManyRemoteBusy1,
    SpawnManyRemoteBusy2,
    YieldMany,
    PingPong,
    ChainedSpawn,
    SingleSpawnManyLocal,
    SingleSpawnManyRemoteIdle,
    SingleSpawnManyRemoteBusy,
    SpawnAndAwait,
    Yield,
    Rendezvous,
    Skynet,
    WokenAmongBusy,
    WokenAmongComputing,
    Parked,
    Sleeping,
    TinyTasks,
    IdleWakeUps,
    Timers,
    Lateness,
}

impl Subject {
    pub(super) const ALL: &[Subject] = &[
        Subject::SpawnManyLocal,
        Subject::SpawnManyRemoteIdle,
        Subject::SpawnManyRemoteBusy1,
        Subject::SpawnManyRemoteBusy2,
        Subject::YieldMany,
        Subject::PingPong,
        Subject::ChainedSpawn,
        Subject::SingleSpawnManyLocal,
        Subject::SingleSpawnManyRemoteIdle,
        Subject::SingleSpawnManyRemoteBusy,
        Subject::SpawnAndAwait,
        Subject::Yield,
        Subject::Rendezvous,
        Subject::Skynet,
        Subject::WokenAmongBusy,
        Subject::WokenAmongComputing,
        Subject::Parked,
        Subject::Sleeping,
        Subject::TinyTasks,
        Subject::IdleWakeUps,
        Subject::Timers,
        Subject::Lateness,
    ];

    /// It is one of the benchmarks of Tokio's scheduler with several threads.
    pub(super) fn is_of_tokio(self) -> bool {
        use Subject::*;
        matches!(
            self,
            SpawnManyLocal
                | SpawnManyRemoteIdle
                | SpawnManyRemoteBusy1
                | SpawnManyRemoteBusy2
                | YieldMany
                | PingPong
                | ChainedSpawn
        )
    }

    fn entry(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Subject::SpawnManyLocal => {
                ("spawn-many-local", "ns/task", "10,000 tasks spawned inside of block_on")
            }
            Subject::SpawnManyRemoteIdle => {
                ("spawn-many-remote-idle", "ns/task", "10,000 tasks from outside, idle runtime")
            }
            Subject::SpawnManyRemoteBusy1 => {
                ("spawn-many-remote-busy1", "ns/task", "the same beside tasks that yield")
            }
            Subject::SpawnManyRemoteBusy2 => {
                ("spawn-many-remote-busy2", "ns/task", "1,000 beside tasks that spawn tasks")
            }
            Subject::YieldMany => ("yield-many", "ns/yield", "200 tasks yield 1,000 times each"),
            Subject::PingPong => ("ping-pong", "ns/pair", "1,000 pairs, two oneshots each"),
            Subject::ChainedSpawn => ("chained-spawn", "ns/task", "1,000 tasks spawn each other"),
            Subject::SingleSpawnManyLocal => {
                ("single-spawn-many-local", "ns/task", "one thread: 1,000 tasks in block_on")
            }
            Subject::SingleSpawnManyRemoteIdle => {
                ("single-spawn-many-remote-idle", "ns/task", "one thread: 1,000 tasks from outside")
            }
            Subject::SingleSpawnManyRemoteBusy => (
                "single-spawn-many-remote-busy",
                "ns/task",
                "one thread: the same beside a task that yields",
            ),
            Subject::SpawnAndAwait => {
                ("spawn-and-await", "ns/task", "1,000,000 tasks from one task, all awaited")
            }
            Subject::Yield => ("yield", "ns/yield", "1,000 tasks, 10,000,000 yields"),
            Subject::Rendezvous => {
                ("rendezvous", "ns/round trip", "two tasks, two channels without a buffer")
            }
            Subject::Skynet => ("skynet", "ms", "1,111,111 tasks that add up over channels"),
            Subject::WokenAmongBusy => {
                ("woken-among-busy", "us", "a task woken from outside, beside tasks that yield")
            }
            Subject::WokenAmongComputing => {
                ("woken-among-computing", "us", "the same beside tasks that also compute 0.1 ms")
            }
            Subject::Parked => ("parked", "bytes/task", "resident memory of 1,000,000 tasks"),
            Subject::Sleeping => ("sleeping", "bytes/task", "the same with a timer each"),
            Subject::TinyTasks => {
                ("tiny-tasks", "% of a core", "1,000 tasks a second from a thread outside")
            }
            Subject::IdleWakeUps => ("idle-wake-ups", "switches/s", "of a runtime without work"),
            Subject::Timers => ("timers", "ns/timer", "1,000,000 timers started and cancelled"),
            Subject::Lateness => {
                ("lateness", "us", "100 tasks sleep 1 to 50 ms: how late, 99th percentile")
            }
        }
    }

    pub(super) fn name(self) -> &'static str {
        self.entry().0
    }

    pub(super) fn unit(self) -> &'static str {
        self.entry().1
    }

    pub(super) fn about(self) -> &'static str {
        self.entry().2
    }

    pub(super) fn named(name: &str) -> Option<Subject> {
        Subject::ALL.iter().copied().find(|subject| subject.name() == name)
    }

    /// It belongs to runtimes of one thread.
    pub(super) fn is_on_one_thread(self) -> bool {
        matches!(
            self,
            Subject::SingleSpawnManyLocal
                | Subject::SingleSpawnManyRemoteIdle
                | Subject::SingleSpawnManyRemoteBusy
        )
    }

    /// The figures of a runtime.
    pub(super) fn measure<P: Peer>(self, watch: &Stopwatch) -> Vec<f64> {
        let figure = match self {
            Subject::SpawnManyLocal => scheduling::spawn_many_local::<P>(watch),
            Subject::SpawnManyRemoteIdle => scheduling::spawn_many_remote_idle::<P>(watch),
            Subject::SpawnManyRemoteBusy1 => scheduling::spawn_many_remote_busy1::<P>(watch),
            Subject::SpawnManyRemoteBusy2 => scheduling::spawn_many_remote_busy2::<P>(watch),
            Subject::YieldMany => scheduling::yield_many::<P>(watch),
            Subject::PingPong => scheduling::ping_pong::<P>(watch),
            Subject::ChainedSpawn => scheduling::chained_spawn::<P>(watch),
            Subject::SingleSpawnManyLocal => scheduling::single_spawn_many_local::<P>(watch),
            Subject::SingleSpawnManyRemoteIdle => {
                scheduling::single_spawn_many_remote_idle::<P>(watch)
            }
            Subject::SingleSpawnManyRemoteBusy => {
                scheduling::single_spawn_many_remote_busy::<P>(watch)
            }
            Subject::SpawnAndAwait => scheduling::spawn_and_await::<P>(watch),
            Subject::Yield => scheduling::yield_now::<P>(watch),
            Subject::Rendezvous => meeting::rendezvous::<P>(watch),
            Subject::Skynet => meeting::skynet::<P>(watch),
            Subject::WokenAmongBusy => return outside::woken_among_busy::<P>(watch),
            Subject::WokenAmongComputing => return outside::woken_among_computing::<P>(watch),
            Subject::Parked => memory::parked::<P>(),
            Subject::Sleeping => memory::sleeping::<P>(),
            Subject::TinyTasks => quiet::tiny_tasks::<P>(watch),
            Subject::IdleWakeUps => quiet::idle_wake_ups::<P>(watch),
            Subject::Timers => return timers::created_and_cancelled::<P>(watch),
            Subject::Lateness => timers::lateness::<P>(watch),
        };
        vec![figure]
    }
}
