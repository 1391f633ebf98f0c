//! One collection for each piece, and the list of them in order.

use std::marker::PhantomData;

use crate::iter::ParallelIterator;
use crate::iter::plumbing::Consumer;

/// Collects each piece into a `P`.
pub(crate) fn gather<I, P>(items: I) -> Vec<P>
where
    I: ParallelIterator,
    P: FromIterator<I::Item> + Send,
{
    items.drive(&Gather(PhantomData), ())
}

/// Its parameter is a function type, so that it can be shared whatever `P` is.
struct Gather<P>(PhantomData<fn() -> P>);

impl<T, P: FromIterator<T> + Send> Consumer<T> for Gather<P> {
    type Portion = ();
    type Output = Vec<P>;

    fn run<I: Iterator<Item = T>>(&self, (): (), items: I) -> Vec<P> {
        vec![items.collect()]
    }

    fn merge(&self, mut left: Vec<P>, mut right: Vec<P>) -> Vec<P> {
        left.append(&mut right);
        left
    }
}
