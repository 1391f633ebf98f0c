//! The state word of a task: flags and the reference count in one atomic, with named transitions.
//!
//! Each transition says by its result what the caller must do next. No other file knows the bits.

use std::fmt;

use crate::shim::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed};

/// A `Runnable` exists, or a wake came while the task is polled.
const SCHEDULED: usize = 1;
/// Somebody holds the right to touch the future.
const RUNNING: usize = 1 << 1;
/// The output is stored, or was taken. Never cleared.
const COMPLETE: usize = 1 << 2;
/// The task is to end without another poll. Never cleared.
const CANCELLED: usize = 1 << 3;
/// A `JoinHandle` exists.
const JOIN: usize = 1 << 4;
/// The slot of the join waker is filled, and readable by the completer.
const JOIN_WAKER: usize = 1 << 5;
/// The task belongs to the work lane.
const WORK: usize = 1 << 6;
/// The task was polled at least once.
const POLLED: usize = 1 << 7;
/// The join handle has taken the output. Never cleared.
const TAKEN: usize = 1 << 8;
/// One reference.
const REF: usize = 1 << 9;

/// See the module.
pub(crate) struct State(AtomicUsize);

/// What a task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activity {
    /// It is polled, or its future is dropped.
    Running,
    /// It was woken, or was never polled, and waits for its turn.
    Ready,
    /// It waits to be woken.
    Waiting,
}

/// What `start_poll` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// The caller holds RUNNING: poll the future.
    Poll,
    /// The caller holds RUNNING: drop the future, complete as cancelled.
    Cancel,
    /// Somebody else ended the task; the reference was given back.
    Gone,
    /// As `Gone`, and it was the last one: free the cell.
    Free,
}

/// What `end_poll` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The task waits; the runnable's reference was given back.
    Idle,
    /// As `Idle`, and it was the last one: free the cell.
    Free,
    /// It was woken meanwhile: the caller has a `Runnable` again.
    Again,
    /// It was cancelled meanwhile: the caller still holds RUNNING.
    Cancel,
}

/// What a waker must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// Nothing.
    Nothing,
    /// The caller has a new `Runnable`, with a reference: schedule it.
    Schedule,
    /// The waker's reference was the last one: free the cell.
    Free,
}

/// What `complete` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Completed {
    /// A `JoinHandle` exists and will take the output.
    pub(crate) joined: bool,
    /// Its waker is set.
    pub(crate) waker: bool,
}

/// What dropping a `JoinHandle` leaves to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detached {
    /// The handle must drop the output.
    pub(crate) drop_output: bool,
    /// The handle must drop the join waker.
    pub(crate) drop_waker: bool,
}

impl State {
    /// A new task: scheduled, joined, with the references of its `Runnable`, its `JoinHandle` and
    /// the registry.
    pub(crate) fn new(work: bool) -> State {
        let lane = if work { WORK } else { 0 };
        State(AtomicUsize::new(SCHEDULED | JOIN | lane | (3 * REF)))
    }

    /// A step that leaves the word as it is costs a load.
    fn update<R>(&self, mut step: impl FnMut(usize) -> (usize, R)) -> R {
        let mut now = self.0.load(Acquire);
        loop {
            let (next, result) = step(now);
            if next == now {
                return result;
            }
            match self.0.compare_exchange_weak(now, next, AcqRel, Acquire) {
                Ok(_) => return result,
                Err(changed) => now = changed,
            }
        }
    }

    /// As `update`, but writes also where the word stays as it is: whoever changes the word next
    /// then sees what the caller did before.
    fn publish<R>(&self, mut step: impl FnMut(usize) -> (usize, R)) -> R {
        let mut now = self.0.load(Relaxed);
        loop {
            let (next, result) = step(now);
            match self.0.compare_exchange_weak(now, next, AcqRel, Relaxed) {
                Ok(_) => return result,
                Err(changed) => now = changed,
            }
        }
    }

    /// A `Runnable` is about to be run.
    pub(crate) fn start_poll(&self) -> Start {
        self.update(|now| {
            if now & (RUNNING | COMPLETE) != 0 {
                let left = now - REF;
                return (left, if left < REF { Start::Free } else { Start::Gone });
            }
            let start = if now & CANCELLED == 0 { Start::Poll } else { Start::Cancel };
            ((now | RUNNING | POLLED) & !SCHEDULED, start)
        })
    }

    /// A poll returned `Pending`.
    pub(crate) fn end_poll(&self) -> End {
        self.update(|now| {
            if now & CANCELLED != 0 {
                (now, End::Cancel)
            } else if now & SCHEDULED != 0 {
                (now & !RUNNING, End::Again)
            } else {
                let left = (now & !RUNNING) - REF;
                (left, if left < REF { End::Free } else { End::Idle })
            }
        })
    }

    /// `Waker::wake_by_ref`. A wake that finds the task scheduled already writes all the same: the
    /// poll to come must see what the waker did before it woke.
    pub(crate) fn wake_by_ref(&self) -> Woken {
        self.publish(|now| {
            if now & (SCHEDULED | COMPLETE) != 0 {
                (now, Woken::Nothing)
            } else if now & RUNNING != 0 {
                (now | SCHEDULED, Woken::Nothing)
            } else {
                ((now | SCHEDULED) + REF, Woken::Schedule)
            }
        })
    }

    /// `Waker::wake`: as `wake_by_ref`, but the waker's reference is used up, or becomes that of the
    /// new `Runnable`.
    pub(crate) fn wake_by_value(&self) -> Woken {
        self.update(|now| {
            if now & (SCHEDULED | COMPLETE | RUNNING) == 0 {
                return (now | SCHEDULED, Woken::Schedule);
            }
            let mark = if now & COMPLETE == 0 { SCHEDULED } else { 0 };
            let left = (now | mark) - REF;
            (left, if left < REF { Woken::Free } else { Woken::Nothing })
        })
    }

    /// Asks the task to end. `Schedule`: it was idle, and a `Runnable` must carry the news.
    pub(crate) fn abort(&self) -> Woken {
        self.update(|now| {
            if now & (COMPLETE | CANCELLED) != 0 {
                (now, Woken::Nothing)
            } else if now & (SCHEDULED | RUNNING) != 0 {
                (now | CANCELLED, Woken::Nothing)
            } else {
                ((now | CANCELLED | SCHEDULED) + REF, Woken::Schedule)
            }
        })
    }

    /// Shutdown ends the task. True: the caller holds RUNNING and must cancel it; else whoever
    /// runs it will see the mark.
    pub(crate) fn shut_down(&self) -> bool {
        self.update(|now| {
            let idle = now & (RUNNING | COMPLETE) == 0;
            (now | CANCELLED | if idle { RUNNING } else { 0 }, idle)
        })
    }

    /// The output is stored; gives RUNNING up.
    pub(crate) fn complete(&self) -> Completed {
        let before = self.0.fetch_xor(RUNNING | COMPLETE, AcqRel);
        if before & (RUNNING | COMPLETE) != RUNNING {
            cortado_probe::stop("T1", "a task completed without running, or twice");
        }
        Completed { joined: before & JOIN != 0, waker: before & JOIN_WAKER != 0 }
    }

    /// The completer has woken the joiner. True: the handle is gone, the completer drops the waker.
    pub(crate) fn joiner_woken(&self) -> bool {
        self.0.fetch_and(!JOIN_WAKER, AcqRel) & JOIN == 0
    }

    /// The joiner has filled the slot of its waker. False: the task is complete, and the slot is
    /// still the joiner's.
    pub(crate) fn publish_join_waker(&self) -> bool {
        self.update(|now| match now & COMPLETE {
            0 => (now | JOIN_WAKER, true),
            _ => (now, false),
        })
    }

    /// The joiner wants to change its waker. False: the task is complete.
    pub(crate) fn withdraw_join_waker(&self) -> bool {
        self.update(|now| match now & COMPLETE {
            0 => (now & !JOIN_WAKER, true),
            _ => (now, false),
        })
    }

    /// The joiner of a complete task takes the output. False: it has done so before.
    pub(crate) fn take_output(&self) -> bool {
        let now = self.0.load(Relaxed);
        if now & COMPLETE == 0 {
            cortado_probe::stop("T2", "a task's output was taken before it was there");
        }
        // Nobody but the joiner looks at the mark or sets it.
        now & TAKEN == 0 && self.0.fetch_or(TAKEN, Relaxed) & TAKEN == 0
    }

    /// The `JoinHandle` is dropped (its reference is given back separately).
    pub(crate) fn detach(&self) -> Detached {
        self.update(|now| {
            let complete = now & COMPLETE != 0;
            let next = if complete { now & !JOIN } else { now & !(JOIN | JOIN_WAKER) };
            let drop_output = complete && now & TAKEN == 0;
            (next, Detached { drop_output, drop_waker: next & JOIN_WAKER == 0 })
        })
    }

    /// One more reference.
    pub(crate) fn retain(&self) {
        if self.0.fetch_add(REF, Relaxed) > usize::MAX / 2 {
            cortado_probe::stop("T4", "a task has more references than a counter can hold");
        }
    }

    /// `count` references fewer. True: they were the last ones.
    pub(crate) fn release(&self, count: usize) -> bool {
        let before = self.0.fetch_sub(count * REF, AcqRel);
        if before < count * REF {
            cortado_probe::stop("T4", "a task has fewer references than were given back");
        }
        before - count * REF < REF
    }

    /// The output is stored, or was taken.
    pub(crate) fn is_complete(&self) -> bool {
        self.0.load(Acquire) & COMPLETE != 0
    }

    /// A joiner's waker is in its slot.
    pub(crate) fn has_join_waker(&self) -> bool {
        self.0.load(Acquire) & JOIN_WAKER != 0
    }

    /// The task belongs to the work lane.
    pub(crate) fn in_work_lane(&self) -> bool {
        self.0.load(Relaxed) & WORK != 0
    }

    /// The task was polled at least once.
    pub(crate) fn was_polled(&self) -> bool {
        self.0.load(Relaxed) & POLLED != 0
    }

    /// What the task does; nothing where it has ended.
    pub(crate) fn activity(&self) -> Option<Activity> {
        match self.0.load(Relaxed) {
            now if now & COMPLETE != 0 => None,
            now if now & RUNNING != 0 => Some(Activity::Running),
            now if now & SCHEDULED != 0 => Some(Activity::Ready),
            _ => Some(Activity::Waiting),
        }
    }

    /// Changes the task's lane; true where that is a change.
    pub(crate) fn move_to(&self, work: bool) -> bool {
        let before =
            if work { self.0.fetch_or(WORK, AcqRel) } else { self.0.fetch_and(!WORK, AcqRel) };
        (before & WORK != 0) != work
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.0.load(Relaxed);
        let names = [
            (SCHEDULED, "scheduled"),
            (RUNNING, "running"),
            (COMPLETE, "complete"),
            (CANCELLED, "cancelled"),
            (JOIN, "joined"),
            (JOIN_WAKER, "join waker"),
            (WORK, "work lane"),
            (POLLED, "polled"),
            (TAKEN, "taken"),
        ];
        let set = names.iter().filter(|(bit, _)| now & bit != 0).map(|(_, name)| name);
        f.debug_list().entries(set).entry(&(now / REF)).finish()
    }
}
