//! Reads a shell command line as far as safe insertion needs: where the replacement strings
//! stand, within which quotes, and whether the line is one simple command. It is no shell parser:
//! where it cannot be sure how the shell will read a place, a replacement string there is refused,
//! because a value that is quoted for the wrong context could be run as code.
//!
//! A value is inserted so that the shell reads it as data in each context:
//! - outside quotes as a quoted word;
//! - within single or double quotes by closing them, inserting the quoted value and opening them
//!   again, which leaves it a part of the same word;
//! - not at all within backticks, `${…}`, `$((…))`, comments and here-documents, whose further
//!   rounds of expansion no quoting survives in every shell.
//!
//! The two numbers that cortado itself counts, `{#}` and `{%}`, are harmless everywhere.

use super::hole::{Hole, Values};
use super::quote::{push_in_quotes, push_quoted};
use super::reader::Reader;

/// A command line for the shell, cut at its holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(super) pieces: Vec<Piece>,
    /// Whether the line is one simple command, so that the shell can become it by `exec`.
    pub(crate) simple: bool,
    /// Why no input can be appended to the line, if none can.
    pub(crate) no_append: Option<&'static str>,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text that the shell gets as it is.
    Text(Vec<u8>),
    /// A place for a value.
    Place { hole: Hole, quotes: Quotes, explicit: bool },
}

/// The quotes that are open at a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    None,
    Single,
    Double,
    /// Within double quotes, just after a backslash, which must stay a backslash when the quotes
    /// close behind it.
    DoubleAfterBackslash,
    /// A place where only a number may stand.
    NumberOnly,
}

/// A line with a replacement string where no value can be inserted safely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineError {
    /// The place, in words.
    pub(super) place: &'static str,
}

impl std::fmt::Display for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "a replacement string {} cannot be filled in safely; assign it to a variable first, \
             as in  x={{}}; … \"$x\" …",
            self.place
        )
    }
}

impl Line {
    /// Reads a command line. `replace` is the string that stands for a whole input.
    pub(crate) fn read(text: &[u8], replace: &[u8]) -> Result<Line, LineError> {
        Reader::new(text, replace).read()
    }

    /// The holes of the line, in order.
    pub(crate) fn holes(&self) -> impl Iterator<Item = Hole> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Place { hole, .. } => Some(*hole),
            Piece::Text(_) => None,
        })
    }

    /// The line with a job's values in it.
    pub(crate) fn render(&self, values: Values<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Place { hole, quotes, explicit } => {
                    quotes.insert(&mut out, *hole, *explicit, values);
                }
            }
        }
        out
    }
}

impl Quotes {
    /// Appends a hole's values so that they are data within these quotes. `explicit` asks for
    /// quotes also around a value that would not need them.
    fn insert(self, out: &mut Vec<u8>, hole: Hole, explicit: bool, values: Values<'_>) {
        let (close, open, separator): (&[u8], &[u8], &[u8]) = match self {
            Quotes::None | Quotes::NumberOnly => (b"", b"", b" "),
            Quotes::Single => (b"'", b"'", b"' '"),
            Quotes::Double => (b"\"", b"\"", b"' '"),
            Quotes::DoubleAfterBackslash => (b"\\\"", b"\"", b"' '"),
        };
        out.extend_from_slice(close);
        for (index, value) in hole.fill(values).iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(separator);
            }
            if explicit {
                push_in_quotes(out, value);
            } else {
                push_quoted(out, value);
            }
        }
        out.extend_from_slice(open);
    }
}
