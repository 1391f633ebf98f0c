//! Adaptors that need to know where an item stands, as sources around sources, and the two that
//! bring in further parallel iterators: `chain` and `flat_map`.

mod chain;
mod chunks;
mod enumerate;
mod flat_map;
mod interleave;
mod limits;
mod part;
mod rev;
mod step_by;
mod zip;

pub use chain::Chain;
pub use chunks::Chunks;
pub use enumerate::Enumerate;
pub use flat_map::{FlatMap, Flatten};
pub use interleave::Interleave;
pub use limits::Limited;
pub use part::{Skip, Take};
pub use rev::Rev;
pub use step_by::StepBy;
pub use zip::Zip;

/// Makes a parallel iterator of a type that has a source: its items are driven by that source.
macro_rules! drive_by_source {
    ([$($generics:tt)*] $type:ty, $item:ty) => {
        impl<$($generics)*> $crate::iter::ParallelIterator for $type {
            type Item = $item;

            fn drive<C: $crate::iter::plumbing::Consumer<$item>>(
                mut self,
                consumer: &C,
                portion: C::Portion,
            ) -> C::Output {
                let source = $crate::iter::IndexedParallelIterator::source(&mut self);
                $crate::iter::plumbing::drive_source(source, consumer, portion)
            }

            fn opt_len(&self) -> Option<usize> {
                Some($crate::iter::IndexedParallelIterator::len(self))
            }
        }
    };
}

pub(crate) use drive_by_source;
