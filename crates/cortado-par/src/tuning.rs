//! Every constant of this crate that a measurement chose, with its unit and reason.

/// Into how many pieces for each worker a parallel iterator is split before anything was stolen.
pub(crate) const PIECES_PER_WORKER: usize = 4;
