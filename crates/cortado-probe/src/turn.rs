//! A task's turn, which is one poll of it: which task the current thread polls, and how much that
//! task may still do before it has to let others have their turn.
//!
//! A task whose socket, timer or channel is always ready would never return from its poll. So each
//! turn has a *budget*: whoever polls a task [takes](take) a turn for it, and every leaf future
//! that can be ready at once asks [`proceed`] before it looks, and says [`Progress::made`] when it
//! is ready. Once the budget is used up, `proceed` wakes the task and returns `Pending`, whatever
//! is ready. Outside of any turn there is no limit, so futures that ask also work on other
//! executors and on plain threads. Operations that block their thread do not ask.
//!
//! The idea and the number are Tokio's (`tokio/src/task/coop/mod.rs`).
//!
//! ```
//! use std::panic::Location;
//! use std::task::{Context, Poll, Waker};
//! use cortado_probe::turn;
//!
//! let mut context = Context::from_waker(Waker::noop());
//! let steps = turn::take(None, || {
//!     let mut steps = 0;
//!     while let Poll::Ready(progress) = turn::proceed(&mut context, Location::caller()) {
//!         progress.made();
//!         steps += 1;
//!     }
//!     steps
//! });
//! assert_eq!(steps, turn::BUDGET);
//! ```

use std::cell::Cell;
use std::panic::Location;
use std::task::{Context, Poll};

use crate::{Event, TaskId, Wait, emit};

/// How many operations a task may finish in one turn. Tokio's figure.
pub const BUDGET: u32 = 128;

/// More than any turn has: nothing is counted.
const UNLIMITED: i32 = i32::MAX;

/// How often a turn is told to end before it gets another budget: somebody polls in a loop that
/// does not return to the scheduler, such as another crate's `block_on`, and would spin for ever.
/// Far more than a future that polls many others asks in one turn.
const REFUSALS: i32 = 10_000;

/// What a thread knows of the turn that it gives.
struct Turn {
    task: Cell<Option<TaskId>>,
    /// Below zero: how often it was told to end.
    left: Cell<i32>,
}

thread_local! {
    static TURN: Turn = const { Turn { task: Cell::new(None), left: Cell::new(UNLIMITED) } };
}

/// Puts back what there was before, also where the poll panics.
struct Restore {
    task: Option<TaskId>,
    left: i32,
}

impl Drop for Restore {
    fn drop(&mut self) {
        TURN.with(|turn| {
            turn.task.set(self.task);
            turn.left.set(self.left);
        });
    }
}

/// Runs `poll` as one turn of `task`, with a whole budget.
///
/// For schedulers; `None` stands for a future that is polled without being a task.
#[inline]
pub fn take<R>(task: Option<TaskId>, poll: impl FnOnce() -> R) -> R {
    let _restore = TURN.with(|turn| Restore {
        task: turn.task.replace(task),
        left: turn.left.replace(BUDGET as i32),
    });
    poll()
}

/// Runs `poll` without a budget, in whatever turn there is.
#[inline]
pub fn without_limit<R>(poll: impl FnOnce() -> R) -> R {
    let _restore =
        TURN.with(|turn| Restore { task: turn.task.get(), left: turn.left.replace(UNLIMITED) });
    poll()
}

/// The task that the current thread polls, if it polls one.
#[inline]
pub fn task() -> Option<TaskId> {
    TURN.with(|turn| turn.task.get())
}

/// The right to finish one operation in this turn. Dropping it uses nothing up: the operation was
/// not ready.
#[derive(Debug)]
#[must_use = "say `made` where the operation was ready; else the turn is without a limit"]
pub struct Progress(());

impl Progress {
    /// The operation was ready: it counts.
    #[inline]
    pub fn made(self) {
        TURN.with(|turn| {
            let left = turn.left.get();
            if left != UNLIMITED {
                turn.left.set(left - 1);
            }
        });
    }
}

/// Asks whether the task may go on in this turn, before the leaf future at `location` looks whether
/// it is ready. `Pending`: the budget is used up; the task is woken, and the caller must return
/// `Pending` as well.
#[inline]
pub fn proceed(context: &mut Context<'_>, location: &'static Location<'static>) -> Poll<Progress> {
    if TURN.with(|turn| turn.left.get()) > 0 {
        return Poll::Ready(Progress(()));
    }
    used_up(context, location)
}

#[cold]
fn used_up(context: &mut Context<'_>, location: &'static Location<'static>) -> Poll<Progress> {
    let left = TURN.with(|turn| turn.left.replace(turn.left.get() - 1));
    if left <= -REFUSALS {
        TURN.with(|turn| turn.left.set(BUDGET as i32));
        return Poll::Ready(Progress(()));
    }
    emit(|| Event::TaskWaits { task: task(), why: Wait::Turn, object: None, location });
    context.waker().wake_by_ref();
    Poll::Pending
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, Location, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::{Context, Poll, Wake, Waker};

    use super::{BUDGET, proceed, take, task, without_limit};
    use crate::TaskId;

    #[derive(Default)]
    struct Wakes(AtomicU32);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn spend(count: u32) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        (0..count).all(|_| {
            let proceeds = proceed(&mut context, Location::caller());
            let is_ready = proceeds.is_ready();
            let _ = proceeds.map(super::Progress::made);
            is_ready
        })
    }

    #[test]
    fn outside_of_a_turn_there_is_no_limit() {
        assert!(spend(10 * BUDGET));
    }

    #[test]
    fn a_turn_ends_with_its_budget_and_wakes_the_task() {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(wakes.clone());
        take(None, || {
            assert!(spend(BUDGET));
            assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
            assert!(proceed(&mut Context::from_waker(&waker), Location::caller()).is_pending());
        });
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert!(spend(1));
    }

    #[test]
    fn what_was_not_ready_costs_nothing() {
        let mut context = Context::from_waker(Waker::noop());
        take(None, || {
            for _ in 0..2 * BUDGET {
                assert!(proceed(&mut context, Location::caller()).is_ready());
            }
            assert!(spend(BUDGET));
        });
    }

    #[test]
    fn a_loop_inside_of_a_turn_goes_on() {
        let mut context = Context::from_waker(Waker::noop());
        take(None, || {
            for _ in 0..10 * BUDGET {
                loop {
                    let proceeds = proceed(&mut context, Location::caller());
                    if let Poll::Ready(progress) = proceeds {
                        progress.made();
                        break;
                    }
                }
            }
        });
    }

    #[test]
    fn turns_nest_and_come_back_after_a_panic() {
        let (outer, inner) = (TaskId::next(), TaskId::next());
        take(Some(outer), || {
            assert!(spend(BUDGET));
            let caught = catch_unwind(AssertUnwindSafe(|| {
                take(Some(inner), || {
                    assert_eq!(task(), Some(inner));
                    panic!("in the inner turn");
                })
            }));
            assert!(caught.is_err());
            assert_eq!(task(), Some(outer));
            assert!(without_limit(|| spend(2 * BUDGET)));
            assert!(!spend(1));
        });
        assert_eq!(task(), None);
    }
}
