//! The reading of a shell command line: one step per element, with a stack of what is open. It
//! knows no more of the shell than decides how a value may be inserted, and gives up (`lost`)
//! rather than guess.

use super::hole::{Hole, hole_at};
use super::line::{Line, LineError, Piece, Quotes};

/// What the reader is inside of; a stack of these nests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// `( … )` or `$( … )`.
    Paren,
    /// `" … "`.
    Double,
    /// `${ … }`.
    Parameter,
    /// `(( … ))` or `$(( … ))`, with the number of open parentheses.
    Arithmetic(usize),
}

/// The state of one reading.
pub(super) struct Reader<'a> {
    text: &'a [u8],
    replace: &'a [u8],
    at: usize,
    frames: Vec<Frame>,
    pieces: Vec<Piece>,
    literal: Vec<u8>,
    simple: bool,
    /// Whether the next byte starts a word.
    word_start: bool,
    /// Whether the next byte would be read as a part of the name of a variable.
    after_variable: bool,
    /// Whether a here-document starts at the next line end.
    here_document: bool,
    /// Why the context is unknown from here to the end, once it is.
    lost: Option<&'static str>,
    /// Whether a quote or bracket is open that nothing closes.
    unbalanced: bool,
    in_comment: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8], replace: &'a [u8]) -> Self {
        Reader {
            text,
            replace,
            at: 0,
            frames: Vec::new(),
            pieces: Vec::new(),
            literal: Vec::new(),
            simple: true,
            word_start: true,
            after_variable: false,
            here_document: false,
            lost: None,
            unbalanced: false,
            in_comment: false,
        }
    }

    /// Reads the whole line.
    pub(super) fn read(mut self) -> Result<Line, LineError> {
        while self.at < self.text.len() {
            self.step()?;
        }
        Ok(self.finish())
    }

    /// Reads the next element, whatever is open.
    fn step(&mut self) -> Result<(), LineError> {
        if let Some(place) = self.lost {
            return self.number_only(place);
        }
        if self.in_comment {
            self.in_comment = self.text[self.at] != b'\n';
            if self.in_comment {
                return self.number_only("in a comment");
            }
        }
        match self.frames.last() {
            None | Some(Frame::Paren) => self.bare(),
            Some(Frame::Double) => self.double(),
            Some(Frame::Parameter) => self.parameter(),
            Some(Frame::Arithmetic(depth)) => self.arithmetic(*depth),
        }
    }

    /// Outside of quotes.
    fn bare(&mut self) -> Result<(), LineError> {
        if let Some((hole, length)) = self.hole() {
            let next = self.text.get(self.at + length);
            let explicit = self.after_variable || matches!(next, Some(b'<' | b'>'));
            self.place(hole, length, Quotes::None, explicit);
            return Ok(());
        }
        let word_start = std::mem::take(&mut self.word_start);
        self.after_variable = false;
        if word_start && matches!(self.frames.last(), Some(Frame::Paren)) && self.starts_case() {
            self.lost = Some("after `case` within parentheses");
        }
        match self.text[self.at] {
            b'\\' => self.take(2),
            b'\'' => self.single(),
            b'"' => self.open(Frame::Double, 1),
            b'`' => self.backticks()?,
            b'$' => self.dollar()?,
            b'#' if word_start => {
                self.in_comment = true;
                self.take(1);
            }
            byte @ (b'(' | b')') => self.parenthesis(byte),
            byte => self.operator(byte),
        }
        Ok(())
    }

    /// A byte outside of quotes that may end a word or a command.
    fn operator(&mut self, byte: u8) {
        match byte {
            b' ' | b'\t' => self.word_start = true,
            b'\n' => {
                self.word_start = true;
                self.simple = false;
                if self.here_document {
                    self.lost = Some("in a here-document");
                }
            }
            b'|' | b';' => {
                self.word_start = true;
                self.simple = false;
            }
            b'&' => {
                let redirects = matches!(self.text[..self.at].last(), Some(b'<' | b'>'));
                self.word_start = !redirects;
                self.simple &= redirects;
            }
            b'<' if self.text[self.at..].starts_with(b"<<<") => return self.take(3),
            b'<' if self.text[self.at..].starts_with(b"<<") => {
                self.here_document = true;
                self.simple = false;
                return self.take(2);
            }
            _ => {}
        }
        self.take(1);
    }

    /// A parenthesis outside of quotes.
    fn parenthesis(&mut self, byte: u8) {
        self.simple = false;
        self.word_start = true;
        if byte == b')' {
            // A parenthesis that closes nothing ends a pattern of `case`.
            self.frames.pop();
            self.take(1);
        } else if self.text[self.at..].starts_with(b"((") {
            self.open(Frame::Arithmetic(2), 2);
        } else {
            self.open(Frame::Paren, 1);
        }
    }

    /// From a single quote to its partner.
    fn single(&mut self) {
        self.take(1);
        while let Some(&byte) = self.text.get(self.at) {
            if let Some((hole, length)) = self.hole() {
                self.place(hole, length, Quotes::Single, false);
                continue;
            }
            self.take(1);
            if byte == b'\'' {
                return;
            }
        }
        self.unbalanced = true;
    }

    /// Within double quotes.
    fn double(&mut self) -> Result<(), LineError> {
        if let Some((hole, length)) = self.hole() {
            self.place(hole, length, Quotes::Double, false);
            return Ok(());
        }
        match self.text[self.at] {
            b'"' => {
                self.frames.pop();
                self.take(1);
            }
            b'\\' => self.backslash_in_double(),
            b'`' => self.backticks()?,
            b'$' => self.dollar()?,
            _ => self.take(1),
        }
        Ok(())
    }

    /// A backslash within double quotes, where it escapes only a few bytes.
    fn backslash_in_double(&mut self) {
        if matches!(self.text.get(self.at + 1), Some(b'$' | b'`' | b'"' | b'\\' | b'\n')) {
            return self.take(2);
        }
        self.take(1);
        if let Some((hole, length)) = self.hole() {
            self.place(hole, length, Quotes::DoubleAfterBackslash, false);
        }
    }

    /// Whatever starts with a dollar sign, outside of quotes or in double ones.
    fn dollar(&mut self) -> Result<(), LineError> {
        let in_double = self.frames.last() == Some(&Frame::Double);
        let rest = &self.text[self.at + 1..];
        match rest.first() {
            Some(b'(') if rest.starts_with(b"((") => self.open(Frame::Arithmetic(2), 3),
            Some(b'(') => {
                self.open(Frame::Paren, 2);
                self.word_start = true;
            }
            Some(b'{') => self.open(Frame::Parameter, 2),
            Some(b'\'') if !in_double => {
                self.lost = Some("after $'…', which not every shell reads the same way,");
                self.take(1);
            }
            Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'_' => {
                let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_');
                let length = name.count();
                self.take(1 + length);
                self.after_variable = true;
            }
            _ => {
                self.take(1);
                if self.hole().is_some_and(|(hole, _)| hole.is_input()) {
                    return Err(LineError { place: "just after a dollar sign" });
                }
            }
        }
        Ok(())
    }

    /// From a backtick to its partner.
    fn backticks(&mut self) -> Result<(), LineError> {
        self.take(1);
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'\\' => self.take(2),
                b'`' => {
                    self.take(1);
                    return Ok(());
                }
                _ => self.number_only("within backticks (use $(…) instead)")?,
            }
        }
        self.unbalanced = true;
        Ok(())
    }

    /// Within `${…}`.
    fn parameter(&mut self) -> Result<(), LineError> {
        match self.text[self.at] {
            b'}' => {
                self.frames.pop();
                self.take(1);
            }
            b'\\' => self.take(2),
            b'\'' | b'"' | b'`' => {
                self.lost = Some("after quotes within ${…}");
                self.take(1);
            }
            b'$' if self.text[self.at..].starts_with(b"${") => self.open(Frame::Parameter, 2),
            b'$' if self.text[self.at..].starts_with(b"$(") => {
                self.lost = Some("after $(…) within ${…}");
                self.take(1);
            }
            _ => self.number_only("within ${…}")?,
        }
        Ok(())
    }

    /// Within `((…))`, where `depth` parentheses are open.
    fn arithmetic(&mut self, depth: usize) -> Result<(), LineError> {
        let depth = match self.text[self.at] {
            b'(' => depth + 1,
            b')' => depth - 1,
            b'\'' | b'"' | b'`' | b'\\' | b'#' | b'\n' => {
                self.lost = Some("after quotes within ((…))");
                depth
            }
            _ => return self.number_only("within ((…))"),
        };
        self.frames.pop();
        if depth > 0 {
            self.frames.push(Frame::Arithmetic(depth));
        }
        self.take(1);
        Ok(())
    }

    /// Takes one element where an input may not stand but a number may.
    fn number_only(&mut self, place: &'static str) -> Result<(), LineError> {
        match self.hole() {
            Some((hole, _)) if hole.is_input() => Err(LineError { place }),
            Some((hole, length)) => {
                self.place(hole, length, Quotes::NumberOnly, false);
                Ok(())
            }
            None => {
                self.take(1);
                Ok(())
            }
        }
    }

    /// The hole that starts here.
    fn hole(&self) -> Option<(Hole, usize)> {
        hole_at(&self.text[self.at..], self.replace)
    }

    /// Whether the keyword `case` stands here. Its patterns have parentheses without partners.
    fn starts_case(&self) -> bool {
        let rest = self.text[self.at..].strip_prefix(b"case");
        rest.is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'\t' | b'\n')))
    }

    /// Takes a hole.
    fn place(&mut self, hole: Hole, length: usize, quotes: Quotes, explicit: bool) {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.literal)));
        }
        self.pieces.push(Piece::Place { hole, quotes, explicit });
        self.at += length;
        self.word_start = false;
        self.after_variable = false;
    }

    /// Takes the opening of a frame.
    fn open(&mut self, frame: Frame, length: usize) {
        self.take(length);
        self.frames.push(frame);
    }

    /// Takes bytes as they are.
    fn take(&mut self, length: usize) {
        let end = (self.at + length).min(self.text.len());
        self.unbalanced |= self.at + length > end;
        self.literal.extend_from_slice(&self.text[self.at..end]);
        self.at = end;
    }

    fn finish(mut self) -> Line {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Text(self.literal));
        }
        self.unbalanced |= !self.frames.is_empty();
        let no_append = match self.lost {
            Some(_) => Some("its end cannot be read with certainty"),
            None if self.unbalanced => Some("a quote or bracket in it is not closed"),
            None if self.in_comment => Some("it ends in a comment"),
            None if self.here_document => Some("it ends before its here-document"),
            None => None,
        };
        let simple = self.simple && no_append.is_none();
        Line { pieces: self.pieces, simple, no_append }
    }
}
