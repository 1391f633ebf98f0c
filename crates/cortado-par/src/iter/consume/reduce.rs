//! Consumers that make one value of all items.

use std::any::TypeId;
use std::hint;

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

/// The left one, which is the best so far and mostly remains it, or the right one.
///
/// For words of 64 bits a jump that is well foreseen is better than what the compiler makes of a choice
/// without a hint: vectors of two, by a dozen instructions each. 10 million numbers took it 4.5 ms on two
/// threads, and take 1.6 with the jump. Smaller numbers are better off in vectors.
#[inline]
pub(crate) fn preferred<T>(is_left: bool, left: T, right: T) -> T {
    if is_left {
        return left;
    }
    if is_word::<T>() {
        seldom();
    }
    right
}

fn is_word<T>() -> bool {
    let this = typeid::of::<T>();
    this == TypeId::of::<u64>()
        || this == TypeId::of::<i64>()
        || this == TypeId::of::<usize>()
        || this == TypeId::of::<isize>()
}

/// What the compiler does not do in advance, so that there must be a jump around it.
#[cold]
#[inline]
fn seldom() {
    hint::black_box(());
}
