//! Ranges of integers and of characters.
//!
//! Those of integers with up to 32 bits or of pointer size are indexed. The others are not, since
//! their length may be no `usize`; where it is one, they are as fast and collect in place as well.
//! An inclusive range is a range with one more item, chained where that one is the greatest number.

use std::ops::{Range, RangeInclusive};

use super::OptionIter;
use crate::iter::adapt::{Chain, drive_by_source};
use crate::iter::plumbing::{Consumer, Halves, Source, drive_halves, drive_source};
use crate::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

/// The numbers of a range, or its characters.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct RangeIter<T> {
    range: Range<T>,
}

impl<T> IntoParallelIterator for Range<T>
where
    RangeIter<T>: ParallelIterator,
{
    type Iter = RangeIter<T>;
    type Item = <RangeIter<T> as ParallelIterator>::Item;

    fn into_par_iter(self) -> RangeIter<T> {
        RangeIter { range: self }
    }
}

/// The source of [`RangeIter`].
pub struct RangeSource<T> {
    range: Range<T>,
}

macro_rules! indexed_range {
    ($($integer:ty)*) => {$(
        drive_by_source!([] RangeIter<$integer>, $integer);

        impl IndexedParallelIterator for RangeIter<$integer> {
            type Source<'a> = RangeSource<$integer>;

            fn len(&self) -> usize {
                self.range.len()
            }

            fn source(&mut self) -> RangeSource<$integer> {
                RangeSource { range: self.range.clone() }
            }
        }

        impl Source for RangeSource<$integer> {
            type Item = $integer;

            fn len(&self) -> usize {
                self.range.len()
            }

            fn split_at(self, index: usize) -> (Self, Self) {
                // Wrapping, since a distance within a signed range may be no signed number.
                let middle = self.range.start.wrapping_add(index as $integer);
                let Range { start, end } = self.range;
                (RangeSource { range: start..middle }, RangeSource { range: middle..end })
            }

            fn into_items(self) -> impl DoubleEndedIterator<Item = $integer> + ExactSizeIterator {
                self.range
            }
        }
    )*};
}

indexed_range! { u8 u16 u32 usize i8 i16 i32 isize }

/// A wide range whose length is a `usize`.
struct WideSource<T> {
    start: T,
    len: usize,
}

macro_rules! wide_range {
    ($($integer:ty as $unsigned:ty,)*) => {$(
        impl ParallelIterator for RangeIter<$integer> {
            type Item = $integer;

            fn drive<C: Consumer<$integer>>(self, consumer: &C, portion: C::Portion) -> C::Output {
                match self.opt_len() {
                    Some(len) => {
                        let source = WideSource { start: self.range.start, len };
                        drive_source(source, consumer, portion)
                    }
                    None => drive_halves(RangeSource { range: self.range }, consumer, portion),
                }
            }

            fn opt_len(&self) -> Option<usize> {
                let Range { start, end } = self.range;
                if start >= end {
                    return Some(0);
                }
                usize::try_from(end.wrapping_sub(start) as $unsigned).ok()
            }
        }

        impl Source for WideSource<$integer> {
            type Item = $integer;

            fn len(&self) -> usize {
                self.len
            }

            fn split_at(self, index: usize) -> (Self, Self) {
                let middle = self.start.wrapping_add(index as $integer);
                let right = WideSource { start: middle, len: self.len - index };
                (WideSource { start: self.start, len: index }, right)
            }

            fn into_items(self) -> impl DoubleEndedIterator<Item = $integer> + ExactSizeIterator {
                (0..self.len).map(move |index| self.start.wrapping_add(index as $integer))
            }
        }

        impl Halves for RangeSource<$integer> {
            type Item = $integer;

            fn halve(self) -> (Self, Option<Self>) {
                let Range { start, end } = self.range;
                let distance = end.wrapping_sub(start) as $unsigned;
                let middle = start.wrapping_add((distance / 2) as $integer);
                (RangeSource { range: start..middle }, Some(RangeSource { range: middle..end }))
            }

            fn into_items(self) -> impl Iterator<Item = $integer> {
                self.range
            }
        }
    )*};
}

wide_range! { u64 as u64, i64 as u64, u128 as u128, i128 as u128, }

/// How many characters are there that are no characters: the surrogates.
const SURROGATES: u32 = 0x800;

/// The first character behind them.
const AFTER_SURROGATES: u32 = 0xE000;

/// The characters without a gap.
fn ordinal(character: char) -> u32 {
    let number = u32::from(character);
    if number >= AFTER_SURROGATES { number - SURROGATES } else { number }
}

fn from_ordinal(ordinal: u32) -> char {
    let number =
        if ordinal >= AFTER_SURROGATES - SURROGATES { ordinal + SURROGATES } else { ordinal };
    char::from_u32(number).expect("every number outside of the gap is a character")
}

drive_by_source!([] RangeIter<char>, char);

impl IndexedParallelIterator for RangeIter<char> {
    type Source<'a> = CharSource;

    fn len(&self) -> usize {
        (ordinal(self.range.start)..ordinal(self.range.end)).len()
    }

    fn source(&mut self) -> CharSource {
        CharSource { ordinals: ordinal(self.range.start)..ordinal(self.range.end) }
    }
}

/// The source of a range of characters.
pub struct CharSource {
    ordinals: Range<u32>,
}

impl Source for CharSource {
    type Item = char;

    fn len(&self) -> usize {
        self.ordinals.len()
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let Range { start, end } = self.ordinals;
        let middle = start + index as u32;
        (CharSource { ordinals: start..middle }, CharSource { ordinals: middle..end })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = char> + ExactSizeIterator {
        self.ordinals.map(from_ordinal)
    }
}

macro_rules! inclusive_range {
    ($($number:ty, |$end:ident| $next:expr;)*) => {$(
        impl IntoParallelIterator for RangeInclusive<$number> {
            type Iter = Chain<RangeIter<$number>, OptionIter<$number>>;
            type Item = $number;

            fn into_par_iter(self) -> Self::Iter {
                let is_empty = self.is_empty();
                let (start, $end) = self.into_inner();
                let (range, last) = match $next {
                    _ if is_empty => (start..start, None),
                    Some(next) => (start..next, None),
                    None => (start..$end, Some($end)),
                };
                range.into_par_iter().chain(last)
            }
        }
    )*};
}

inclusive_range! {
    u8, |end| end.checked_add(1);
    u16, |end| end.checked_add(1);
    u32, |end| end.checked_add(1);
    u64, |end| end.checked_add(1);
    u128, |end| end.checked_add(1);
    usize, |end| end.checked_add(1);
    i8, |end| end.checked_add(1);
    i16, |end| end.checked_add(1);
    i32, |end| end.checked_add(1);
    i64, |end| end.checked_add(1);
    i128, |end| end.checked_add(1);
    isize, |end| end.checked_add(1);
    char, |end| (end < char::MAX).then(|| from_ordinal(ordinal(end) + 1));
}
