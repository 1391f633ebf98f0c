//! A word of a command that is executed without a shell, with its replacement strings.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::hole::{Hole, Values, hole_at};
use super::line::Line;

/// A word with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Values are inserted byte for byte.
    Plain(Vec<Part>),
    /// The script of `sh -c`: values are inserted as in a line for the shell.
    Script(Line),
}

/// A part of a plain word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Bytes that stay as they are.
    Literal(Vec<u8>),
    /// A place for a value.
    Hole(Hole),
}

impl Word {
    /// Reads a plain word. `replace` is the string that stands for a whole input.
    pub(crate) fn plain(text: &[u8], replace: &[u8]) -> Word {
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut at = 0;
        while at < text.len() {
            if let Some((hole, length)) = hole_at(&text[at..], replace) {
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(Part::Hole(hole));
                at += length;
            } else {
                literal.push(text[at]);
                at += 1;
            }
        }
        if !literal.is_empty() || parts.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Word::Plain(parts)
    }

    /// The holes of the word, in order.
    pub(crate) fn holes(&self) -> Vec<Hole> {
        match self {
            Word::Script(line) => line.holes().collect(),
            Word::Plain(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    Part::Hole(hole) => Some(*hole),
                    Part::Literal(_) => None,
                })
                .collect(),
        }
    }

    /// The bytes of a word without holes.
    pub(crate) fn literal(&self) -> Option<&[u8]> {
        match self {
            Word::Plain(parts) => match parts.as_slice() {
                [Part::Literal(text)] => Some(text),
                _ => None,
            },
            Word::Script(_) => None,
        }
    }

    /// Appends the word with a job's values in it: one argument, or several where a hole has
    /// several values (`x{}y` makes `xa` and `by` of `a` and `b`), or none where the word is
    /// nothing but holes without a value.
    pub(crate) fn render_into(&self, out: &mut Vec<OsString>, values: Values<'_>) {
        let parts = match self {
            Word::Script(line) => return out.push(OsString::from_vec(line.render(values))),
            Word::Plain(parts) => parts,
        };
        let mut current: Option<Vec<u8>> = None;
        for part in parts {
            match part {
                Part::Literal(text) => current.get_or_insert_default().extend_from_slice(text),
                Part::Hole(hole) => {
                    for (index, value) in hole.fill(values).iter().enumerate() {
                        if index > 0 {
                            out.extend(current.take().map(OsString::from_vec));
                        }
                        current.get_or_insert_default().extend_from_slice(value);
                    }
                }
            }
        }
        out.extend(current.map(OsString::from_vec));
    }
}
