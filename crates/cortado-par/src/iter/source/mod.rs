//! Where parallel iterators begin: ranges, vectors and other collections.

mod array;
mod bridge;
mod collections;
mod drain;
mod option;
mod range;
mod range_item;
mod repeat;
mod vec;

pub use bridge::{IterBridge, ParallelBridge};
pub use option::OptionIter;
pub use range::RangeIter;
pub use repeat::{RepeatN, empty, once, repeat_n};
pub use vec::VecIter;
