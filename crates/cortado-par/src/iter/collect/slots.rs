//! Collecting in place: each piece writes its items to the part of the vector's spare memory that
//! is its portion.
//!
//! Invariants:
//! - S1: a [`Filled`] owns the `len` initialised items from `start` on, and nobody else does. Its
//!   memory is borrowed for `'v`.
//! - S2: two neighbours are one allocation's, since all portions are cut from one slice.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;

use crate::iter::ParallelIterator;
use crate::iter::plumbing::{Consumer, Portion};

/// Appends the `len` items to `target`, in their order. Where a closure panics, what was collected
/// is dropped, and `target` is as before.
///
/// # Panics
/// If there are fewer items than `len`. More are left out.
pub(crate) fn append_exact<I: ParallelIterator>(target: &mut Vec<I::Item>, items: I, len: usize) {
    target.reserve(len);
    let old_len = target.len();
    let slots = &mut target.spare_capacity_mut()[..len];
    let filled = items.drive(&FillSlots(PhantomData), Slots(slots));
    assert_eq!(filled.len, len, "{TOO_FEW}");
    filled.release();
    // SAFETY: S1 (`filled` owned all `len` items of the spare memory: its portions are disjoint
    // parts of `slots`, so as many items as slots are all slots).
    unsafe { target.set_len(old_len + len) };
}

/// The same for pairs, whose components go to two vectors.
pub(crate) fn unzip_exact<I, A, B>(left: &mut Vec<A>, right: &mut Vec<B>, items: I, len: usize)
where
    I: ParallelIterator<Item = (A, B)>,
    A: Send,
    B: Send,
{
    left.reserve(len);
    right.reserve(len);
    let old_lens = (left.len(), right.len());
    let slots = (
        Slots(&mut left.spare_capacity_mut()[..len]),
        Slots(&mut right.spare_capacity_mut()[..len]),
    );
    let (of_left, of_right) = items.drive(&FillBoth(PhantomData), slots);
    assert_eq!((of_left.len, of_right.len), (len, len), "{TOO_FEW}");
    of_left.release();
    of_right.release();
    // SAFETY: S1 (as in `append_exact`, for each of the two).
    unsafe { left.set_len(old_lens.0 + len) };
    // SAFETY: S1 (as before).
    unsafe { right.set_len(old_lens.1 + len) };
}

/// What is said of an iterator that breaks its word.
const TOO_FEW: &str = "a parallel iterator yielded fewer items than its length says";

/// The slots that one piece fills.
struct Slots<'v, T>(&'v mut [MaybeUninit<T>]);

impl<T: Send> Portion for Slots<'_, T> {
    fn split_at(self, index: usize) -> (Self, Self) {
        let (left, right) = self.0.split_at_mut(index);
        (Slots(left), Slots(right))
    }

    fn split(self) -> (Self, Self) {
        panic!("a parallel iterator that says its length does not know how long its pieces are");
    }
}

impl<P: Portion, Q: Portion> Portion for (P, Q) {
    fn split_at(self, index: usize) -> (Self, Self) {
        let (left, right) = (self.0.split_at(index), self.1.split_at(index));
        ((left.0, right.0), (left.1, right.1))
    }

    fn split(self) -> (Self, Self) {
        let (left, right) = (self.0.split(), self.1.split());
        ((left.0, right.0), (left.1, right.1))
    }
}

/// Writes items to slots. Its parameter is a function type, so that it can be shared whatever the
/// items are.
struct FillSlots<'v, T>(PhantomData<fn() -> &'v T>);

impl<'v, T: Send> Consumer<T> for FillSlots<'v, T> {
    type Portion = Slots<'v, T>;
    type Output = Filled<'v, T>;

    fn run<I: Iterator<Item = T>>(&self, slots: Slots<'v, T>, mut items: I) -> Filled<'v, T> {
        let mut filled = Filled::none(slots.0);
        let mut slots = slots.0.iter_mut();
        let _ = items.try_for_each(|item| {
            slots.next()?.write(item);
            filled.len += 1;
            Some(())
        });
        filled
    }

    fn merge(&self, left: Filled<'v, T>, right: Filled<'v, T>) -> Filled<'v, T> {
        left.and(right)
    }
}

/// Writes the components of pairs to slots.
struct FillBoth<'v, A, B>(PhantomData<fn() -> (&'v A, &'v B)>);

impl<'v, A: Send, B: Send> Consumer<(A, B)> for FillBoth<'v, A, B> {
    type Portion = (Slots<'v, A>, Slots<'v, B>);
    type Output = (Filled<'v, A>, Filled<'v, B>);

    fn run<I: Iterator<Item = (A, B)>>(&self, slots: Self::Portion, mut items: I) -> Self::Output {
        let mut filled = (Filled::none(slots.0.0), Filled::none(slots.1.0));
        let mut slots = slots.0.0.iter_mut().zip(slots.1.0);
        let _ = items.try_for_each(|item| {
            let (left, right) = slots.next()?;
            left.write(item.0);
            filled.0.len += 1;
            right.write(item.1);
            filled.1.len += 1;
            Some(())
        });
        filled
    }

    fn merge(&self, left: Self::Output, right: Self::Output) -> Self::Output {
        (left.0.and(right.0), left.1.and(right.1))
    }
}

/// Items that stand in their slots. Dropped, it drops them.
struct Filled<'v, T> {
    start: *mut T,
    len: usize,
    slots: PhantomData<&'v mut [T]>,
}

// SAFETY: S1 (it owns its items as a vector does).
unsafe impl<T: Send> Send for Filled<'_, T> {}

impl<'v, T> Filled<'v, T> {
    /// None of the slots yet.
    fn none(slots: &mut [MaybeUninit<T>]) -> Filled<'v, T> {
        Filled { start: slots.as_mut_ptr().cast(), len: 0, slots: PhantomData }
    }

    /// Both, where the right one begins at the end of the left one. It does unless an iterator
    /// yields fewer items than it says; then the right one's items are dropped.
    fn and(mut self, right: Filled<'v, T>) -> Filled<'v, T> {
        let end = self.start.wrapping_add(self.len);
        if ptr::eq(end, right.start) {
            self.len += right.release();
        }
        self
    }

    /// Gives the items up to the caller, and says how many there are.
    fn release(self) -> usize {
        let len = self.len;
        std::mem::forget(self);
        len
    }
}

impl<T> Drop for Filled<'_, T> {
    fn drop(&mut self) {
        // SAFETY: S1, S2 (the items are neighbours in one allocation, and dropped once).
        unsafe { ptr::slice_from_raw_parts_mut(self.start, self.len).drop_in_place() }
    }
}
