//! Consumers that make one value of all items.

use crate::iter::ParallelIterator;
use crate::iter::plumbing::Consumer;

/// Hands each item to `operation`.
pub(crate) fn for_each<I, F>(items: I, operation: F)
where
    I: ParallelIterator,
    F: Fn(I::Item) + Sync + Send,
{
    items.drive(&ForEach(operation), ());
}

struct ForEach<F>(F);

impl<T, F: Fn(T) + Sync> Consumer<T> for ForEach<F> {
    type Portion = ();
    type Output = ();

    fn run<I: Iterator<Item = T>>(&self, (): (), items: I) {
        items.for_each(&self.0);
    }

    fn merge(&self, (): (), (): ()) {}
}

/// Folds each piece from its own identity on, and the pieces in their order.
pub(crate) fn reduce<I, N, F>(items: I, identity: N, operation: F) -> I::Item
where
    I: ParallelIterator,
    N: Fn() -> I::Item + Sync + Send,
    F: Fn(I::Item, I::Item) -> I::Item + Sync + Send,
{
    items.drive(&Reduce { identity, operation }, ())
}

struct Reduce<N, F> {
    identity: N,
    operation: F,
}

impl<T: Send, N: Fn() -> T + Sync, F: Fn(T, T) -> T + Sync> Consumer<T> for Reduce<N, F> {
    type Portion = ();
    type Output = T;

    fn run<I: Iterator<Item = T>>(&self, (): (), items: I) -> T {
        items.fold((self.identity)(), &self.operation)
    }

    fn merge(&self, left: T, right: T) -> T {
        (self.operation)(left, right)
    }
}

/// Reduces each piece, and the pieces in their order.
pub(crate) fn reduce_with<I, F>(items: I, operation: F) -> Option<I::Item>
where
    I: ParallelIterator,
    F: Fn(I::Item, I::Item) -> I::Item + Sync + Send,
{
    items.drive(&ReduceWith(operation), ())
}

struct ReduceWith<F>(F);

impl<T: Send, F: Fn(T, T) -> T + Sync> Consumer<T> for ReduceWith<F> {
    type Portion = ();
    type Output = Option<T>;

    fn run<I: Iterator<Item = T>>(&self, (): (), items: I) -> Option<T> {
        items.reduce(&self.0)
    }

    fn merge(&self, left: Option<T>, right: Option<T>) -> Option<T> {
        match (left, right) {
            (Some(left), Some(right)) => Some((self.0)(left, right)),
            (left, right) => left.or(right),
        }
    }
}
