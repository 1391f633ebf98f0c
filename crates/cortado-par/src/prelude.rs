//! The traits of parallel iterators, to be imported all at once.
//!
//! ```
//! use cortado_par::prelude::*;
//!
//! assert_eq!([1, 2, 3].par_iter().map(|number| number * number).sum::<i32>(), 14);
//! ```

pub use crate::iter::{
    FromParallelIterator, IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator,
    IntoParallelRefMutIterator, ParallelBridge, ParallelExtend, ParallelIterator,
};
pub use crate::slice::{ParallelSlice, ParallelSliceMut};
pub use crate::str::ParallelString;
