//! Adaptors that change the items one after the other, as `map` and `filter` do: all of them are
//! one type, [`Through`], with a [`Step`] that says what happens to the std iterator of a piece.

use std::ops::Range;

use super::plumbing::{Consumer, Source};
use super::{IndexedParallelIterator, ParallelIterator};

/// What happens to the items of a piece: one std iterator becomes another. All pieces share it.
pub trait Step<T>: Send + Sync {
    /// What comes out.
    type Item: Send;

    /// Whether exactly one item comes out for each that goes in.
    const EXACT: bool = false;

    /// Whether it may ever be [`full`](Self::full).
    const STOPS: bool = false;

    /// Puts it around the items of a piece.
    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = Self::Item>;

    /// Hands a piece that can still be cut to the consumer behind this step.
    fn hand_on<P, C>(&self, source: P, next: &C, portion: C::Portion) -> C::Output
    where
        P: Source<Item = T>,
        C: Consumer<Self::Item>,
    {
        next.run(portion, self.apply(source.into_items()))
    }

    /// Whether it needs no further items.
    fn full(&self) -> bool {
        false
    }
}

/// Of a step that is an [`ExactStep`]: behind it, the piece can still be cut.
macro_rules! hand_on_a_source {
    ($item:ty) => {
        fn hand_on<P, C>(&self, source: P, next: &C, portion: C::Portion) -> C::Output
        where
            P: $crate::iter::plumbing::Source<Item = $item>,
            C: $crate::iter::plumbing::Consumer<Self::Item>,
        {
            next.run_source(portion, $crate::iter::through::ThroughSource::new(source, self))
        }
    };
}

pub(crate) use hand_on_a_source;

/// A step that gives exactly one item for each that goes in.
pub trait ExactStep<T>: Step<T> {
    /// Puts it around the items of a piece, from both ends.
    fn apply_exact<I: DoubleEndedIterator<Item = T> + ExactSizeIterator>(
        &self,
        items: I,
    ) -> impl DoubleEndedIterator<Item = Self::Item> + ExactSizeIterator;
}

/// A parallel iterator whose items go through a [`Step`].
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Through<I, S> {
    base: I,
    step: S,
}

impl<I: ParallelIterator, S: Step<I::Item>> Through<I, S> {
    pub(crate) fn new(base: I, step: S) -> Through<I, S> {
        Through { base, step }
    }
}

impl<I: ParallelIterator, S: Step<I::Item>> ParallelIterator for Through<I, S> {
    type Item = S::Item;

    fn drive<C: Consumer<S::Item>>(self, consumer: &C, portion: C::Portion) -> C::Output {
        let Through { base, step } = self;
        base.drive(&ThroughConsumer { step: &step, next: consumer }, portion)
    }

    fn opt_len(&self) -> Option<usize> {
        if S::EXACT { self.base.opt_len() } else { None }
    }
}

impl<I: IndexedParallelIterator, S: ExactStep<I::Item>> IndexedParallelIterator for Through<I, S> {
    type Source<'a>
        = ThroughSource<'a, I::Source<'a>, S>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.base.len()
    }

    fn source(&mut self) -> Self::Source<'_> {
        ThroughSource { base: self.base.source(), step: &self.step }
    }
}

/// The consumer that puts the step around the items.
struct ThroughConsumer<'s, S, C> {
    step: &'s S,
    next: &'s C,
}

impl<T, S: Step<T>, C: Consumer<S::Item>> Consumer<T> for ThroughConsumer<'_, S, C> {
    type Portion = C::Portion;
    type Output = C::Output;

    const STOPS: bool = S::STOPS || C::STOPS;

    fn run<I: Iterator<Item = T>>(&self, portion: C::Portion, items: I) -> C::Output {
        self.next.run(portion, self.step.apply(items))
    }

    fn run_source<P: Source<Item = T>>(&self, portion: C::Portion, source: P) -> C::Output {
        self.step.hand_on(source, self.next, portion)
    }

    fn merge(&self, left: C::Output, right: C::Output) -> C::Output {
        self.next.merge(left, right)
    }

    fn full(&self, place: &Range<u64>) -> bool {
        (S::STOPS && self.step.full()) || (C::STOPS && self.next.full(place))
    }
}

/// The source of a [`Through`] whose step gives an item for each.
pub struct ThroughSource<'s, P, S> {
    base: P,
    step: &'s S,
}

impl<'s, P, S> ThroughSource<'s, P, S> {
    pub(crate) fn new(base: P, step: &'s S) -> ThroughSource<'s, P, S> {
        ThroughSource { base, step }
    }
}

impl<P: Source, S: ExactStep<P::Item>> Source for ThroughSource<'_, P, S> {
    type Item = S::Item;

    const CHEAP_TO_CUT: bool = P::CHEAP_TO_CUT;

    fn len(&self) -> usize {
        self.base.len()
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let (left, right) = self.base.split_at(index);
        (ThroughSource { base: left, step: self.step }, ThroughSource { base: right, ..self })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = S::Item> + ExactSizeIterator {
        self.step.apply_exact(self.base.into_items())
    }

    fn min_len(&self) -> usize {
        self.base.min_len()
    }

    fn max_len(&self) -> usize {
        self.base.max_len()
    }
}
