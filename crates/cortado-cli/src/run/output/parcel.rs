//! One thing that leaves: bytes of one stream of one job, with the tag before each of their lines
//! put in as they leave.

use std::rc::Rc;

use super::held::Held;
use super::tuning::BATCH;
use super::{Channel, OutputError};

/// See the module. It begins at the start of a line.
#[derive(Debug)]
pub(super) struct Parcel {
    channel: Channel,
    held: Held,
    tag: Option<Rc<[u8]>>,
    /// What has been taken out of `held`, and how much of it has left.
    chunk: Vec<u8>,
    left: usize,
    at_line_start: bool,
}

impl Parcel {
    /// Bytes for one of our streams, with the tag if there is one.
    pub(super) fn new(channel: Channel, held: Held, tag: Option<Rc<[u8]>>) -> Parcel {
        Parcel { channel, held, tag, chunk: Vec::new(), left: 0, at_line_start: true }
    }

    /// Where it goes.
    pub(super) fn channel(&self) -> Channel {
        self.channel
    }

    /// How many bytes of the job it has left.
    pub(super) fn len(&self) -> u64 {
        self.held.len() + (self.chunk.len() - self.left) as u64
    }

    /// Moves bytes into `batch` until that is full, or nothing is left: then true.
    pub(super) fn pour(&mut self, batch: &mut Vec<u8>) -> Result<bool, OutputError> {
        while batch.len() < BATCH {
            if self.left == self.chunk.len() {
                self.chunk = self.held.take_some(BATCH)?;
                self.left = 0;
                if self.chunk.is_empty() {
                    return Ok(true);
                }
            }
            let rest = &self.chunk[self.left..];
            let part = match &self.tag {
                Some(tag) => {
                    if self.at_line_start {
                        batch.extend_from_slice(tag);
                        batch.push(b'\t');
                    }
                    let end = rest.iter().position(|byte| *byte == b'\n');
                    self.at_line_start = end.is_some();
                    &rest[..end.map_or(rest.len(), |end| end + 1)]
                }
                None => &rest[..rest.len().min(BATCH - batch.len())],
            };
            batch.extend_from_slice(part);
            self.left += part.len();
        }
        Ok(self.len() == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::held::Store;
    use super::*;

    /// What leaves when these chunks have come.
    fn poured(tag: Option<&[u8]>, chunks: &[&[u8]]) -> Vec<u8> {
        let mut held = Held::new(&Store::new());
        chunks.iter().for_each(|chunk| held.push(chunk).unwrap());
        let mut parcel = Parcel::new(Channel::Out, held, tag.map(Rc::from));
        let mut all = Vec::new();
        loop {
            let mut batch = Vec::new();
            let over = parcel.pour(&mut batch).unwrap();
            assert!(batch.len() <= 2 * BATCH);
            all.append(&mut batch);
            if over {
                return all;
            }
        }
    }

    /// As GNU parallel 20221122 writes them.
    #[test]
    fn each_line_has_the_tag() {
        assert_eq!(poured(Some(b"x"), &[]), b"");
        assert_eq!(poured(Some(b"x"), &[b"a\n\nb\n"]), b"x\ta\nx\t\nx\tb\n");
        assert_eq!(poured(Some(b"x"), &[b"a\nb"]), b"x\ta\nx\tb");
        assert_eq!(poured(Some(b"\xff y"), &[b"a", b"b\n", b"c\n"]), b"\xff y\tab\n\xff y\tc\n");
        assert_eq!(poured(None, &[b"a\nb"]), b"a\nb");
    }

    #[test]
    fn much_leaves_in_batches_unchanged() {
        let line = [b'l'; 99];
        let mut bytes = Vec::new();
        for _ in 0..20_000 {
            bytes.extend(line);
            bytes.push(b'\n');
        }
        let chunks: Vec<&[u8]> = bytes.chunks(60_000).collect();
        assert!(poured(None, &chunks) == bytes);
        let tagged = poured(Some(b"t"), &chunks);
        assert_eq!(tagged.len(), bytes.len() + 2 * 20_000);
        assert!(tagged.chunks(102).all(|chunk| chunk.starts_with(b"t\tl") && chunk[101] == b'\n'));
    }
}
