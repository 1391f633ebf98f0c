//! Every constant of this crate that a measurement chose, with its unit and reason.

/// How often a thread looks for its wake-up before it parks, at the least. Looking costs about
/// 10 ns on the machine of the first measurements, a futex hand-over 7,000 to 8,000 ns.
pub(crate) const SPIN_LEAST: u32 = 10;

/// The same at the most: 5 to 10 µs, so that looking never costs more than one hand-over.
pub(crate) const SPIN_MOST: u32 = 640;

/// How many rounds a thread looks for a channel's lock before it gives its time slice away: in
/// round r it pauses 2^r times. All of them together are about as long as the lock can be held.
pub(crate) const LOCK_SPIN_ROUNDS: u32 = 3;

/// How often it then pauses at a stretch, before it naps.
pub(crate) const LOCK_PAUSES: u32 = 100;

/// How long each nap is, in µs: the kernel makes about 50 more of it.
pub(crate) const LOCK_NAP_US: u64 = 1;
