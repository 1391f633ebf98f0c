//! Parallel iterators over the parts of a string: [`ParallelString`].
//!
//! Where a string is cut is found by looking from its middle on, so nobody knows how many parts
//! there are before they are made: these iterators are not indexed.

use crate::iter::plumbing::{Consumer, Halves, drive_halves};
use crate::iter::{Copied, IntoParallelRefIterator, ParallelIterator};
use crate::slice;

/// Parts of a string, in parallel.
pub trait ParallelString {
    /// The string.
    fn as_parallel_string(&self) -> &str;

    /// The characters.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!("Tür".par_chars().filter(|letter| letter.is_ascii()).collect::<String>(), "Tr");
    /// ```
    fn par_chars(&self) -> Chars<'_> {
        Chars { text: self.as_parallel_string() }
    }

    /// The characters, each with the byte where it begins.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let places: Vec<_> = "Tür".par_char_indices().collect();
    /// assert_eq!(places, [(0, 'T'), (1, 'ü'), (3, 'r')]);
    /// ```
    fn par_char_indices(&self) -> CharIndices<'_> {
        CharIndices { text: self.as_parallel_string() }
    }

    /// The bytes.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!("a b c".par_bytes().filter(|byte| *byte == b' ').count(), 2);
    /// ```
    fn par_bytes(&self) -> Copied<slice::Iter<'_, u8>> {
        self.as_parallel_string().as_bytes().par_iter().copied()
    }

    /// The lines, without their ends: `\n` or `\r\n`.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!("one\ntwo\r\n".par_lines().collect::<Vec<_>>(), ["one", "two"]);
    /// ```
    fn par_lines(&self) -> Lines<'_> {
        Lines { text: self.as_parallel_string() }
    }

    /// The words between white space.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!(" one  two\n".par_split_whitespace().collect::<Vec<_>>(), ["one", "two"]);
    /// ```
    fn par_split_whitespace(&self) -> SplitWhitespace<'_> {
        SplitWhitespace { text: self.as_parallel_string() }
    }

    /// The words between ASCII white space.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!(" one  two\n".par_split_ascii_whitespace().count(), 2);
    /// ```
    fn par_split_ascii_whitespace(&self) -> SplitAsciiWhitespace<'_> {
        SplitAsciiWhitespace { text: self.as_parallel_string() }
    }

    /// The parts between the characters that `separator` accepts, without these: a character, a
    /// slice or array of characters, or a function.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!("1,2,,3".par_split(',').collect::<Vec<_>>(), ["1", "2", "", "3"]);
    /// assert_eq!("1,2;3".par_split([',', ';']).count(), 3);
    /// ```
    fn par_split<P: Separator>(&self, separator: P) -> Split<'_, P> {
        Split { text: self.as_parallel_string(), separator }
    }
}

impl ParallelString for str {
    fn as_parallel_string(&self) -> &str {
        self
    }
}

/// What separates parts of a string: single characters.
///
/// # Examples
/// ```
/// use cortado_par::prelude::*;
///
/// assert_eq!("a1b2c".par_split(|letter: char| letter.is_numeric()).collect::<String>(), "abc");
/// ```
pub trait Separator: Send + Sync {
    /// Whether this character separates.
    fn accepts(&self, character: char) -> bool;
}

impl Separator for char {
    fn accepts(&self, character: char) -> bool {
        *self == character
    }
}

impl Separator for &[char] {
    fn accepts(&self, character: char) -> bool {
        self.contains(&character)
    }
}

impl<const N: usize> Separator for [char; N] {
    fn accepts(&self, character: char) -> bool {
        self.contains(&character)
    }
}

impl<F: Fn(char) -> bool + Send + Sync> Separator for F {
    fn accepts(&self, character: char) -> bool {
        self(character)
    }
}

/// The byte at or behind the middle where a character begins.
fn middle_of(text: &str) -> usize {
    text.ceil_char_boundary(text.len() / 2)
}

/// Where the first character from the middle on begins that is accepted, or else the last one
/// before it, and its length in bytes.
fn near_middle(text: &str, accepts: impl Fn(char) -> bool) -> Option<(usize, usize)> {
    let middle = middle_of(text);
    let (left, right) = text.split_at(middle);
    let behind = right.find(&accepts).map(|at| middle + at);
    let at = behind.or_else(|| left.rfind(&accepts))?;
    let len = text[at..].chars().next().map_or(0, char::len_utf8);
    Some((at, len))
}

/// One kind of iterator over a string: what it gives, how its text is halved, and the std iterator
/// of a piece.
macro_rules! parts {
    (
        $(#[$doc:meta])*
        $name:ident, $item:ty, |$text:ident| $halve:expr, |$whole:ident| $items:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "a parallel iterator does nothing until it is consumed"]
        pub struct $name<'a> {
            text: &'a str,
        }

        impl<'a> ParallelIterator for $name<'a> {
            type Item = $item;

            fn drive<C: Consumer<$item>>(self, consumer: &C, portion: C::Portion) -> C::Output {
                drive_halves(self, consumer, portion)
            }
        }

        impl<'a> Halves for $name<'a> {
            type Item = $item;

            fn halve(self) -> (Self, Option<Self>) {
                let $text = self.text;
                match $halve {
                    Some((left, right)) => ($name { text: left }, Some($name { text: right })),
                    None => (self, None),
                }
            }

            fn into_items(self) -> impl Iterator<Item = $item> {
                let $whole = self.text;
                $items
            }
        }
    };
}

/// The text without the accepted character near its middle.
fn halved_around(text: &str, accepts: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let (at, len) = near_middle(text, accepts)?;
    Some((&text[..at], &text[at + len..]))
}

/// The text cut at its middle, unless it is too short for that.
fn halved(text: &str) -> Option<(&str, &str)> {
    let middle = middle_of(text);
    (0 < middle && middle < text.len()).then(|| text.split_at(middle))
}

/// The text cut behind a line that ends near its middle.
fn halved_behind_line(text: &str) -> Option<(&str, &str)> {
    let (at, len) = near_middle(text, |character| character == '\n')?;
    Some(text.split_at(at + len))
}

parts! {
    /// What [`par_chars`](ParallelString::par_chars) gives.
    Chars, char, |text| halved(text), |text| text.chars()
}

parts! {
    /// What [`par_lines`](ParallelString::par_lines) gives.
    Lines, &'a str, |text| halved_behind_line(text), |text| text.lines()
}

parts! {
    /// What [`par_split_whitespace`](ParallelString::par_split_whitespace) gives.
    SplitWhitespace, &'a str,
    |text| halved_around(text, char::is_whitespace),
    |text| text.split_whitespace()
}

parts! {
    /// What [`par_split_ascii_whitespace`](ParallelString::par_split_ascii_whitespace) gives.
    SplitAsciiWhitespace, &'a str,
    |text| halved_around(text, |character| character.is_ascii_whitespace()),
    |text| text.split_ascii_whitespace()
}

/// What [`par_char_indices`](ParallelString::par_char_indices) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct CharIndices<'a> {
    text: &'a str,
}

impl ParallelIterator for CharIndices<'_> {
    type Item = (usize, char);

    fn drive<C: Consumer<(usize, char)>>(self, consumer: &C, portion: C::Portion) -> C::Output {
        drive_halves(CharIndicesHalves { text: self.text, start: 0 }, consumer, portion)
    }
}

struct CharIndicesHalves<'a> {
    text: &'a str,
    /// Where the text begins in the whole one.
    start: usize,
}

impl Halves for CharIndicesHalves<'_> {
    type Item = (usize, char);

    fn halve(self) -> (Self, Option<Self>) {
        let start = self.start;
        match halved(self.text) {
            None => (self, None),
            Some((left, right)) => {
                let right = CharIndicesHalves { text: right, start: start + left.len() };
                (CharIndicesHalves { text: left, start }, Some(right))
            }
        }
    }

    fn into_items(self) -> impl Iterator<Item = (usize, char)> {
        let start = self.start;
        self.text.char_indices().map(move |(at, character)| (start + at, character))
    }
}

/// What [`par_split`](ParallelString::par_split) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct Split<'a, P> {
    text: &'a str,
    separator: P,
}

impl<'a, P: Separator> ParallelIterator for Split<'a, P> {
    type Item = &'a str;

    fn drive<C: Consumer<&'a str>>(self, consumer: &C, portion: C::Portion) -> C::Output {
        let halves = SplitHalves { text: self.text, separator: &self.separator };
        drive_halves(halves, consumer, portion)
    }
}

struct SplitHalves<'a, 'p, P> {
    text: &'a str,
    separator: &'p P,
}

impl<'a, P: Separator> Halves for SplitHalves<'a, '_, P> {
    type Item = &'a str;

    fn halve(self) -> (Self, Option<Self>) {
        let separator = self.separator;
        match halved_around(self.text, |character| separator.accepts(character)) {
            None => (self, None),
            Some((left, right)) => (
                SplitHalves { text: left, separator },
                Some(SplitHalves { text: right, separator }),
            ),
        }
    }

    fn into_items(self) -> impl Iterator<Item = &'a str> {
        self.text.split(move |character| self.separator.accepts(character))
    }
}
