//! Two collections from one parallel iterator.

use std::marker::PhantomData;

use super::gather::Gathered;
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
    both(items.drive(&Unzip(PhantomData), ()))
}

/// The items that `predicate` accepts, and the others.
pub(crate) fn partition<I, P, A, B>(items: I, predicate: P) -> (A, B)
where
    I: ParallelIterator,
    P: Fn(&I::Item) -> bool + Sync + Send,
    A: Default + ParallelExtend<I::Item>,
    B: Default + ParallelExtend<I::Item>,
{
    both(items.drive(&Partition(predicate), ()))
}

/// What the pieces give: a vector for each side and piece.
type Sides<A, B> = (Vec<Vec<A>>, Vec<Vec<B>>);

fn both<A, B, FA, FB>((left, right): Sides<A, B>) -> (FA, FB)
where
    A: Send,
    B: Send,
    FA: Default + ParallelExtend<A>,
    FB: Default + ParallelExtend<B>,
{
    let mut extended = (FA::default(), FB::default());
    extended.0.par_extend(Gathered::new(left));
    extended.1.par_extend(Gathered::new(right));
    extended
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
