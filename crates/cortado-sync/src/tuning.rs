//! Every constant of this crate that a measurement chose, with its unit and reason.

/// How often a thread looks for its wake-up before it parks, at the least. Looking costs about
/// 10 ns on the machine of the first measurements, a futex hand-over 7,000 to 8,000 ns.
pub(crate) const SPIN_LEAST: u32 = 10;

/// The same at the most: 5 to 10 µs, so that looking never costs more than one hand-over.
pub(crate) const SPIN_MOST: u32 = 640;
