//! Consumers that make one value of all items, and stop at the first that says so.

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::iter::ParallelIterator;
use crate::iter::attempt::Try;
use crate::iter::plumbing::Consumer;

/// Folds each piece from its own identity on, and the pieces in their order.
pub(crate) fn try_reduce<I, R, N, F>(items: I, identity: N, operation: F) -> R
where
    I: ParallelIterator<Item = R>,
    R: Try + Send,
    N: Fn() -> R::Output + Sync + Send,
    F: Fn(R::Output, R::Output) -> R + Sync + Send,
{
    items.drive(&TryReduce { identity, operation, stopped: AtomicBool::new(false) }, ())
}

struct TryReduce<N, F> {
    identity: N,
    operation: F,
    stopped: AtomicBool,
}

impl<R, N, F> Consumer<R> for TryReduce<N, F>
where
    R: Try + Send,
    N: Fn() -> R::Output + Sync,
    F: Fn(R::Output, R::Output) -> R + Sync,
{
    type Portion = ();
    type Output = R;

    const STOPS: bool = true;

    fn run<I: Iterator<Item = R>>(&self, (): (), mut items: I) -> R {
        let reduced = items.try_fold((self.identity)(), |value, item| {
            (self.operation)(value, item.branch()?).branch()
        });
        announced(reduced, &self.stopped)
    }

    fn merge(&self, left: R, right: R) -> R {
        merged(left, right, &self.operation)
    }

    fn full(&self, _: &Range<u64>) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Reduces each piece, and the pieces in their order.
pub(crate) fn try_reduce_with<I, R, F>(items: I, operation: F) -> Option<R>
where
    I: ParallelIterator<Item = R>,
    R: Try + Send,
    F: Fn(R::Output, R::Output) -> R + Sync + Send,
{
    items.drive(&TryReduceWith { operation, stopped: AtomicBool::new(false) }, ())
}

struct TryReduceWith<F> {
    operation: F,
    stopped: AtomicBool,
}

impl<R, F> Consumer<R> for TryReduceWith<F>
where
    R: Try + Send,
    F: Fn(R::Output, R::Output) -> R + Sync,
{
    type Portion = ();
    type Output = Option<R>;

    const STOPS: bool = true;

    fn run<I: Iterator<Item = R>>(&self, (): (), mut items: I) -> Option<R> {
        let reduced = match items.next()?.branch() {
            ControlFlow::Continue(first) => items
                .try_fold(first, |value, item| (self.operation)(value, item.branch()?).branch()),
            stopped => stopped,
        };
        Some(announced(reduced, &self.stopped))
    }

    fn merge(&self, left: Option<R>, right: Option<R>) -> Option<R> {
        match (left, right) {
            (Some(left), Some(right)) => Some(merged(left, right, &self.operation)),
            (left, right) => left.or(right),
        }
    }

    fn full(&self, _: &Range<u64>) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Tells the other pieces where this one has stopped.
fn announced<R: Try>(reduced: ControlFlow<R::Residual, R::Output>, stopped: &AtomicBool) -> R {
    match reduced {
        ControlFlow::Continue(value) => R::from_output(value),
        ControlFlow::Break(residual) => {
            stopped.store(true, Ordering::Relaxed);
            R::from_residual(residual)
        }
    }
}

fn merged<R: Try>(left: R, right: R, operation: impl Fn(R::Output, R::Output) -> R) -> R {
    match (left.branch(), right.branch()) {
        (ControlFlow::Continue(left), ControlFlow::Continue(right)) => operation(left, right),
        (ControlFlow::Break(residual), _) | (_, ControlFlow::Break(residual)) => {
            R::from_residual(residual)
        }
    }
}
