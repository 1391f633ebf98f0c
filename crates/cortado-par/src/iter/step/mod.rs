//! The steps of the adaptors that change items one after the other: a type for each, which holds
//! the closure, and an alias under the adaptor's usual name.

mod each;
mod fold;
mod stop;
mod with;

pub use each::{Cloned, Copied, Filter, FilterMap, FlatMapIter, FlattenIter, Inspect, Map, Update};
pub use fold::{Fold, FoldWith, TryFold, TryFoldWith};
pub use stop::{PanicFuse, SkipAny, SkipAnyWhile, TakeAny, TakeAnyWhile, WhileSome};
pub use with::{MapInit, MapWith};

pub(crate) use each::{
    ClonedStep, CopiedStep, FilterMapStep, FilterStep, FlatMapIterStep, FlattenIterStep,
    InspectStep, MapStep, UpdateStep,
};
pub(crate) use fold::{FoldStep, FoldWithStep, TryFoldStep, TryFoldWithStep};
pub(crate) use stop::{
    PanicFuseStep, SkipAnyStep, SkipAnyWhileStep, TakeAnyStep, TakeAnyWhileStep, WhileSomeStep,
};
pub(crate) use with::{MapInitStep, MapWithStep, Original};
