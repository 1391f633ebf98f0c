//! A parallel iterator for each item, one after the other.

use std::iter;
use std::ops::Range;

use crate::iter::plumbing::{Consumer, Portion};
use crate::iter::{IntoParallelIterator, ParallelIterator};

/// What [`flat_map`](ParallelIterator::flat_map) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct FlatMap<I, F> {
    pub(crate) base: I,
    pub(crate) map: F,
}

impl<I, F, R> ParallelIterator for FlatMap<I, F>
where
    I: ParallelIterator,
    F: Fn(I::Item) -> R + Sync + Send,
    R: IntoParallelIterator,
{
    type Item = R::Item;

    fn drive<C: Consumer<R::Item>>(self, consumer: &C, portion: C::Portion) -> C::Output {
        let FlatMap { base, map } = self;
        base.drive(&FlatMapConsumer { map: &map, next: consumer }, portion)
    }
}

/// What [`flatten`](ParallelIterator::flatten) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Flatten<I> {
    pub(crate) base: I,
}

impl<I: ParallelIterator<Item: IntoParallelIterator>> ParallelIterator for Flatten<I> {
    type Item = <I::Item as IntoParallelIterator>::Item;

    fn drive<C: Consumer<Self::Item>>(self, consumer: &C, portion: C::Portion) -> C::Output {
        let map = |item: I::Item| item;
        self.base.drive(&FlatMapConsumer { map: &map, next: consumer }, portion)
    }
}

/// Drives the iterators of a piece's items one after the other, each of them in parallel.
struct FlatMapConsumer<'c, F, C> {
    map: &'c F,
    next: &'c C,
}

impl<T, F, R, C> Consumer<T> for FlatMapConsumer<'_, F, C>
where
    F: Fn(T) -> R + Sync,
    R: IntoParallelIterator,
    C: Consumer<R::Item>,
{
    type Portion = C::Portion;
    type Output = C::Output;

    const STOPS: bool = C::STOPS;

    fn run<I: Iterator<Item = T>>(&self, portion: C::Portion, items: I) -> C::Output {
        let mut rest = portion;
        let mut output = None;
        for item in items {
            let (portion, right) = rest.split();
            rest = right;
            let right = (self.map)(item).into_par_iter().drive(self.next, portion);
            output = Some(match output {
                None => right,
                Some(left) => self.next.merge(left, right),
            });
        }
        output.unwrap_or_else(|| self.next.run(rest, iter::empty()))
    }

    fn merge(&self, left: C::Output, right: C::Output) -> C::Output {
        self.next.merge(left, right)
    }

    fn full(&self, place: &Range<u64>) -> bool {
        self.next.full(place)
    }
}
