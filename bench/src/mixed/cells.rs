//! What the group `mixed` measures: the grid of computing tasks by the length of their polls, and the
//! cases that the grid does not show.

use std::thread;

use super::work::{Kind, Work};

/// One case: the echo beside one kind of work.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) kind: Kind,
    pub(super) amount: Amount,
    /// Microseconds of computing in one poll; 0 is a poll without end.
    pub(super) poll_us: u64,
    pub(super) setting: Setting,
    /// Part of a smoke run.
    pub(super) smoke: bool,
}

/// How many computing tasks there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// So many for each two cores.
    PerTwoCores(usize),
    Exactly(usize),
}

impl Amount {
    fn tasks(self) -> usize {
        match self {
            Self::PerTwoCores(tasks) => tasks * cores() / 2,
            Self::Exactly(tasks) => tasks,
        }
    }
}

/// The cores that the servers may use.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get())
}

/// Where the server runs, and what is asked of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Setting {
    /// On the machine as it is.
    Plain,
    /// In a control group that may use so many CPU seconds per second.
    Quota(f64),
    /// The work begins when the connections have a history.
    Late,
    /// Beside Rayon on an idle machine: computing throughput is what counts.
    Throughput,
}

impl Cell {
    pub(super) fn work(&self) -> Work {
        let begin_ms = if self.setting == Setting::Late { 400 } else { 0 };
        Work { kind: self.kind, tasks: self.amount.tasks(), poll_us: self.poll_us, begin_ms }
    }
}

/// The row of the grid with so many tasks for each two cores.
macro_rules! row {
    ($name:literal, $tasks:literal) => {
        [
            grid(concat!($name, "-100us"), $tasks, 100),
            grid(concat!($name, "-1ms"), $tasks, 1_000),
            grid(concat!($name, "-10ms"), $tasks, 10_000),
            grid(concat!($name, "-100ms"), $tasks, 100_000),
            grid(concat!($name, "-1s"), $tasks, 1_000_000),
            grid(concat!($name, "-endless"), $tasks, 0),
        ]
    };
}

const fn grid(name: &'static str, tasks: usize, poll_us: u64) -> Cell {
    Cell {
        name,
        about: "the grid: computing tasks per core, by the length of their polls",
        kind: Kind::LongLived,
        amount: Amount::PerTwoCores(tasks),
        poll_us,
        setting: Setting::Plain,
        smoke: false,
    }
}

const IDLE: Cell = Cell { about: "the grid: nothing computes", ..grid("k0", 0, 100) };

const GRID: [[Cell; 6]; 4] = [row!("khalf", 1), row!("k1x", 2), row!("k2x", 4), row!("k10x", 20)];

const CASES: &[Cell] = &[
    Cell {
        about: "4 long-lived tasks for 2 cores that compute 10 ms between yields",
        smoke: true,
        ..grid("long-polls", 4, 10_000)
    },
    Cell {
        about: "4 chains of new tasks that compute 1 ms each",
        kind: Kind::Fresh,
        smoke: true,
        ..grid("fresh-1ms", 4, 1_000)
    },
    Cell {
        about: "4 chains of new tasks that compute 10 ms each",
        kind: Kind::Fresh,
        ..grid("fresh-10ms", 4, 10_000)
    },
    Cell {
        about: "4 long-lived tasks that compute 0.1 ms between yields",
        smoke: true,
        ..grid("short-polls", 4, 100)
    },
    Cell {
        about: "4 long-lived tasks that compute 0.1 ms a poll, and are woken again",
        kind: Kind::Woken,
        smoke: true,
        ..grid("woken-polls", 4, 100)
    },
    Cell {
        about: "endless tasks, 4 for each core: each gets its first slice within 100 ms",
        ..grid("slices", 8, 0)
    },
    Cell {
        about: "in a control group with a quota of 1 CPU",
        setting: Setting::Quota(1.0),
        ..grid("quota-1", 4, 10_000)
    },
    Cell {
        about: "in a control group with a quota of 1.5 CPUs",
        setting: Setting::Quota(1.5),
        ..grid("quota-1.5", 4, 10_000)
    },
    Cell {
        about: "every request computes 4 ms: twice what 2 cores can do, and nothing waits for it",
        kind: Kind::Requests,
        amount: Amount::Exactly(0),
        ..grid("overload", 0, 4_000)
    },
    Cell {
        about: "10,000 endless tasks come when the connections have a history",
        amount: Amount::Exactly(10_000),
        setting: Setting::Late,
        ..grid("crowd-endless", 0, 0)
    },
    Cell {
        about: "10,000 tasks that block their thread for 1 s come when the connections have a history",
        kind: Kind::Sleeping,
        amount: Amount::Exactly(10_000),
        setting: Setting::Late,
        ..grid("crowd-sleeping", 0, 1_000_000)
    },
    Cell {
        about: "500 tasks that block their thread for 50 ms between yields come as late",
        kind: Kind::Sleeping,
        amount: Amount::Exactly(500),
        setting: Setting::Late,
        ..grid("crowd-blocking", 0, 50_000)
    },
    Cell {
        about: "computing beside the echo, against Rayon with nothing beside it",
        setting: Setting::Throughput,
        ..grid("throughput", 4, 1_000)
    },
];

/// All of them, in the order in which they are listed.
pub(super) fn all() -> impl Iterator<Item = Cell> {
    CASES.iter().copied().chain([IDLE]).chain(GRID.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_the_grid_is_whole() {
        let names: HashSet<_> = all().map(|cell| cell.name).collect();
        assert_eq!(names.len(), all().count());
        assert!(names.contains("k0") && names.contains("k10x-endless"));
        assert_eq!(GRID.iter().flatten().count(), 24);
    }
}
