//! The steps that make one item of all items of a piece.

use std::iter::once_with;
use std::marker::PhantomData;
use std::ops::ControlFlow;

use super::with::Original;
use crate::iter::attempt::Try;
use crate::iter::through::{Step, Through};

/// What [`fold`](crate::iter::ParallelIterator::fold) gives.
pub type Fold<I, N, F> = Through<I, FoldStep<N, F>>;

/// The step of [`Fold`].
#[derive(Clone, Debug)]
pub struct FoldStep<N, F> {
    pub(crate) identity: N,
    pub(crate) fold: F,
}

impl<T, V, N, F> Step<T> for FoldStep<N, F>
where
    V: Send,
    N: Fn() -> V + Send + Sync,
    F: Fn(V, T) -> V + Send + Sync,
{
    type Item = V;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = V> {
        once_with(|| items.fold((self.identity)(), &self.fold))
    }
}

/// What [`fold_with`](crate::iter::ParallelIterator::fold_with) gives.
pub type FoldWith<I, V, F> = Through<I, FoldWithStep<V, F>>;

/// The step of [`FoldWith`].
#[derive(Debug)]
pub struct FoldWithStep<V, F> {
    pub(crate) value: Original<V>,
    pub(crate) fold: F,
}

impl<T, V, F> Step<T> for FoldWithStep<V, F>
where
    V: Clone + Send,
    F: Fn(V, T) -> V + Send + Sync,
{
    type Item = V;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = V> {
        once_with(|| items.fold(self.value.copy(), &self.fold))
    }
}

/// What [`try_fold`](crate::iter::ParallelIterator::try_fold) gives.
pub type TryFold<I, R, N, F> = Through<I, TryFoldStep<R, N, F>>;

/// The step of [`TryFold`].
#[derive(Clone, Debug)]
pub struct TryFoldStep<R, N, F> {
    identity: N,
    fold: F,
    result: PhantomData<fn() -> R>,
}

impl<R, N, F> TryFoldStep<R, N, F> {
    pub(crate) fn new(identity: N, fold: F) -> TryFoldStep<R, N, F> {
        TryFoldStep { identity, fold, result: PhantomData }
    }
}

impl<T, R, N, F> Step<T> for TryFoldStep<R, N, F>
where
    R: Try + Send,
    N: Fn() -> R::Output + Send + Sync,
    F: Fn(R::Output, T) -> R + Send + Sync,
{
    type Item = R;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = R> {
        once_with(|| fold_while_it_goes_on((self.identity)(), items, &self.fold))
    }
}

/// What [`try_fold_with`](crate::iter::ParallelIterator::try_fold_with) gives.
pub type TryFoldWith<I, R, F> = Through<I, TryFoldWithStep<R, F>>;

/// The step of [`TryFoldWith`].
#[derive(Debug)]
pub struct TryFoldWithStep<R: Try, F> {
    pub(crate) value: Original<R::Output>,
    pub(crate) fold: F,
}

impl<T, R, F> Step<T> for TryFoldWithStep<R, F>
where
    R: Try<Output: Clone + Send> + Send,
    F: Fn(R::Output, T) -> R + Send + Sync,
{
    type Item = R;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = R> {
        once_with(|| fold_while_it_goes_on(self.value.copy(), items, &self.fold))
    }
}

fn fold_while_it_goes_on<T, R: Try>(
    start: R::Output,
    mut items: impl Iterator<Item = T>,
    fold: impl Fn(R::Output, T) -> R,
) -> R {
    let folded = items.try_fold(start, |value, item| match fold(value, item).branch() {
        ControlFlow::Continue(value) => ControlFlow::Continue(value),
        ControlFlow::Break(residual) => ControlFlow::Break(R::from_residual(residual)),
    });
    match folded {
        ControlFlow::Continue(value) => R::from_output(value),
        ControlFlow::Break(stopped) => stopped,
    }
}
