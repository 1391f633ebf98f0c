//! Cuts a stream of bytes into blocks at line ends, one block per job (`--pipe`).
//!
//! A block is as long as the whole lines that fit into the block size. A line that is longer than
//! that is never cut: its block grows up to the end of the line. What is held at a time is therefore
//! one block size or the longest line, whichever is more, and one read of 64 KiB (twice that while
//! the buffer grows); with a number of lines per block, it is those lines.

use std::io::{self, Read};

/// How much is asked for in one read, in bytes: what a pipe holds on Linux by default (pipe(7)).
const READ_SIZE: usize = 1 << 16;

/// The standard input of one job: whole lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block(pub(crate) Vec<u8>);

/// Where a block ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockSize {
    /// At the last line end within this many bytes.
    Bytes(usize),
    /// After this many lines.
    Lines(usize),
}

/// A stream of blocks.
pub(crate) struct Blocks {
    reader: Box<dyn Read + Send>,
    size: BlockSize,
    delimiter: u8,
    /// What has been read and belongs to later blocks.
    rest: Vec<u8>,
    at_end: bool,
}

impl Blocks {
    /// Blocks of what `reader` gives, cut after `delimiter`.
    pub(crate) fn new(reader: Box<dyn Read + Send>, size: BlockSize, delimiter: u8) -> Blocks {
        Blocks { reader, size, delimiter, rest: Vec::new(), at_end: false }
    }

    /// The next block.
    pub(crate) fn next_block(&mut self) -> io::Result<Option<Block>> {
        let end = match self.size {
            BlockSize::Bytes(bytes) => self.end_by_bytes(bytes.max(1))?,
            BlockSize::Lines(lines) => self.end_by_lines(lines.max(1))?,
        };
        if end == 0 {
            return Ok(None);
        }
        let rest = self.rest.split_off(end);
        Ok(Some(Block(std::mem::replace(&mut self.rest, rest))))
    }

    /// Reads until a block of about `bytes` is there; the place of its end.
    fn end_by_bytes(&mut self, bytes: usize) -> io::Result<usize> {
        while self.rest.len() < bytes && self.read_more(bytes - self.rest.len())? {}
        if self.rest.len() <= bytes && self.at_end {
            return Ok(self.rest.len());
        }
        let limit = bytes.min(self.rest.len());
        if let Some(last) = self.rest[..limit].iter().rposition(|byte| *byte == self.delimiter) {
            return Ok(last + 1);
        }
        self.nth_line_end(limit, 1)
    }

    /// Reads until a block of `lines` lines is there; the place of its end.
    fn end_by_lines(&mut self, lines: usize) -> io::Result<usize> {
        self.nth_line_end(0, lines)
    }

    /// The place after the `count`th line end from `from` on, or the end of the input.
    fn nth_line_end(&mut self, from: usize, count: usize) -> io::Result<usize> {
        let mut searched = from;
        let mut missing = count;
        loop {
            let unread = self.rest[searched..].iter().enumerate();
            let mut ends = unread.filter(|(_, byte)| **byte == self.delimiter);
            match ends.nth(missing - 1) {
                Some((index, _)) => return Ok(searched + index + 1),
                None => {
                    let found = &self.rest[searched..];
                    missing -= found.iter().filter(|byte| **byte == self.delimiter).count();
                }
            }
            searched = self.rest.len();
            if !self.read_more(READ_SIZE)? {
                return Ok(self.rest.len());
            }
        }
    }

    /// Reads once, at most `wanted` bytes; whether anything came.
    fn read_more(&mut self, wanted: usize) -> io::Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        let old = self.rest.len();
        self.rest.resize(old + wanted.min(READ_SIZE), 0);
        let result = loop {
            match self.reader.read(&mut self.rest[old..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.rest.truncate(old + *result.as_ref().unwrap_or(&0));
        self.at_end = result? == 0;
        Ok(!self.at_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives at most a few bytes per read, as a slow pipe does.
    struct Trickle(&'static [u8], usize);

    impl Read for Trickle {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(out.len());
            (&mut self.0).read(&mut out[..length])
        }
    }

    fn blocks(text: &'static [u8], size: BlockSize) -> Vec<String> {
        let mut all = Vec::new();
        for per_read in [1, 3, 1000] {
            let reader = Box::new(Trickle(text, per_read));
            let mut blocks = Blocks::new(reader, size, b'\n');
            let mut these = Vec::new();
            while let Some(block) = blocks.next_block().unwrap() {
                these.push(String::from_utf8(block.0).unwrap());
            }
            assert!(blocks.next_block().unwrap().is_none());
            all.push(these);
        }
        assert!(all.iter().all(|these| *these == all[0]), "reads of other sizes differ: {all:?}");
        all.remove(0)
    }

    #[test]
    fn blocks_end_at_line_ends() {
        assert_eq!(blocks(b"aa\nbb\ncc\n", BlockSize::Bytes(7)), ["aa\nbb\n", "cc\n"]);
        assert_eq!(blocks(b"aa\nbb\ncc\n", BlockSize::Bytes(6)), ["aa\nbb\n", "cc\n"]);
        assert_eq!(blocks(b"aa\nbb\ncc", BlockSize::Bytes(100)), ["aa\nbb\ncc"]);
        assert_eq!(blocks(b"aa\nbb\ncc", BlockSize::Bytes(8)), ["aa\nbb\n", "cc"]);
        assert_eq!(blocks(b"", BlockSize::Bytes(8)), Vec::<String>::new());
    }

    #[test]
    fn a_line_longer_than_a_block_stays_whole() {
        assert_eq!(blocks(b"aaaaaaaa\nb\nc\n", BlockSize::Bytes(3)), ["aaaaaaaa\n", "b\n", "c\n"]);
        assert_eq!(blocks(b"aaaaaaaa", BlockSize::Bytes(3)), ["aaaaaaaa"]);
    }

    #[test]
    fn blocks_can_be_counted_in_lines() {
        assert_eq!(blocks(b"a\nb\nc\nd\ne", BlockSize::Lines(2)), ["a\nb\n", "c\nd\n", "e"]);
        assert_eq!(blocks(b"\n\n\n", BlockSize::Lines(2)), ["\n\n", "\n"]);
    }

    #[test]
    fn memory_stays_within_the_stated_bound() {
        let reader = Box::new(io::repeat(b'\n').take(10 << 20));
        let mut blocks = Blocks::new(reader, BlockSize::Bytes(1 << 20), b'\n');
        let mut total = 0;
        while let Some(block) = blocks.next_block().unwrap() {
            total += block.0.len();
            assert!(block.0.len() <= 1 << 20);
            assert!(blocks.rest.len() <= READ_SIZE);
        }
        assert_eq!(total, 10 << 20);
    }
}
