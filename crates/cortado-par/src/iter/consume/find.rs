//! Consumers that look for one item. The pieces tell each other what they have found by one atomic,
//! and those stop that can find nothing better.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::iter::ParallelIterator;
use crate::iter::plumbing::{Consumer, Portion};

/// Any item that `predicate` accepts.
pub(crate) fn find_any<I, P>(items: I, predicate: P) -> Option<I::Item>
where
    I: ParallelIterator,
    P: Fn(&I::Item) -> bool + Sync + Send,
{
    items.drive(&FindAny { predicate, found: AtomicBool::new(false) }, ())
}

struct FindAny<P> {
    predicate: P,
    found: AtomicBool,
}

impl<T: Send, P: Fn(&T) -> bool + Sync> Consumer<T> for FindAny<P> {
    type Portion = ();
    type Output = Option<T>;

    const STOPS: bool = true;

    fn run<I: Iterator<Item = T>>(&self, (): (), mut items: I) -> Option<T> {
        let found = items.find(&self.predicate);
        if found.is_some() {
            self.found.store(true, Ordering::Relaxed);
        }
        found
    }

    fn merge(&self, left: Option<T>, right: Option<T>) -> Option<T> {
        left.or(right)
    }

    fn full(&self, _: &Range<u64>) -> bool {
        self.found.load(Ordering::Relaxed)
    }
}

/// The leftmost item that `predicate` accepts.
pub(crate) fn find_first<I, P>(items: I, predicate: P) -> Option<I::Item>
where
    I: ParallelIterator,
    P: Fn(&I::Item) -> bool + Sync + Send,
{
    items.drive(&FindFirst { predicate, best: AtomicU64::new(u64::MAX) }, Place::whole())
}

struct FindFirst<P> {
    predicate: P,
    best: AtomicU64,
}

impl<T: Send, P: Fn(&T) -> bool + Sync> Consumer<T> for FindFirst<P> {
    type Portion = Place;
    type Output = Option<T>;

    const STOPS: bool = true;

    fn run<I: Iterator<Item = T>>(&self, place: Place, mut items: I) -> Option<T> {
        let found = items.find(&self.predicate);
        if found.is_some() {
            self.best.fetch_min(place.start, Ordering::Relaxed);
        }
        found
    }

    fn merge(&self, left: Option<T>, right: Option<T>) -> Option<T> {
        left.or(right)
    }

    fn full(&self, place: &Range<u64>) -> bool {
        self.best.load(Ordering::Relaxed) < place.start
    }
}

/// The rightmost item that `predicate` accepts.
pub(crate) fn find_last<I, P>(items: I, predicate: P) -> Option<I::Item>
where
    I: ParallelIterator,
    P: Fn(&I::Item) -> bool + Sync + Send,
{
    items.drive(&FindLast { predicate, best: AtomicU64::new(0) }, Place::whole())
}

struct FindLast<P> {
    predicate: P,
    best: AtomicU64,
}

impl<T: Send, P: Fn(&T) -> bool + Sync> Consumer<T> for FindLast<P> {
    type Portion = Place;
    type Output = Option<T>;

    const STOPS: bool = true;

    fn run<I: Iterator<Item = T>>(&self, place: Place, items: I) -> Option<T> {
        let found = items.filter(&self.predicate).last();
        if found.is_some() {
            self.best.fetch_max(place.start, Ordering::Relaxed);
        }
        found
    }

    fn merge(&self, left: Option<T>, right: Option<T>) -> Option<T> {
        right.or(left)
    }

    fn full(&self, place: &Range<u64>) -> bool {
        // Places that are used up share a start, and then nobody knows which is further right.
        let best = self.best.load(Ordering::Relaxed);
        place.end <= best && place.start < best
    }
}

/// Where a piece stands in the order of all pieces: a range of imagined positions, halved with each
/// cut. Once they are used up, pieces share a start. That costs a stop, never a wrong answer, since
/// what is found is merged by the order of the pieces themselves.
pub(crate) struct Place {
    start: u64,
    width: u64,
}

impl Place {
    fn whole() -> Place {
        Place { start: 0, width: u64::MAX }
    }
}

impl Portion for Place {
    fn split_at(self, _: usize) -> (Place, Place) {
        self.split()
    }

    fn split(self) -> (Place, Place) {
        let half = self.width / 2;
        let right = Place { start: self.start + half, width: self.width - half };
        (Place { width: half, ..self }, right)
    }

    fn place(&self) -> Range<u64> {
        self.start..self.start + self.width
    }
}
