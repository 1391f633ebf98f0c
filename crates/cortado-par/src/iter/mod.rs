//! Parallel iterators: the same chains as with std's iterators, on all workers.
//!
//! Begin with `par_iter()`, `par_iter_mut()` or `into_par_iter()` where a sequential program says
//! `iter()`, `iter_mut()` or `into_iter()`; names and meaning are Rayon's. The
//! [prelude](crate::prelude) has all traits.
//!
//! ```
//! use cortado_par::prelude::*;
//!
//! let numbers: Vec<u64> = (0..1000).collect();
//! let squares: Vec<u64> = numbers.par_iter().map(|number| number * number).collect();
//! assert_eq!(squares[999], 998_001);
//! assert_eq!(squares.par_iter().sum::<u64>(), 332_833_500);
//! ```
//!
//! - **Order.** The items keep their order: `collect` gives what the sequential chain gives, and
//!   `reduce` combines neighbours. In which order closures *run* is not specified. What says `any`
//!   in its name takes the item that comes first in time.
//! - **Pieces.** The items are cut into a few pieces for each worker, and again into as many where
//!   another worker stole a piece. Nothing needs to be tuned;
//!   [`with_min_len`](IndexedParallelIterator::with_min_len) and
//!   [`with_max_len`](IndexedParallelIterator::with_max_len) are there for who knows better.
//! - **Panics.** A closure's panic arrives at the caller, after the pieces that are under way have
//!   ended; all items and results are dropped once. See
//!   [`panic_fuse`](ParallelIterator::panic_fuse) for ending the others sooner.
//! - **Stopping.** What can end early (`find…`, `any`, `all`, `position…`, `try_…`, collecting into
//!   `Result` or `Option`) tells the other pieces, which look before each item.
//! - **Waiting.** The closures run where [`join`](crate::join())'s do, by threads of the work lane and, in a
//!   task or where they are short, by the calling thread. One that waits for another item's closure may
//!   wait for ever, since nobody promises that both run at the same time.
//! - **Floating-point sums and products** are added in an order that is not specified, so their
//!   last digits may differ from run to run. That is also what makes them fast.

mod adapt;
mod attempt;
mod collect;
mod consume;
mod convert;
mod counted;
mod indexed;
mod parallel;
pub mod plumbing;
mod source;
mod splitter;
mod step;
mod through;

pub use adapt::{
    Chain, Chunks, Enumerate, FlatMap, Flatten, Interleave, Limited, Rev, Skip, StepBy, Take, Zip,
};
pub use attempt::Try;
pub use convert::{
    FromParallelIterator, IntoParallelIterator, IntoParallelRefIterator,
    IntoParallelRefMutIterator, ParallelExtend,
};
pub use indexed::IndexedParallelIterator;
pub use parallel::ParallelIterator;
pub use source::{
    IterBridge, OptionIter, ParallelBridge, RangeIter, RepeatN, VecIter, empty, once, repeat_n,
};
pub use step::{
    Cloned, Copied, Filter, FilterMap, FlatMapIter, FlattenIter, Fold, FoldWith, Inspect, Map,
    MapInit, MapWith, PanicFuse, SkipAny, SkipAnyWhile, TakeAny, TakeAnyWhile, TryFold,
    TryFoldWith, Update, WhileSome,
};
pub use through::{ExactStep, Step, Through};

pub(crate) use adapt::drive_by_source;
pub(crate) use splitter::HalvesSplitter;
