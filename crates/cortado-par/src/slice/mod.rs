//! Parallel iterators over slices, and parallel sorts: [`ParallelSlice`] and [`ParallelSliceMut`].

mod chunks;
mod iter;
mod merge;
mod parallel;
mod sort;
mod split;
mod windows;

pub use chunks::{
    Chunks, ChunksExact, ChunksExactMut, ChunksMut, RChunks, RChunksExact, RChunksExactMut,
    RChunksMut,
};
pub use iter::{Iter, IterMut};
pub use parallel::{ParallelSlice, ParallelSliceMut};
pub use split::{Split, SplitMut};
pub use windows::Windows;
