//! The steps that lend each piece a value of its own.

use parking_lot::Mutex;

use crate::iter::through::{ExactStep, Step, Through};

/// A value of which each piece takes a clone. The lock makes a value that is not `Sync` shareable;
/// it is held for one clone per piece.
#[derive(Debug)]
pub(crate) struct Original<T>(Mutex<T>);

impl<T: Clone> Original<T> {
    /// Of which clones are to be taken.
    pub(crate) fn new(value: T) -> Original<T> {
        Original(Mutex::new(value))
    }

    /// A clone for one piece.
    pub(crate) fn copy(&self) -> T {
        self.0.lock().clone()
    }
}

/// What [`map_with`](crate::iter::ParallelIterator::map_with) gives.
pub type MapWith<I, V, F> = Through<I, MapWithStep<V, F>>;

/// The step of [`MapWith`].
#[derive(Debug)]
pub struct MapWithStep<V, F> {
    pub(crate) value: Original<V>,
    pub(crate) map: F,
}

impl<T, V, R, F> Step<T> for MapWithStep<V, F>
where
    V: Clone + Send,
    R: Send,
    F: Fn(&mut V, T) -> R + Send + Sync,
{
    type Item = R;
    const EXACT: bool = true;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = R> {
        let mut value = self.value.copy();
        items.map(move |item| (self.map)(&mut value, item))
    }
}

impl<T, V, R, F> ExactStep<T> for MapWithStep<V, F>
where
    V: Clone + Send,
    R: Send,
    F: Fn(&mut V, T) -> R + Send + Sync,
{
    fn apply_exact<I: DoubleEndedIterator<Item = T> + ExactSizeIterator>(
        &self,
        items: I,
    ) -> impl DoubleEndedIterator<Item = R> + ExactSizeIterator {
        let mut value = self.value.copy();
        items.map(move |item| (self.map)(&mut value, item))
    }
}

/// What [`map_init`](crate::iter::ParallelIterator::map_init) gives.
pub type MapInit<I, N, F> = Through<I, MapInitStep<N, F>>;

/// The step of [`MapInit`].
#[derive(Clone, Debug)]
pub struct MapInitStep<N, F> {
    pub(crate) init: N,
    pub(crate) map: F,
}

impl<T, V, R, N, F> Step<T> for MapInitStep<N, F>
where
    N: Fn() -> V + Send + Sync,
    R: Send,
    F: Fn(&mut V, T) -> R + Send + Sync,
{
    type Item = R;
    const EXACT: bool = true;

    fn apply<I: Iterator<Item = T>>(&self, items: I) -> impl Iterator<Item = R> {
        let mut value = (self.init)();
        items.map(move |item| (self.map)(&mut value, item))
    }
}

impl<T, V, R, N, F> ExactStep<T> for MapInitStep<N, F>
where
    N: Fn() -> V + Send + Sync,
    R: Send,
    F: Fn(&mut V, T) -> R + Send + Sync,
{
    fn apply_exact<I: DoubleEndedIterator<Item = T> + ExactSizeIterator>(
        &self,
        items: I,
    ) -> impl DoubleEndedIterator<Item = R> + ExactSizeIterator {
        let mut value = (self.init)();
        items.map(move |item| (self.map)(&mut value, item))
    }
}
