//! Every constant of this crate that a measurement chose, with its unit and reason.

/// How often a thread looks for its wake-up before it parks, at the least. Looking costs about
/// 10 ns on the machine of the first measurements, a futex hand-over 7,000 to 8,000 ns.
pub(crate) const SPIN_LEAST: u32 = 10;

/// The same at the most, while looking pays: 30 to 60 µs, since a thread that has parked is woken
/// that late on a virtual machine, and one that looks for less then parks as well, for ever in turn.
/// With 640, two threads over a rendezvous made 0.05 million hand-overs a second, with 4,000 1.1 to
/// 1.7 million (crossbeam-channel 0.04).
pub(crate) const SPIN_MOST: u32 = 4000;

/// A thread whose looking has not paid tries the most again at each sleep of this number. Without
/// that, two threads that have come to share a core while another is free may go on yielding to each
/// other.
pub(crate) const SPIN_TRY_EVERY: u32 = 64;

/// How often it gives its time slice away before it parks: with more threads than cores, the one
/// that is to wake it needs a core. A token that comes then does not count as looking that paid.
/// When it did, and it tried the most at every 16th sleep: where others used the cores as
/// well, two pairs over a channel with room for one made 0.05 instead of 0.5 million hand-overs a
/// second (`bench channels threads-2p2c-1`).
pub(crate) const SPIN_YIELDS: u32 = 8;

/// How often a thread looks at a channel's lock that it found taken, before it naps. It pauses once
/// before the first look, and then each time twice as often; a pause takes 24 ns here.
pub(crate) const LOCK_LOOKS: u32 = 10;

/// How often it pauses between two looks at the most. Longer, and it comes late where the other side has
/// filled or emptied a buffer of 100; with 16, two tasks moved 49 instead of 56 million messages a second
/// through one.
pub(crate) const LOCK_PAUSES_MOST: u32 = 64;

/// For how many of these pauses it watches whether another thread is in a hurry, at the end of them.
/// Watching for all of them, two threads moved 1 instead of 31 million messages a second through a buffer
/// of 100: the other had long come to its end.
pub(crate) const LOCK_WATCH_PAUSES: u32 = 8;

/// How often the lock is taken meanwhile where another thread is in a hurry. Before there was such a rule,
/// whether two threads that send and receive without a bound moved 35 or 60 million messages a second
/// hung on an instruction more or less.
pub(crate) const LOCK_HURRY: u32 = 2;

/// How long each nap is, in µs: the kernel makes about 50 more of it.
pub(crate) const LOCK_NAP_US: u64 = 1;

/// How often a thread pauses before it first tries a channel with a buffer again; each time it
/// pauses twice as often as before.
pub(crate) const PATIENCE_PAUSES: u32 = 8;

/// How often it does so: 120 pauses altogether. With 480 and 4 yields, two threads moved 18 instead
/// of 25 million messages a second through a channel with room for 100, and 4 instead of 11 where
/// others used the cores as well (`bench channels threads-1p1c-100`).
pub(crate) const PATIENCE_ROUNDS: u32 = 4;

/// How often it then gives its time slice away and tries once more.
pub(crate) const PATIENCE_YIELDS: u32 = 10;
