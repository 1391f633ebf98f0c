//! The consumers behind the methods that end a parallel iterator.

mod find;
mod reduce;
mod sum;
mod try_reduce;

pub(crate) use find::{find_any, find_first, find_last};
pub(crate) use reduce::{for_each, preferred, reduce, reduce_with};
pub(crate) use sum::{product, sum};
pub(crate) use try_reduce::{try_reduce, try_reduce_with};
