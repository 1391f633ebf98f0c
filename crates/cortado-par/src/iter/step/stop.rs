//! The steps that may end the whole iterator, or hold its beginning back. What they count is shared
//! by all pieces, so which items pass depends on which piece comes first.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::iter::through::{ExactStep, Step, Through};

/// What [`while_some`](crate::iter::ParallelIterator::while_some) gives.
pub type WhileSome<I> = Through<I, WhileSomeStep>;

/// The step of [`WhileSome`].
#[derive(Debug, Default)]
pub struct WhileSomeStep {
    ended: AtomicBool,
}

impl<T: Send> Step<Option<T>> for WhileSomeStep {
    type Item = T;
    const STOPS: bool = true;

    fn apply<I: Iterator<Item = Option<T>>>(&self, items: I) -> impl Iterator<Item = T> {
        items.map_while(|item| {
            if item.is_none() {
                self.ended.store(true, Ordering::Relaxed);
            }
            item
        })
    }

    fn full(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

/// What [`panic_fuse`](crate::iter::ParallelIterator::panic_fuse) gives.
pub type PanicFuse<I> = Through<I, PanicFuseStep>;

/// The step of [`PanicFuse`].
#[derive(Debug, Default)]
pub struct PanicFuseStep {
    blown: AtomicBool,
}

/// Blows the fuse where it is dropped by a panic.
struct Fuse<'s>(&'s AtomicBool);

impl Fuse<'_> {
    fn is_blown(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Fuse<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// The items of a piece until the fuse blows; its length is what is left.
struct FusedItems<'s, I> {
    items: I,
    fuse: Fuse<'s>,
}

impl<I: Iterator> Iterator for FusedItems<'_, I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        if self.fuse.is_blown() { None } else { self.items.next() }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for FusedItems<'_, I> {
    fn next_back(&mut self) -> Option<I::Item> {
        if self.fuse.is_blown() { None } else { self.items.next_back() }
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for FusedItems<'_, I> {}

impl<T: Send> Step<T> for PanicFuseStep {
    type Item = T;
    const EXACT: bool = true;
    const STOPS: bool = true;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = T> {
        FusedItems { items, fuse: Fuse(&self.blown) }
    }

    fn full(&self) -> bool {
        self.blown.load(Ordering::Relaxed)
    }
}

impl<T: Send> ExactStep<T> for PanicFuseStep {
    fn apply_exact<I: DoubleEndedIterator<Item = T> + ExactSizeIterator>(
        &self,
        items: I,
    ) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        FusedItems { items, fuse: Fuse(&self.blown) }
    }
}

/// How many items are still to be taken or skipped.
#[derive(Debug)]
struct Allowance(AtomicUsize);

impl Allowance {
    /// Takes one, if any is left.
    fn take(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    }

    fn is_used_up(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

/// What [`take_any`](crate::iter::ParallelIterator::take_any) gives.
pub type TakeAny<I> = Through<I, TakeAnyStep>;

/// The step of [`TakeAny`].
#[derive(Debug)]
pub struct TakeAnyStep {
    left: Allowance,
}

impl TakeAnyStep {
    pub(crate) fn new(count: usize) -> TakeAnyStep {
        TakeAnyStep { left: Allowance(AtomicUsize::new(count)) }
    }
}

impl<T: Send> Step<T> for TakeAnyStep {
    type Item = T;
    const STOPS: bool = true;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = T> {
        items.take_while(|_| self.left.take())
    }

    fn full(&self) -> bool {
        self.left.is_used_up()
    }
}

/// What [`skip_any`](crate::iter::ParallelIterator::skip_any) gives.
pub type SkipAny<I> = Through<I, SkipAnyStep>;

/// The step of [`SkipAny`].
#[derive(Debug)]
pub struct SkipAnyStep {
    left: Allowance,
}

impl SkipAnyStep {
    pub(crate) fn new(count: usize) -> SkipAnyStep {
        SkipAnyStep { left: Allowance(AtomicUsize::new(count)) }
    }
}

impl<T: Send> Step<T> for SkipAnyStep {
    type Item = T;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = T> {
        items.filter(|_| self.left.is_used_up() || !self.left.take())
    }
}

/// What [`take_any_while`](crate::iter::ParallelIterator::take_any_while) gives.
pub type TakeAnyWhile<I, P> = Through<I, TakeAnyWhileStep<P>>;

/// The step of [`TakeAnyWhile`].
#[derive(Debug)]
pub struct TakeAnyWhileStep<P> {
    predicate: P,
    ended: AtomicBool,
}

impl<P> TakeAnyWhileStep<P> {
    pub(crate) fn new(predicate: P) -> TakeAnyWhileStep<P> {
        TakeAnyWhileStep { predicate, ended: AtomicBool::new(false) }
    }
}

impl<T: Send, P: Fn(&T) -> bool + Send + Sync> Step<T> for TakeAnyWhileStep<P> {
    type Item = T;
    const STOPS: bool = true;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = T> {
        items.take_while(|item| {
            let goes_on = !self.ended.load(Ordering::Relaxed) && (self.predicate)(item);
            if !goes_on {
                self.ended.store(true, Ordering::Relaxed);
            }
            goes_on
        })
    }

    fn full(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

/// What [`skip_any_while`](crate::iter::ParallelIterator::skip_any_while) gives.
pub type SkipAnyWhile<I, P> = Through<I, SkipAnyWhileStep<P>>;

/// The step of [`SkipAnyWhile`].
#[derive(Debug)]
pub struct SkipAnyWhileStep<P> {
    predicate: P,
    begun: AtomicBool,
}

impl<P> SkipAnyWhileStep<P> {
    pub(crate) fn new(predicate: P) -> SkipAnyWhileStep<P> {
        SkipAnyWhileStep { predicate, begun: AtomicBool::new(false) }
    }
}

impl<T: Send, P: Fn(&T) -> bool + Send + Sync> Step<T> for SkipAnyWhileStep<P> {
    type Item = T;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = T> {
        items.filter(|item| {
            let passes = self.begun.load(Ordering::Relaxed) || !(self.predicate)(item);
            if passes {
                self.begun.store(true, Ordering::Relaxed);
            }
            passes
        })
    }
}
