//! Into how many pieces the items are cut: a few for each worker at first, and again as many of a
//! piece that another worker stole, since a theft says that somebody had nothing to do.

use super::plumbing::Source;
use crate::current_num_threads;
use crate::tuning::PIECES_PER_WORKER;

/// How often a run of items may still be halved.
#[derive(Clone, Copy)]
pub(crate) struct HalvesSplitter {
    pieces: usize,
}

impl HalvesSplitter {
    /// As many pieces as the workers have use for.
    pub(crate) fn new() -> HalvesSplitter {
        HalvesSplitter { pieces: fresh_pieces() }
    }

    /// Whether to cut once more; `migrated` says that this piece was stolen.
    pub(crate) fn splits(&mut self, migrated: bool) -> bool {
        if migrated {
            self.pieces = self.pieces.max(fresh_pieces());
        }
        if self.pieces <= 1 {
            return false;
        }
        self.pieces = self.pieces.div_ceil(2);
        true
    }
}

/// The same with the limits of a source.
#[derive(Clone, Copy)]
pub(crate) struct SourceSplitter {
    halves: HalvesSplitter,
    min_len: usize,
}

impl SourceSplitter {
    /// As many pieces as the workers have use for, and as the source asks for at the least.
    pub(crate) fn new(source: &impl Source) -> SourceSplitter {
        let at_least = source.len().div_ceil(source.max_len().max(1));
        let pieces = fresh_pieces().max(at_least);
        SourceSplitter { halves: HalvesSplitter { pieces }, min_len: source.min_len().max(1) }
    }

    /// Whether to cut a piece of `len` items once more.
    pub(crate) fn splits(&mut self, len: usize, migrated: bool) -> bool {
        len / 2 >= self.min_len && self.halves.splits(migrated)
    }
}

fn fresh_pieces() -> usize {
    current_num_threads().saturating_mul(PIECES_PER_WORKER)
}
