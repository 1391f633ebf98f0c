//! Items of two iterators in turn.

use super::drive_by_source;
use crate::iter::IndexedParallelIterator;
use crate::iter::counted::Counted;
use crate::iter::plumbing::Source;

/// What [`interleave`](IndexedParallelIterator::interleave) and
/// [`interleave_shortest`](IndexedParallelIterator::interleave_shortest) give.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Interleave<A, B> {
    pub(crate) first: A,
    pub(crate) second: B,
}

drive_by_source!(
    [A: IndexedParallelIterator, B: IndexedParallelIterator<Item = A::Item>] Interleave<A, B>,
    A::Item
);

impl<A, B> IndexedParallelIterator for Interleave<A, B>
where
    A: IndexedParallelIterator,
    B: IndexedParallelIterator<Item = A::Item>,
{
    type Source<'a>
        = InterleaveSource<A::Source<'a>, B::Source<'a>>
    where
        Self: 'a;

    fn len(&self) -> usize {
        let both = self.first.len().checked_add(self.second.len());
        both.expect("two interleaved parallel iterators have more items than a usize can count")
    }

    fn source(&mut self) -> Self::Source<'_> {
        let (first, second) = (self.first.source(), self.second.source());
        InterleaveSource { first, second, second_is_next: false }
    }
}

/// The source of [`Interleave`].
pub struct InterleaveSource<P, Q> {
    first: P,
    second: Q,
    second_is_next: bool,
}

impl<P: Source, Q: Source<Item = P::Item>> Source for InterleaveSource<P, Q> {
    type Item = P::Item;

    fn len(&self) -> usize {
        self.first.len() + self.second.len()
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let (first_len, second_len) = (self.first.len(), self.second.len());
        // In turn as long as both have items: whose turn it is gets the odd one.
        let (mut of_first, mut of_second) = (index / 2, index / 2);
        let odd = index % 2;
        if self.second_is_next {
            of_second += odd
        } else {
            of_first += odd
        }
        // Where one is used up, the other one gives the rest.
        if of_first > first_len {
            (of_first, of_second) = (first_len, index - first_len);
        } else if of_second > second_len {
            (of_first, of_second) = (index - second_len, second_len);
        }
        let (first, second) = (self.first.split_at(of_first), self.second.split_at(of_second));
        let turn = self.second_is_next;
        (
            InterleaveSource { first: first.0, second: second.0, second_is_next: turn },
            InterleaveSource {
                first: first.1,
                second: second.1,
                second_is_next: turn != (odd == 1),
            },
        )
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = P::Item> + ExactSizeIterator {
        let len = self.len();
        let (first, second) = (self.first.into_items(), self.second.into_items());
        Counted::new(InTurn { first, second, second_is_next: self.second_is_next }, len)
    }

    fn min_len(&self) -> usize {
        self.first.min_len().max(self.second.min_len())
    }

    fn max_len(&self) -> usize {
        self.first.max_len().min(self.second.max_len())
    }
}

/// The items of a piece.
struct InTurn<A, B> {
    first: A,
    second: B,
    second_is_next: bool,
}

impl<A: Iterator, B: Iterator<Item = A::Item>> Iterator for InTurn<A, B> {
    type Item = A::Item;

    fn next(&mut self) -> Option<A::Item> {
        let second = self.second_is_next;
        self.second_is_next = !second;
        if second {
            self.second.next().or_else(|| self.first.next())
        } else {
            self.first.next().or_else(|| self.second.next())
        }
    }
}

impl<A, B> DoubleEndedIterator for InTurn<A, B>
where
    A: DoubleEndedIterator + ExactSizeIterator,
    B: DoubleEndedIterator<Item = A::Item> + ExactSizeIterator,
{
    fn next_back(&mut self) -> Option<A::Item> {
        let (first_len, second_len) = (self.first.len(), self.second.len());
        // Of the longer one, its surplus comes last. Where both are as long, the last one is whose
        // turn it is not.
        let last_is_second = match first_len.cmp(&second_len) {
            std::cmp::Ordering::Equal => !self.second_is_next,
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
        };
        if last_is_second { self.second.next_back() } else { self.first.next_back() }
    }
}
