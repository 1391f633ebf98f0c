//! The numbers that fork-join and parallel iterators run by: each with its unit, its reason, and what chose it.

use std::time::Duration;

/// The most jobs of joins that a thread keeps on offer, where thieves are hungry; where they are not, it is
/// down to one. With so many on offer a join is two plain calls. The oldest is the biggest, and thieves
/// take that first, so a few are enough for many thieves: whoever steals one offers parts of it in turn.
/// With 4 that do not go down to one, a tree of 1,023 nodes with 1-ns leaves takes 17 ns per node on one
/// thread (sequential: 1.2). Three, so that four closures in three joins that are nested on the left all
/// overlap.
pub(crate) const OFFERS: usize = 3;

/// Jobs that a scope's owner has on offer without a lock; further ones wait behind one. As many as cores of a
/// small machine can take before the owner comes back to them. `forkjoin nested-scopes`, which needs two: 72 ns
/// a scope; where all stood behind a lock, in a queue and shares of their own, 138.
pub(crate) const SCOPE_SLOTS: usize = 4;

/// Looks of a thief before it gives up. With `PAUSES` about 15 µs, what a futex hand-over costs. From an eighth
/// to eight times as many make no difference in `forkjoin` (`tree-1023`, `long-halves`, `nested-scopes`,
/// `few-filtered`) but to the share of a core that `tiny-jobs` take: 1.7 %, and 1.9 with eight times as many.
pub(crate) const LOOKS: u32 = 16;

/// The same of a join that waits for a stolen job, and of a scope: 60 µs, since a thief starts up to 40 µs
/// late where its CPU was asleep, and a sleep of the owner would cost as much again. `forkjoin nested-scopes`:
/// 73 ns with half to four times as many, 117 without; `long-halves`: 76 µs with a quarter of them, 50 with all.
pub(crate) const WAIT_LOOKS: u32 = 64;

/// Spin-loop hints between two such looks: about 1 µs. Each look takes cache lines from the thread that is looked
/// at. With 4 to 16 hints (and more looks in proportion) `forkjoin few-filtered` takes 9 µs, with 64 4.1, with 256 3.9;
/// but `nested-scopes` 72, 73 and 76 ns, `few-mapped` 0.72, 0.88 and 0.69 µs, and the others the same.
pub(crate) const PAUSES: u32 = 64;

/// Joins between two looks of a wait-lane task, or of a thread outside, at the clock. A plain thread that calls
/// the 465 joins of fib(12) takes 3.3 µs with a look at every fourth, 2.6 with 16, 2.5 with 32, 2.35
/// with 64 and 2.3 without; more than 32 would find a stretch of long joins out the later.
pub(crate) const JOINS_PER_LOOK: u32 = 32;

/// So many joins of a stretch on a thread outside, or of a wait-lane task, look at the clock each, since a
/// parallel iterator has no more: `PIECES_PER_WORKER` for each of four cores. A million roots at a place that
/// was short before take 0.60 ms with 1 to 32 of them and 0.89 with none, when the thread computes all of it;
/// the joins of fib(12) 2.3 µs with 1, 2.45 with 8, 3.0 with 32.
pub(crate) const EARLY_JOINS: u32 = 8;

/// How long a wait-lane task computes in joins at a place that was short before its seat is given up, and a
/// thread outside before it sends what is left to the work lane: ten times a busy connection's poll, and a few
/// times the way between the lanes. What the limit is, a wrong guess loses: a million roots from outside at a place that was
/// short before take 585 µs with 10, 588 with 25, 600 with 50, 620 with 100 and 704 with 400.
pub(crate) const WAIT_LANE_LIMIT: Duration = Duration::from_micros(50);

/// How many threads of a runtime can be aboard at once, for each of its seats: about the bound of the work
/// lane's threads, and as many from the wait lane. Where all places are taken, joins are plain calls. From 2 to 16 make no
/// difference in `forkjoin` (`few-outside`, `long-halves`, `nested-scopes`, `lock-many-roots`): it is a bound, not a speed.
pub(crate) const MEMBERS_PER_SEAT: usize = 8;

/// How many short runs in a row make a place known to be short. Two, so that one by chance does not. What
/// is always short or always long feels no difference from 1 to 8 (`forkjoin few-outside`, `ask-short`, `tiny-jobs`).
pub(crate) const SHORT_AFTER: u32 = 2;

/// Up to this time a closure of `compute`, and one of a thread outside, is short. The way to the work lane
/// and back takes about as long (two futex hand-overs, 7 to 8 µs each), and so does a busy connection's
/// poll. `forkjoin few-outside`: 0.5 µs instead of Rayon's 17. `forkjoin tiny-jobs`, share of a core: with 2 µs
/// 7.6 %, with 5 1.9 or 7.4, since a call that finds the caches cold takes longer than that, with 10 to 40 1.7 to 1.8.
pub(crate) const INLINE_LIMIT: Duration = Duration::from_micros(10);

/// Into how many pieces for each worker a parallel iterator is cut before anything was stolen; what is
/// stolen is cut again. From 1 to 16 the same within what rounds differ by: 200,000 and 2 million numbers,
/// mapped, filtered and summed, also where the last items cost the most or a sixteenth of them half of
/// all. Only few items feel it: 1,000 numbers filtered and collected on two threads, `forkjoin few-filtered`, take
/// 1.0, 1.2, 2.0 and 2.8 µs with 1, 2, 4 and 8 pieces for each (Rayon, which also has 2: 1.0). Two, so that
/// a worker that is late finds half of a half left.
pub(crate) const PIECES_PER_WORKER: usize = 2;

/// Accumulators of a sum of floating-point numbers whose items can be cut into blocks: eight vectors of two, half of
/// the registers. ns per square of a million in the cache, on one thread: 16 accumulators 0.089, 32
/// 0.094; in the innermost cache 0.062 and 0.081. `forkjoin sum-of-squares`.
pub(crate) const SUMS: usize = 16;

/// A slice of fewer items is sorted by one thread. Numbers, on two threads, in µs with 2,048, 4,096 and
/// 8,192: 3,000 unstably 10.7, 14.6, 14.7, stably 18.4, 18.3, 18.5; 6,000 unstably 27, 25, 32, stably 40, 35,
/// 40; 12,000 unstably 45, 45, 49, stably 84, 76, 69.
pub(crate) const SORT_ITEMS_LEAST: usize = 4096;

/// Two runs that have fewer items together are merged by one thread. Numbers sorted stably by two, in ms
/// with 2,048, 8,192, 16,384 and 32,768, and where each merge is one thread's: 20,000 0.129, 0.119, 0.133, 0.16,
/// 0.17; 100,000 0.87, 0.83, 0.86, 0.84, 1.01; a million 9.4, 9.2, 9.1, 9.1, 10.3 (least of the rounds).
pub(crate) const MERGE_ITEMS_LEAST: usize = 8192;

/// Items of which the median is the pivot of a quicksort. A million numbers take 12.2 to 12.5 ms with 7, 15 and 31, 13.1
/// with 63, 12.8 with 127 (`forkjoin sort-numbers --quick`); words 3.2 ms with 7, 31, 63 and 127, 4.1 with 15, whose
/// median was a bad one (`sort-words`): the fewer, the more that hangs on luck.
pub(crate) const SAMPLES: usize = 31;

/// A side with less than this part of the items is too small for a quicksort to go on with. A million numbers of which
/// 2, 3, 5, 10, 20, 100 or all are different, or nine of ten the same, take the same with 4 to 64; with 3 those
/// with 20 different ones take 8 % more, since good pivots are thrown away.
pub(crate) const LOPSIDED: usize = 8;
