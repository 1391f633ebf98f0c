//! How parallel iterators work inside: for who writes one.
//!
//! - A **source** is a run of items of known length that can be cut in two anywhere. At last it
//!   becomes a std iterator. Slices, ranges and vectors are sources, and adaptors that need to know
//!   where an item stands (`zip`, `enumerate`, `rev`, `skip` …) are sources around sources.
//! - A **consumer** is what becomes of the items: it turns a whole std iterator into an output, and
//!   merges the outputs of two neighbours. One consumer is shared by all pieces.
//! - A **portion** is what of the consumer belongs to one piece alone: the part of a vector that
//!   the piece fills, or its place in the order. It is cut where the piece is cut.
//!
//! [`drive_source`] brings them together: it cuts source and portion until the pieces are small
//! enough for the machine, by [`join_context`], hands each piece to the
//! consumer, and merges. Since a piece is a std iterator, and most of them go over a slice, the
//! compiler vectorises what it would vectorise in a loop of one thread.
//!
//! A source of one's own needs a length, a cut and an iterator:
//! ```
//! use cortado_par::iter::plumbing::{Consumer, Source, drive_source};
//! use cortado_par::prelude::*;
//!
//! /// The letters from `first` on.
//! struct Letters {
//!     first: u8,
//!     count: usize,
//! }
//!
//! impl Source for Letters {
//!     type Item = char;
//!
//!     fn len(&self) -> usize {
//!         self.count
//!     }
//!
//!     fn split_at(self, index: usize) -> (Letters, Letters) {
//!         let left = Letters { first: self.first, count: index };
//!         (left, Letters { first: self.first + index as u8, count: self.count - index })
//!     }
//!
//!     fn into_items(self) -> impl DoubleEndedIterator<Item = char> + ExactSizeIterator {
//!         (0..self.count).map(move |index| char::from(self.first + index as u8))
//!     }
//! }
//!
//! /// All of them.
//! struct Alphabet;
//!
//! impl ParallelIterator for Alphabet {
//!     type Item = char;
//!
//!     fn drive<C: Consumer<char>>(mut self, consumer: &C, portion: C::Portion) -> C::Output {
//!         drive_source(self.source(), consumer, portion)
//!     }
//!
//!     fn opt_len(&self) -> Option<usize> {
//!         Some(26)
//!     }
//! }
//!
//! impl IndexedParallelIterator for Alphabet {
//!     type Source<'a> = Letters;
//!
//!     fn len(&self) -> usize {
//!         26
//!     }
//!
//!     fn source(&mut self) -> Letters {
//!         Letters { first: b'a', count: 26 }
//!     }
//! }
//!
//! assert_eq!(Alphabet.rev().take(3).collect::<String>(), "zyx");
//! ```

use std::ops::Range;

use super::splitter::{HalvesSplitter, SourceSplitter};
use crate::join_context;

/// What of a [`Consumer`] belongs to one piece of the items, and is cut with it.
pub trait Portion: Send + Sized {
    /// Cuts it where the piece is cut: the left one has `index` items.
    fn split_at(self, index: usize) -> (Self, Self);

    /// Cuts it where nobody knows how many items the left piece has.
    fn split(self) -> (Self, Self);

    /// Where it stands among all portions of the same consumer. What is cut from it lies within;
    /// what is further to the right has the same start or a greater one, and begins where this
    /// ends or behind.
    fn place(&self) -> Range<u64> {
        0..0
    }
}

impl Portion for () {
    fn split_at(self, _: usize) -> ((), ()) {
        ((), ())
    }

    fn split(self) -> ((), ()) {
        ((), ())
    }
}

/// What becomes of the items. See the [module](self).
pub trait Consumer<T>: Sync {
    /// What belongs to one piece alone; mostly nothing: `()`.
    type Portion: Portion;

    /// What a piece gives.
    type Output: Send;

    /// Whether it may ever be [`full`](Self::full). Where not, nobody asks.
    const STOPS: bool = false;

    /// Consumes the items of one piece.
    fn run<I: Iterator<Item = T>>(&self, portion: Self::Portion, items: I) -> Self::Output;

    /// The same of a piece that can still be cut, for who wants the items in blocks. Not called of a
    /// consumer that [`STOPS`](Self::STOPS).
    fn run_source<S: Source<Item = T>>(&self, portion: Self::Portion, source: S) -> Self::Output {
        self.run(portion, source.into_items())
    }

    /// Makes one output of those of two neighbours, the left one first.
    fn merge(&self, left: Self::Output, right: Self::Output) -> Self::Output;

    /// Whether it needs no further items from this [place](Portion::place). It is asked before each
    /// item.
    fn full(&self, place: &Range<u64>) -> bool {
        let _ = place;
        false
    }
}

/// A run of items of known length, that can be cut anywhere. See the [module](self).
///
/// Nothing relies on the length for memory safety: a source that lies gives wrong results or
/// panics.
#[expect(clippy::len_without_is_empty, reason = "an empty source is never told apart")]
pub trait Source: Send + Sized {
    /// What it gives.
    type Item: Send;

    /// Whether a cut costs next to nothing, so that a piece may be cut every few items.
    const CHEAP_TO_CUT: bool = false;

    /// How many items there are.
    fn len(&self) -> usize;

    /// Cuts it: the left one has `index` items, the right one the others. `index` is at most the
    /// length.
    fn split_at(self, index: usize) -> (Self, Self);

    /// The items as a std iterator.
    fn into_items(self) -> impl DoubleEndedIterator<Item = Self::Item> + ExactSizeIterator;

    /// A piece of fewer items than twice this is not cut.
    fn min_len(&self) -> usize {
        1
    }

    /// A piece of more items than this is cut, where [`min_len`](Self::min_len) lets it.
    fn max_len(&self) -> usize {
        usize::MAX
    }
}

/// A run of items that can be halved, without knowing how many there are. See
/// [`drive_halves`].
pub trait Halves: Send + Sized {
    /// What it gives.
    type Item: Send;

    /// Cuts it roughly in the middle, or gives it back where it is too small.
    fn halve(self) -> (Self, Option<Self>);

    /// The items as a std iterator.
    fn into_items(self) -> impl Iterator<Item = Self::Item>;
}

/// Hands the items of `source` to `consumer`, in as many pieces as the machine has use for.
pub fn drive_source<S: Source, C: Consumer<S::Item>>(
    source: S,
    consumer: &C,
    portion: C::Portion,
) -> C::Output {
    let splitter = SourceSplitter::new(&source);
    pieces_of_source(source, consumer, portion, splitter, false)
}

fn pieces_of_source<S: Source, C: Consumer<S::Item>>(
    source: S,
    consumer: &C,
    portion: C::Portion,
    mut splitter: SourceSplitter,
    migrated: bool,
) -> C::Output {
    let len = source.len();
    if is_full(consumer, &portion) {
        return consumer.run(portion, std::iter::empty());
    }
    if !splitter.splits(len, migrated) {
        return if C::STOPS {
            run_until_full(consumer, portion, source.into_items())
        } else {
            consumer.run_source(portion, source)
        };
    }
    let middle = len / 2;
    let (left, right) = source.split_at(middle);
    let (left_portion, right_portion) = portion.split_at(middle);
    let (left, right) = join_context(
        move |context| pieces_of_source(left, consumer, left_portion, splitter, context.migrated()),
        move |context| {
            pieces_of_source(right, consumer, right_portion, splitter, context.migrated())
        },
    );
    consumer.merge(left, right)
}

/// The same for items whose number is not known.
pub fn drive_halves<H: Halves, C: Consumer<H::Item>>(
    halves: H,
    consumer: &C,
    portion: C::Portion,
) -> C::Output {
    pieces_of_halves(halves, consumer, portion, HalvesSplitter::new(), false)
}

fn pieces_of_halves<H: Halves, C: Consumer<H::Item>>(
    halves: H,
    consumer: &C,
    portion: C::Portion,
    mut splitter: HalvesSplitter,
    migrated: bool,
) -> C::Output {
    if is_full(consumer, &portion) {
        return consumer.run(portion, std::iter::empty());
    }
    if !splitter.splits(migrated) {
        return run_until_full(consumer, portion, halves.into_items());
    }
    let (left, right) = match halves.halve() {
        (left, Some(right)) => (left, right),
        (whole, None) => return run_until_full(consumer, portion, whole.into_items()),
    };
    let (left_portion, right_portion) = portion.split();
    let (left, right) = join_context(
        move |context| pieces_of_halves(left, consumer, left_portion, splitter, context.migrated()),
        move |context| {
            pieces_of_halves(right, consumer, right_portion, splitter, context.migrated())
        },
    );
    consumer.merge(left, right)
}

fn is_full<T, C: Consumer<T>>(consumer: &C, portion: &C::Portion) -> bool {
    C::STOPS && consumer.full(&portion.place())
}

/// Hands a piece that is not cut any further to the consumer, and stops where that one is full.
/// It is looked at here, before the adaptors: a filter that lets nothing pass stops as well.
fn run_until_full<T, C: Consumer<T>>(
    consumer: &C,
    portion: C::Portion,
    items: impl Iterator<Item = T>,
) -> C::Output {
    if !C::STOPS {
        return consumer.run(portion, items);
    }
    let place = portion.place();
    consumer.run(portion, items.take_while(move |_| !consumer.full(&place)))
}
