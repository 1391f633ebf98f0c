//! Two collections from one parallel iterator.

use std::marker::PhantomData;

use super::{extend_by_pieces, unzip_exact};
use crate::iter::plumbing::Consumer;
use crate::iter::{ParallelExtend, ParallelIterator};

/// The first components of all pairs, and the second ones.
pub(crate) fn unzip<I, A, B, FA, FB>(items: I) -> (FA, FB)
where
    I: ParallelIterator<Item = (A, B)>,
    A: Send,
    B: Send,
    FA: Default + ParallelExtend<A>,
    FB: Default + ParallelExtend<B>,
{
    let (mut left, mut right) = (FA::default(), FB::default());
    if let (Some(left), Some(right), Some(len)) =
        (left.par_extended_vec(), right.par_extended_vec(), items.opt_len())
    {
        unzip_exact(left, right, items, len);
    } else {
        extend_both(&mut left, &mut right, items.drive(&Unzip(PhantomData), ()));
    }
    (left, right)
}

/// The items that `predicate` accepts, and the others.
pub(crate) fn partition<I, P, A, B>(items: I, predicate: P) -> (A, B)
where
    I: ParallelIterator,
    P: Fn(&I::Item) -> bool + Sync + Send,
    A: Default + ParallelExtend<I::Item>,
    B: Default + ParallelExtend<I::Item>,
{
    let (mut left, mut right) = (A::default(), B::default());
    extend_both(&mut left, &mut right, items.drive(&Partition(predicate), ()));
    (left, right)
}

/// What the pieces give: a vector for each side and piece.
type Sides<A, B> = (Vec<Vec<A>>, Vec<Vec<B>>);

fn extend_both<A, B, FA, FB>(left: &mut FA, right: &mut FB, sides: Sides<A, B>)
where
    A: Send,
    B: Send,
    FA: ParallelExtend<A>,
    FB: ParallelExtend<B>,
{
    extend_by_pieces(left, sides.0);
    extend_by_pieces(right, sides.1);
}

fn merged<A, B>(mut left: Sides<A, B>, mut right: Sides<A, B>) -> Sides<A, B> {
    left.0.append(&mut right.0);
    left.1.append(&mut right.1);
    left
}

struct Unzip<A, B>(PhantomData<fn() -> (A, B)>);

impl<A: Send, B: Send> Consumer<(A, B)> for Unzip<A, B> {
    type Portion = ();
    type Output = Sides<A, B>;

    fn run<I: Iterator<Item = (A, B)>>(&self, (): (), items: I) -> Sides<A, B> {
        let (left, right) = items.unzip();
        (vec![left], vec![right])
    }

    fn merge(&self, left: Sides<A, B>, right: Sides<A, B>) -> Sides<A, B> {
        merged(left, right)
    }
}

struct Partition<P>(P);

impl<T: Send, P: Fn(&T) -> bool + Sync> Consumer<T> for Partition<P> {
    type Portion = ();
    type Output = Sides<T, T>;

    fn run<I: Iterator<Item = T>>(&self, (): (), items: I) -> Sides<T, T> {
        let (left, right) = items.partition(&self.0);
        (vec![left], vec![right])
    }

    fn merge(&self, left: Sides<T, T>, right: Sides<T, T>) -> Sides<T, T> {
        merged(left, right)
    }
}
