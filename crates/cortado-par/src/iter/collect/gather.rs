//! One collection for each piece, and the list of them in order.

use std::marker::PhantomData;

use crate::iter::plumbing::{Consumer, Portion};
use crate::iter::{IntoParallelIterator, ParallelIterator};
use crate::join;

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

/// The items of all pieces, whose number is known by now.
pub(super) struct Gathered<T> {
    pieces: Vec<Vec<T>>,
}

impl<T: Send> Gathered<T> {
    /// Of all these pieces, one after the other.
    pub(super) fn new(pieces: Vec<Vec<T>>) -> Gathered<T> {
        Gathered { pieces }
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }
}

impl<T: Send> ParallelIterator for Gathered<T> {
    type Item = T;

    fn drive<C: Consumer<T>>(mut self, consumer: &C, portion: C::Portion) -> C::Output {
        if self.pieces.len() <= 1 {
            let piece = self.pieces.pop().unwrap_or_default();
            return piece.into_par_iter().drive(consumer, portion);
        }
        let right = Gathered { pieces: self.pieces.split_off(self.pieces.len() / 2) };
        let (left_portion, right_portion) = portion.split_at(self.len());
        let (left, right) = join(
            move || self.drive(consumer, left_portion),
            move || right.drive(consumer, right_portion),
        );
        consumer.merge(left, right)
    }

    fn opt_len(&self) -> Option<usize> {
        Some(self.len())
    }
}
