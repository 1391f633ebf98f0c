//! One iterator after the other.

use crate::iter::counted::Counted;
use crate::iter::plumbing::{Consumer, Portion, Source};
use crate::iter::{IndexedParallelIterator, ParallelIterator};
use crate::join;

/// What [`chain`](ParallelIterator::chain) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Chain<A, B> {
    pub(crate) first: A,
    pub(crate) second: B,
}

impl<A, B> ParallelIterator for Chain<A, B>
where
    A: ParallelIterator,
    B: ParallelIterator<Item = A::Item>,
{
    type Item = A::Item;

    fn drive<C: Consumer<A::Item>>(self, consumer: &C, portion: C::Portion) -> C::Output {
        let (left, right) = match self.first.opt_len() {
            Some(len) if self.second.opt_len().is_some() => portion.split_at(len),
            _ => portion.split(),
        };
        let Chain { first, second } = self;
        let (left, right) =
            join(move || first.drive(consumer, left), move || second.drive(consumer, right));
        consumer.merge(left, right)
    }

    fn opt_len(&self) -> Option<usize> {
        self.first.opt_len()?.checked_add(self.second.opt_len()?)
    }
}

impl<A, B> IndexedParallelIterator for Chain<A, B>
where
    A: IndexedParallelIterator,
    B: IndexedParallelIterator<Item = A::Item>,
{
    type Source<'a>
        = ChainSource<A::Source<'a>, B::Source<'a>>
    where
        Self: 'a;

    fn len(&self) -> usize {
        let both = self.first.len().checked_add(self.second.len());
        both.expect("two chained parallel iterators have more items than a usize can count")
    }

    fn source(&mut self) -> Self::Source<'_> {
        ChainSource { first: Some(self.first.source()), second: Some(self.second.source()) }
    }
}

/// The source of [`Chain`]; a piece of it may lie in one of the two alone.
pub struct ChainSource<P, Q> {
    first: Option<P>,
    second: Option<Q>,
}

fn len_of(source: Option<&impl Source>) -> usize {
    source.map_or(0, Source::len)
}

impl<P: Source, Q: Source<Item = P::Item>> Source for ChainSource<P, Q> {
    type Item = P::Item;

    fn len(&self) -> usize {
        len_of(self.first.as_ref()) + len_of(self.second.as_ref())
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let first_len = len_of(self.first.as_ref());
        if index <= first_len {
            let (left, right) = cut(self.first, index);
            (ChainSource { first: left, second: None }, ChainSource { first: right, ..self })
        } else {
            let (left, right) = cut(self.second, index - first_len);
            (ChainSource { second: left, ..self }, ChainSource { first: None, second: right })
        }
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = P::Item> + ExactSizeIterator {
        let len = self.len();
        let first = self.first.into_iter().flat_map(Source::into_items);
        let second = self.second.into_iter().flat_map(Source::into_items);
        Counted::new(first.chain(second), len)
    }

    fn min_len(&self) -> usize {
        let first = self.first.as_ref().map_or(1, Source::min_len);
        first.max(self.second.as_ref().map_or(1, Source::min_len))
    }

    fn max_len(&self) -> usize {
        let first = self.first.as_ref().map_or(usize::MAX, Source::max_len);
        first.min(self.second.as_ref().map_or(usize::MAX, Source::max_len))
    }
}

fn cut<P: Source>(source: Option<P>, index: usize) -> (Option<P>, Option<P>) {
    source.map(|source| source.split_at(index)).unzip()
}
