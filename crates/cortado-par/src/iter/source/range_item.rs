//! What ranges are of: integers and characters, and how far they are from each other.

use std::ops::Range;

/// An item of a range. It cannot be implemented outside.
pub trait RangeItem: Copy + PartialOrd + Send + Sync {
    /// How many items a range has, if that is a `usize`.
    fn distance(range: &Range<Self>) -> Option<usize>;

    /// The item that many places behind this one, within the range.
    fn plus(self, count: usize) -> Self;

    /// The next item, unless this is the greatest of all.
    fn after(self) -> Option<Self>;

    /// The item in the middle of a range that is not empty.
    fn middle(range: &Range<Self>) -> Self;

    /// The items of a range.
    fn items(range: Range<Self>) -> impl Iterator<Item = Self>;

    /// The items of a range, of which there are `len`.
    fn counted_items(
        range: Range<Self>,
        len: usize,
    ) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator;
}

/// An item whose ranges all have a length that is a `usize`.
pub trait IndexedRangeItem: RangeItem {}

macro_rules! integers {
    ($($integer:ty as $unsigned:ty, |$range:ident, $len:ident| $items:expr;)*) => {$(
        impl RangeItem for $integer {
            fn distance(range: &Range<Self>) -> Option<usize> {
                if range.is_empty() {
                    return Some(0);
                }
                // As if unsigned, since a distance between signed numbers may be no signed one.
                usize::try_from(range.end.wrapping_sub(range.start) as $unsigned).ok()
            }

            fn plus(self, count: usize) -> Self {
                self.wrapping_add(count as Self)
            }

            fn after(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn middle(range: &Range<Self>) -> Self {
                let half = range.end.wrapping_sub(range.start) as $unsigned / 2;
                range.start.wrapping_add(half as Self)
            }

            fn items(range: Range<Self>) -> impl Iterator<Item = Self> {
                range
            }

            fn counted_items(
                $range: Range<Self>,
                $len: usize,
            ) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
                debug_assert_eq!(Self::distance(&$range), Some($len));
                $items
            }
        }
    )*};
}

// std's own ranges where they say their length, since the compiler knows them best.
integers! {
    u8 as u8, |range, len| range;
    u16 as u16, |range, len| range;
    u32 as u32, |range, len| range;
    usize as usize, |range, len| range;
    i8 as u8, |range, len| range;
    i16 as u16, |range, len| range;
    i32 as u32, |range, len| range;
    isize as usize, |range, len| range;
    u64 as u64, |range, len| (0..len).map(move |index| range.start.plus(index));
    i64 as u64, |range, len| (0..len).map(move |index| range.start.plus(index));
    u128 as u128, |range, len| (0..len).map(move |index| range.start.plus(index));
    i128 as u128, |range, len| (0..len).map(move |index| range.start.plus(index));
}

macro_rules! indexed {
    ($($item:ty)*) => {$(
        impl IndexedRangeItem for $item {}
    )*};
}

indexed! { u8 u16 u32 usize i8 i16 i32 isize char }

/// How many numbers among the characters' are no characters: the surrogates.
const SURROGATES: u32 = 0x800;

/// The first character behind them.
const AFTER_SURROGATES: u32 = 0xE000;

/// The number of a character if there were no gap.
fn ordinal(character: char) -> u32 {
    let number = u32::from(character);
    if number >= AFTER_SURROGATES { number - SURROGATES } else { number }
}

fn from_ordinal(ordinal: u32) -> char {
    let gap = if ordinal >= AFTER_SURROGATES - SURROGATES { SURROGATES } else { 0 };
    char::from_u32(ordinal + gap).expect("every number outside of the gap is a character")
}

impl RangeItem for char {
    fn distance(range: &Range<char>) -> Option<usize> {
        Some((ordinal(range.start)..ordinal(range.end)).len())
    }

    fn plus(self, count: usize) -> char {
        from_ordinal(ordinal(self) + count as u32)
    }

    fn after(self) -> Option<char> {
        (self < char::MAX).then(|| self.plus(1))
    }

    fn middle(range: &Range<char>) -> char {
        range.start.plus((ordinal(range.end) - ordinal(range.start)) as usize / 2)
    }

    fn items(range: Range<char>) -> impl Iterator<Item = char> {
        range
    }

    fn counted_items(
        range: Range<char>,
        _: usize,
    ) -> impl DoubleEndedIterator<Item = char> + ExactSizeIterator {
        (ordinal(range.start)..ordinal(range.end)).map(from_ordinal)
    }
}
