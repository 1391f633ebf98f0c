//! The steps that look at one item at a time and keep nothing.

use crate::iter::through::{ExactStep, Step, Through, hand_on_a_source};

/// What [`map`](crate::iter::ParallelIterator::map) gives.
pub type Map<I, F> = Through<I, MapStep<F>>;

/// The step of [`Map`].
#[derive(Clone, Debug)]
pub struct MapStep<F>(pub(crate) F);

impl<T, R: Send, F: Fn(T) -> R + Send + Sync> Step<T> for MapStep<F> {
    type Item = R;
    const EXACT: bool = true;

    hand_on_a_source!(T);

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = R> {
        items.map(&self.0)
    }
}

impl<T, R: Send, F: Fn(T) -> R + Send + Sync> ExactStep<T> for MapStep<F> {
    fn apply_exact<I: DoubleEndedIterator<Item = T> + ExactSizeIterator>(
        &self,
        items: I,
    ) -> impl DoubleEndedIterator<Item = R> + ExactSizeIterator {
        items.map(&self.0)
    }
}

/// What [`inspect`](crate::iter::ParallelIterator::inspect) gives.
pub type Inspect<I, F> = Through<I, InspectStep<F>>;

/// The step of [`Inspect`].
#[derive(Clone, Debug)]
pub struct InspectStep<F>(pub(crate) F);

impl<T: Send, F: Fn(&T) + Send + Sync> Step<T> for InspectStep<F> {
    type Item = T;
    const EXACT: bool = true;

    hand_on_a_source!(T);

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = T> {
        items.inspect(&self.0)
    }
}

impl<T: Send, F: Fn(&T) + Send + Sync> ExactStep<T> for InspectStep<F> {
    fn apply_exact<I: DoubleEndedIterator<Item = T> + ExactSizeIterator>(
        &self,
        items: I,
    ) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        items.inspect(&self.0)
    }
}

/// What [`update`](crate::iter::ParallelIterator::update) gives.
pub type Update<I, F> = Through<I, UpdateStep<F>>;

/// The step of [`Update`].
#[derive(Clone, Debug)]
pub struct UpdateStep<F>(pub(crate) F);

impl<F> UpdateStep<F> {
    fn updated<T>(&self) -> impl Fn(T) -> T
    where
        F: Fn(&mut T),
    {
        |mut item| {
            (self.0)(&mut item);
            item
        }
    }
}

impl<T: Send, F: Fn(&mut T) + Send + Sync> Step<T> for UpdateStep<F> {
    type Item = T;
    const EXACT: bool = true;

    hand_on_a_source!(T);

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = T> {
        items.map(self.updated())
    }
}

impl<T: Send, F: Fn(&mut T) + Send + Sync> ExactStep<T> for UpdateStep<F> {
    fn apply_exact<I: DoubleEndedIterator<Item = T> + ExactSizeIterator>(
        &self,
        items: I,
    ) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        items.map(self.updated())
    }
}

/// What [`cloned`](crate::iter::ParallelIterator::cloned) gives.
pub type Cloned<I> = Through<I, ClonedStep>;

/// The step of [`Cloned`].
#[derive(Clone, Debug)]
pub struct ClonedStep;

impl<'a, T: Clone + Send + 'a> Step<&'a T> for ClonedStep {
    type Item = T;
    const EXACT: bool = true;

    hand_on_a_source!(&'a T);

    fn apply<I: Iterator<Item = &'a T>>(&self, items: I) -> impl Iterator<Item = T> {
        items.cloned()
    }
}

impl<'a, T: Clone + Send + 'a> ExactStep<&'a T> for ClonedStep {
    fn apply_exact<I: DoubleEndedIterator<Item = &'a T> + ExactSizeIterator>(
        &self,
        items: I,
    ) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        items.cloned()
    }
}

/// What [`copied`](crate::iter::ParallelIterator::copied) gives.
pub type Copied<I> = Through<I, CopiedStep>;

/// The step of [`Copied`].
#[derive(Clone, Debug)]
pub struct CopiedStep;

impl<'a, T: Copy + Send + 'a> Step<&'a T> for CopiedStep {
    type Item = T;
    const EXACT: bool = true;

    hand_on_a_source!(&'a T);

    fn apply<I: Iterator<Item = &'a T>>(&self, items: I) -> impl Iterator<Item = T> {
        items.copied()
    }
}

impl<'a, T: Copy + Send + 'a> ExactStep<&'a T> for CopiedStep {
    fn apply_exact<I: DoubleEndedIterator<Item = &'a T> + ExactSizeIterator>(
        &self,
        items: I,
    ) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        items.copied()
    }
}

/// What [`filter`](crate::iter::ParallelIterator::filter) gives.
pub type Filter<I, P> = Through<I, FilterStep<P>>;

/// The step of [`Filter`].
#[derive(Clone, Debug)]
pub struct FilterStep<P>(pub(crate) P);

impl<T: Send, P: Fn(&T) -> bool + Send + Sync> Step<T> for FilterStep<P> {
    type Item = T;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = T> {
        items.filter(&self.0)
    }
}

/// What [`filter_map`](crate::iter::ParallelIterator::filter_map) gives.
pub type FilterMap<I, F> = Through<I, FilterMapStep<F>>;

/// The step of [`FilterMap`].
#[derive(Clone, Debug)]
pub struct FilterMapStep<F>(pub(crate) F);

impl<T, R: Send, F: Fn(T) -> Option<R> + Send + Sync> Step<T> for FilterMapStep<F> {
    type Item = R;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = R> {
        items.filter_map(&self.0)
    }
}

/// What [`flat_map_iter`](crate::iter::ParallelIterator::flat_map_iter) gives.
pub type FlatMapIter<I, F> = Through<I, FlatMapIterStep<F>>;

/// The step of [`FlatMapIter`].
#[derive(Clone, Debug)]
pub struct FlatMapIterStep<F>(pub(crate) F);

impl<T, R, F> Step<T> for FlatMapIterStep<F>
where
    F: Fn(T) -> R + Send + Sync,
    R: IntoIterator<Item: Send>,
{
    type Item = R::Item;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = R::Item> {
        items.flat_map(&self.0)
    }
}

/// What [`flatten_iter`](crate::iter::ParallelIterator::flatten_iter) gives.
pub type FlattenIter<I> = Through<I, FlattenIterStep>;

/// The step of [`FlattenIter`].
#[derive(Clone, Debug)]
pub struct FlattenIterStep;

impl<T: IntoIterator<Item: Send>> Step<T> for FlattenIterStep {
    type Item = T::Item;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = T::Item> {
        items.flatten()
    }
}
