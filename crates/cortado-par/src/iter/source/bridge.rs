//! Std iterators as parallel ones: the workers take items from behind one lock.

use std::iter;
use std::mem;

use parking_lot::Mutex;

use crate::iter::ParallelIterator;
use crate::iter::plumbing::{Consumer, Halves, drive_halves};

/// Makes a parallel iterator of any std iterator.
pub trait ParallelBridge: Sized {
    /// Hands the items of a std iterator to the workers, one at a time and **in no particular
    /// order**. The iterator itself runs on one worker at a time, behind a lock; this pays where
    /// what is done with each item takes much longer than to make it. Where the items can be
    /// collected first, or the iterator has a parallel counterpart, that is faster. An iterator that
    /// has panicked is not called again.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// for number in 0..10 {
    ///     sender.send(number)?;
    /// }
    /// drop(sender);
    /// assert_eq!(receiver.into_iter().par_bridge().sum::<i32>(), 45);
    /// # Ok::<(), std::sync::mpsc::SendError<i32>>(())
    /// ```
    fn par_bridge(self) -> IterBridge<Self>;
}

impl<I: Iterator<Item: Send> + Send> ParallelBridge for I {
    fn par_bridge(self) -> IterBridge<I> {
        IterBridge { items: self }
    }
}

/// What [`par_bridge`](ParallelBridge::par_bridge) gives.
#[derive(Clone, Debug)]
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub struct IterBridge<I> {
    items: I,
}

impl<I: Iterator<Item: Send> + Send> ParallelIterator for IterBridge<I> {
    type Item = I::Item;

    fn drive<C: Consumer<I::Item>>(self, consumer: &C, portion: C::Portion) -> C::Output {
        let items = Mutex::new(Items { items: self.items.fuse(), is_called: false });
        drive_halves(Shared { items: &items }, consumer, portion)
    }
}

/// The iterator behind the lock.
struct Items<I> {
    items: iter::Fuse<I>,
    /// A call of `next` is under way, or has panicked: then it is not called again.
    is_called: bool,
}

impl<I: Iterator> Items<I> {
    fn next(&mut self) -> Option<I::Item> {
        if mem::replace(&mut self.is_called, true) {
            return None;
        }
        let item = self.items.next();
        self.is_called = false;
        item
    }
}

/// A piece, which is as many items as its worker comes to take.
struct Shared<'i, I> {
    items: &'i Mutex<Items<I>>,
}

impl<I: Iterator<Item: Send> + Send> Halves for Shared<'_, I> {
    type Item = I::Item;

    fn halve(self) -> (Self, Option<Self>) {
        let other = Shared { items: self.items };
        (self, Some(other))
    }

    fn into_items(self) -> impl Iterator<Item = I::Item> {
        iter::from_fn(move || self.items.lock().next())
    }
}
