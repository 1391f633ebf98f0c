//! The account of all tasks, by what the probe says: each that was spawned has returned, panicked
//! or was cancelled. Of those that live it knows where they were spawned and what they wait for,
//! for the report of a hang.

use std::collections::HashMap;
use std::fmt::Write;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use cortado::probe::{self, AlreadyListening, Event, Listener, ObjectId, Outcome, TaskId, Wait};
use parking_lot::Mutex;
use serde::Serialize;

use super::census;

/// Threads take the numbers of tasks by the thousand, so with this many parts they seldom meet.
const PARTS: usize = 16;

/// See the module.
pub(crate) struct Ledger {
    living: [Mutex<HashMap<TaskId, Living>>; PARTS],
    spawned: AtomicU64,
    returned: AtomicU64,
    panicked: AtomicU64,
    cancelled: AtomicU64,
    /// Ends of what was not spawned as a task: closures of the blocking pool.
    closures: AtomicU64,
    moved: AtomicU64,
    room_waits: AtomicU64,
}

/// A task that has not ended.
struct Living {
    name: Option<Box<str>>,
    spawned: &'static Location<'static>,
    waits: Option<Waiting>,
}

/// Why a task's last poll returned `Pending`.
struct Waiting {
    why: Wait,
    object: Option<ObjectId>,
    location: &'static Location<'static>,
    since: Instant,
}

/// How the tasks of a run ended.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct Tasks {
    pub(crate) spawned: u64,
    pub(crate) returned: u64,
    pub(crate) panicked: u64,
    pub(crate) cancelled: u64,
    pub(crate) closures: u64,
    pub(crate) moved: u64,
}

impl Tasks {
    pub(crate) fn ended(&self) -> u64 {
        self.returned + self.panicked + self.cancelled
    }
}

impl Ledger {
    /// Opens the account of this process.
    pub(crate) fn listen() -> Result<&'static Ledger, AlreadyListening> {
        let ledger: &'static Ledger = Box::leak(Box::new(Ledger {
            living: std::array::from_fn(|_| Mutex::default()),
            spawned: AtomicU64::new(0),
            returned: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            closures: AtomicU64::new(0),
            moved: AtomicU64::new(0),
            room_waits: AtomicU64::new(0),
        }));
        probe::listen(ledger)?;
        Ok(ledger)
    }

    fn part(&self, task: TaskId) -> &Mutex<HashMap<TaskId, Living>> {
        &self.living[(task.get() / 1024) as usize % PARTS]
    }

    fn ended(&self, task: TaskId, outcome: Outcome) {
        if self.part(task).lock().remove(&task).is_none() {
            self.closures.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let counter = match outcome {
            Outcome::Returned => &self.returned,
            Outcome::Panicked => &self.panicked,
            Outcome::Cancelled => &self.cancelled,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The figures now.
    pub(crate) fn tasks(&self) -> Tasks {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tasks {
            spawned: read(&self.spawned),
            returned: read(&self.returned),
            panicked: read(&self.panicked),
            cancelled: read(&self.cancelled),
            closures: read(&self.closures),
            moved: read(&self.moved),
        }
    }

    /// How often somebody waited for room to accept a connection.
    pub(crate) fn room_waits(&self) -> u64 {
        self.room_waits.load(Ordering::Relaxed)
    }

    /// How many tasks have not ended.
    pub(crate) fn living(&self) -> usize {
        self.living.iter().map(|part| part.lock().len()).sum()
    }

    /// Every task must have ended, once.
    pub(crate) fn check(&self, when: &str) {
        let (tasks, living) = (self.tasks(), self.living());
        if living != 0 || tasks.spawned != tasks.ended() {
            census::finding(format!(
                "after {when} of {} tasks {} have returned, {} panicked, {} were cancelled, and \
                 {living} live:\n{}",
                tasks.spawned,
                tasks.returned,
                tasks.panicked,
                tasks.cancelled,
                self.who_lives(20)
            ));
        }
    }

    /// Living tasks, at most `most`, with what they wait for.
    pub(crate) fn who_lives(&self, most: usize) -> String {
        let mut text = String::new();
        let mut left = most;
        for part in &self.living {
            for (task, living) in part.lock().iter().take(left) {
                left -= 1;
                let _ = writeln!(text, "  task {task}{}", living.describe());
            }
        }
        text
    }
}

impl Living {
    fn describe(&self) -> String {
        let name = self.name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
        let waits = self.waits.as_ref().map_or_else(
            || " has not waited yet".to_owned(),
            |waits| {
                let object = waits.object.map_or(String::new(), |id| format!(" {}", id.get()));
                let seconds = waits.since.elapsed().as_secs();
                let (why, location) = (waits.why.text(), waits.location);
                format!(" has waited {seconds} s for {why}{object} at {location}")
            },
        );
        format!("{name}, spawned at {},{waits}", self.spawned)
    }
}

impl Listener for Ledger {
    fn on_event(&self, event: &Event<'_>) {
        match *event {
            Event::TaskSpawned { task, name, location, .. } => {
                self.spawned.fetch_add(1, Ordering::Relaxed);
                let living = Living { name: name.map(Box::from), spawned: location, waits: None };
                self.part(task).lock().insert(task, living);
            }
            Event::TaskWaits { task, why, object, location } => {
                if why == Wait::AcceptRoom {
                    self.room_waits.fetch_add(1, Ordering::Relaxed);
                }
                let since = Instant::now();
                if let Some(task) = task
                    && let Some(living) = self.part(task).lock().get_mut(&task)
                {
                    living.waits = Some(Waiting { why, object, location, since });
                }
            }
            Event::TaskEnded { task, outcome } => self.ended(task, outcome),
            Event::TaskMoved { .. } => {
                self.moved.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}
