//! The memory of cells, recycled: a task's cell mostly comes from one that ended a moment ago. The
//! entries of timers live in it as well, and all that is said of a cell here holds for them.
//!
//! A general allocator keeps few blocks of a size at hand per thread, and takes a lock where a block
//! is freed by another thread than the one that made it, which is the usual life of a task. Here
//! each thread has a *shelf*: per size class, a list of blocks that nobody else touches. A list that
//! grows too long gives half of its blocks away as a *bundle*, in one step, to the *depot* that all
//! threads share; a thread whose list is empty takes a bundle from there. So threads that only make
//! tasks and threads that only end them pass blocks on, many at a time and without a lock. Shelves
//! and depot are bounded; what does not fit goes back to the allocator, as do cells that are large.
//!
//! Invariants:
//! - M1: a block that is free here belongs to one list, and a list to one shelf, to one place of
//!   the depot, or to the thread that moves it. A block is at least as large as a `Free` and aligned
//!   for it; its `Free` is written when the block enters the list.
//! - M2: a block's class, and with it the layout that the allocator is told, follows from the layout
//!   of the cell alone, so it is the same when it is allocated and when it is freed.
//! - M3: a bundle is put in a place of the depot by a compare-exchange (Release) from null, and taken
//!   out by a swap (Acquire) with null: by one thread, which sees what was written to its blocks.
//! - M4: `DEPOTS` changes once, from null to a box that is never freed.

use std::alloc::{self, Layout};
use std::array;
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::AtomicPtr as StaticPtr;

use crate::shim::atomic::{AtomicPtr, AtomicUsize, Ordering};
use crate::tuning::{BUNDLE_BYTES, BUNDLES_PER_CLASS, RECYCLED_BYTES};

/// Blocks differ in size by these steps. A block of class n has n steps and a half: what glibc's
/// allocator makes of any size between, so nothing is wasted that it would not waste.
const STEP: usize = 16;
const CLASSES: usize = RECYCLED_BYTES / STEP + 1;

/// The beginning of a block that is free.
struct Free {
    next: *mut Free,
}

/// A list of free blocks.
#[derive(Clone, Copy)]
struct List {
    first: *mut Free,
    len: usize,
}

const EMPTY: List = List { first: ptr::null_mut(), len: 0 };

/// The lists of one thread.
struct Shelf {
    lists: [Cell<List>; CLASSES],
}

/// Bundles of one class: each place is null or owns a list of `bundle_len` blocks.
pub(crate) struct Depot<T> {
    /// How many places are taken, roughly: so that nobody looks through an empty depot.
    taken: AtomicUsize,
    places: [AtomicPtr<T>; BUNDLES_PER_CLASS],
}

thread_local! {
    static SHELF: Shelf = const { Shelf { lists: [const { Cell::new(EMPTY) }; CLASSES] } };
}

/// Std's atomic, since it is a static; loom's models have a depot of their own.
static DEPOTS: StaticPtr<[Depot<Free>; CLASSES]> = StaticPtr::new(ptr::null_mut());

/// The depot of each class, made by the first who asks.
fn depots() -> &'static [Depot<Free>; CLASSES] {
    let mut depots = DEPOTS.load(Ordering::Acquire);
    if depots.is_null() {
        let made = Box::into_raw(Box::new(array::from_fn(|_| Depot::new())));
        let (null, release, acquire) = (ptr::null_mut(), Ordering::AcqRel, Ordering::Acquire);
        depots = match DEPOTS.compare_exchange(null, made, release, acquire) {
            Ok(_) => made,
            Err(others) => {
                // SAFETY: M4 (ours was never published).
                drop(unsafe { Box::from_raw(made) });
                others
            }
        };
    }
    // SAFETY: M4.
    unsafe { &*depots }
}

/// Memory for a cell with this layout.
pub(crate) fn allocate(layout: Layout) -> NonNull<u8> {
    let recycled = class_of(layout).and_then(|class| {
        SHELF.try_with(|shelf| shelf.take(class)).ok().flatten().map(NonNull::cast)
    });
    recycled.unwrap_or_else(|| {
        let layout = block_layout(layout);
        // SAFETY: M2 (a cell has a header, so its layout is not of size zero).
        let block = unsafe { alloc::alloc(layout) };
        NonNull::new(block).unwrap_or_else(|| alloc::handle_alloc_error(layout))
    })
}

/// Takes the memory of a cell back.
///
/// # Safety
/// `block` comes from `allocate` with the same layout, holds nothing any more, and is given up.
pub(crate) unsafe fn free(block: NonNull<u8>, layout: Layout) {
    let Some(class) = class_of(layout) else {
        // SAFETY: M2 (the caller's duty).
        return unsafe { alloc::dealloc(block.as_ptr(), block_layout(layout)) };
    };
    let kept = SHELF.try_with(|shelf| shelf.put(class, block.cast()));
    if kept.is_err() {
        // SAFETY: M2 (as above; the thread is ending and has no shelf any more).
        unsafe { alloc::dealloc(block.as_ptr(), block_layout(layout)) };
    }
}

/// The class of a cell, if its memory is recycled.
fn class_of(layout: Layout) -> Option<usize> {
    let fits = layout.size() <= RECYCLED_BYTES && layout.align() <= align_of::<usize>();
    fits.then(|| layout.size().saturating_sub(STEP / 2).div_ceil(STEP))
}

/// What the allocator is asked for.
fn block_layout(layout: Layout) -> Layout {
    class_of(layout).map_or(layout, class_layout)
}

fn class_layout(class: usize) -> Layout {
    let size = (class * STEP + STEP / 2).max(size_of::<Free>());
    Layout::from_size_align(size, align_of::<usize>())
        .unwrap_or_else(|_| cortado_probe::stop("M2", "a class of memory has no layout"))
}

fn bundle_len(class: usize) -> usize {
    BUNDLE_BYTES / class_layout(class).size()
}

impl Shelf {
    fn take(&self, class: usize) -> Option<NonNull<Free>> {
        let list = self.lists[class].get();
        let list = if list.first.is_null() {
            List { first: depots()[class].take()?.as_ptr(), len: bundle_len(class) }
        } else {
            list
        };
        let first = NonNull::new(list.first)?;
        // SAFETY: M1 (the block is in our list, or in the bundle that is ours now).
        let next = unsafe { first.as_ref() }.next;
        self.lists[class].set(List { first: next, len: list.len - 1 });
        Some(first)
    }

    fn put(&self, class: usize, block: NonNull<Free>) {
        let mut list = self.lists[class].get();
        if list.len >= 2 * bundle_len(class) {
            list = give_bundle(class, list);
        }
        // SAFETY: M1 (the block was given up to us, and is large enough).
        unsafe { block.write(Free { next: list.first }) };
        self.lists[class].set(List { first: block.as_ptr(), len: list.len + 1 });
    }
}

/// Takes a bundle off a list that has more than one, and gives it away; returns the rest.
fn give_bundle(class: usize, list: List) -> List {
    let (bundle, mut last) = (list.first, list.first);
    for _ in 1..bundle_len(class) {
        // SAFETY: M1 (our list, and it is longer than a bundle).
        last = unsafe { (*last).next };
    }
    // SAFETY: M1 (as above).
    let rest = unsafe { ptr::replace(&raw mut (*last).next, ptr::null_mut()) };
    if !depots()[class].put(bundle) {
        give_back(class, bundle);
    }
    List { first: rest, len: list.len - bundle_len(class) }
}

/// Gives a list back to the allocator.
fn give_back(class: usize, mut first: *mut Free) {
    while let Some(block) = NonNull::new(first) {
        // SAFETY: M1 (the list is ours).
        first = unsafe { block.as_ref() }.next;
        // SAFETY: M2 (every block of the class was allocated with this layout).
        unsafe { alloc::dealloc(block.as_ptr().cast(), class_layout(class)) };
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        for (class, list) in self.lists.iter().enumerate() {
            give_back(class, list.replace(EMPTY).first);
        }
    }
}

impl<T> Depot<T> {
    pub(crate) fn new() -> Depot<T> {
        let taken = AtomicUsize::new(0);
        Depot { taken, places: array::from_fn(|_| AtomicPtr::new(ptr::null_mut())) }
    }

    /// Gives a bundle away. False: there is no place for it.
    pub(crate) fn put(&self, bundle: *mut T) -> bool {
        let (null, release, relaxed) = (ptr::null_mut(), Ordering::Release, Ordering::Relaxed);
        let put = self.places.iter().any(|place| {
            place.load(relaxed).is_null()
                && place.compare_exchange(null, bundle, release, relaxed).is_ok()
        });
        if put {
            self.taken.fetch_add(1, relaxed);
        }
        put
    }

    /// Takes a bundle. It may miss one that is being put.
    pub(crate) fn take(&self) -> Option<NonNull<T>> {
        if self.taken.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let bundle = self.places.iter().find_map(|place| {
            if place.load(Ordering::Relaxed).is_null() {
                return None;
            }
            NonNull::new(place.swap(ptr::null_mut(), Ordering::Acquire))
        });
        if bundle.is_some() {
            // Below zero for a moment where a bundle is taken before it was counted; it wraps.
            self.taken.fetch_sub(1, Ordering::Relaxed);
        }
        bundle
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::alloc::Layout;
    use std::collections::HashSet;
    use std::ptr::NonNull;
    use std::sync::mpsc;
    use std::thread;

    use super::{allocate, block_layout, free};
    use crate::tuning::RECYCLED_BYTES;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).expect("a small layout")
    }

    #[test]
    fn a_block_is_at_least_as_large_as_its_cell() {
        for size in 1..=2 * RECYCLED_BYTES {
            let block = block_layout(layout(size));
            assert!(block.size() >= size && block.size() < size + 16, "{size}: {block:?}");
        }
        let strict = Layout::from_size_align(64, 64).expect("a small layout");
        assert_eq!(block_layout(strict), strict);
    }

    /// Blocks in use are never the same, whoever frees them; some of each size, also of those that
    /// are not recycled.
    #[test]
    fn blocks_in_use_are_different() {
        const BLOCKS: usize = 3_000;
        let (give, taken) = mpsc::channel::<Vec<(usize, usize)>>();
        let ender = thread::spawn(move || {
            for (block, size) in taken.into_iter().flatten() {
                let block = NonNull::new(block as *mut u8).expect("a block");
                // SAFETY: M1 (it was allocated below with this layout, and sent to us alone).
                unsafe { free(block, layout(size)) };
            }
        });
        for round in 0..8 {
            let sizes = (0..BLOCKS).map(|n| [40, 96, 100, 500, 600][n % 5]);
            let blocks: Vec<_> = sizes
                .map(|size| {
                    let block = allocate(layout(size));
                    // SAFETY: M1 (the block has so many bytes and is ours).
                    unsafe { block.write_bytes(round, size) };
                    (block.as_ptr() as usize, size)
                })
                .collect();
            let different: HashSet<_> = blocks.iter().map(|(block, _)| block).collect();
            assert_eq!(different.len(), BLOCKS);
            give.send(blocks).expect("the other thread frees");
        }
        drop(give);
        ender.join().expect("all are freed");
    }
}
