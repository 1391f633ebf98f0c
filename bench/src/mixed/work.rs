//! What computes beside the echo: how many tasks, in which way, and for how long in one poll.

use std::fmt;
use std::time::Duration;

use clap::{Args, ValueEnum};

/// How the computing tasks compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Long-lived tasks that yield between their polls.
    LongLived,
    /// A new task for each computation, one after the other.
    Fresh,
    /// Long-lived tasks, each poll of which wakes its own task.
    Woken,
    /// No tasks of their own: every request computes before it is answered.
    Requests,
    /// Long-lived tasks that do not compute, but block their thread in `std::thread::sleep`.
    Sleeping,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LongLived => "long-lived",
            Self::Fresh => "fresh",
            Self::Woken => "woken",
            Self::Requests => "requests",
            Self::Sleeping => "sleeping",
        }
    }
}

/// The work beside the echo, as the command line of a server says it.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Work {
    /// How the tasks compute.
    #[arg(long)]
    pub(super) kind: Kind,
    /// How many computing tasks there are.
    #[arg(long)]
    pub(super) tasks: usize,
    /// Microseconds of computing in one poll; 0 is a poll without end.
    #[arg(long)]
    pub(super) poll_us: u64,
    /// Milliseconds after its start at which the server begins to compute.
    #[arg(long, default_value_t = 0)]
    pub(super) begin_ms: u64,
}

impl Work {
    pub(super) fn begin_after(&self) -> Duration {
        Duration::from_millis(self.begin_ms)
    }

    /// As the arguments of a server.
    pub(super) fn arguments(&self) -> Vec<String> {
        let Work { kind, tasks, poll_us, begin_ms } = *self;
        let pairs = [
            ("--kind", kind.name().to_owned()),
            ("--tasks", tasks.to_string()),
            ("--poll-us", poll_us.to_string()),
            ("--begin-ms", begin_ms.to_string()),
        ];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.kind {
            Kind::LongLived => "long-lived tasks that compute",
            Kind::Fresh => "chains of new tasks that compute",
            Kind::Woken => "tasks that wake themselves and compute",
            Kind::Requests => return write!(f, "each request computes {} us", self.poll_us),
            Kind::Sleeping => "tasks that block their thread",
        };
        match self.poll_us {
            0 => write!(f, "{} {how} without end", self.tasks),
            us => write!(f, "{} {how} for {us} us a poll", self.tasks),
        }
    }
}
