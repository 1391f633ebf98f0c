//! Every constant of this crate that a measurement chose, with its unit and reason.

/// Into how many pieces for each worker a parallel iterator is split before anything was stolen.
pub(crate) const PIECES_PER_WORKER: usize = 4;

/// A slice of fewer items is sorted by one thread.
pub(crate) const SORT_ITEMS_LEAST: usize = 4096;

/// Two runs that have fewer items together are merged by one thread.
pub(crate) const MERGE_ITEMS_LEAST: usize = 16_384;
