//! Joins on a thread that is no worker. The way to the work lane and back costs two wake-ups and, on two
//! cores, as many switches; so what begins at a place that has lately been short runs on the thread
//! itself, as plain calls.
//!
//! A wrong guess is found out at the ends of first closures: once such a *stretch* has lasted for too long,
//! each second closure that is still to come, and each further join, goes to the work lane after all.
//! What ran alone by then is the first closures on the way down, a fraction of the whole that halves
//! with each join; and the place is not short any more.
//!
//! Who has sent a closure sleeps at once. A thread that looks for its answer first keeps a core from the work
//! lane's threads, which have a lower priority: 50 µs of computing, on two cores, took 33 µs without looks, 71 to
//! 78 with 15 µs of them, 92 to 118 with 60 and 96 to 133 with 250; with a yield after each look 31 to 53.

use std::cell::Cell;

use crate::install::send;
use crate::job::FnContext;
use crate::join::join_in;
use crate::learned::{self, Place};
use crate::stretch::Stretch;
use crate::tuning::INLINE_LIMIT;

thread_local! {
    static STRETCH: Cell<Option<Own>> = const { Cell::new(None) };
}

/// The thread's stretch.
#[derive(Clone, Copy)]
struct Own {
    stretch: Stretch,
    is_over: bool,
}

/// Runs the closure on this thread where it is short, else in the work lane.
#[track_caller]
pub(crate) fn install<F, R>(closure: F) -> R
where
    F: FnOnce() -> R + Send,
    R: Send,
{
    let place = Place::of_function(install::<F, R> as *const ());
    if STRETCH.get().is_some() || learned::is_short(place) {
        let _began = Began::here(place);
        return closure();
    }
    send(|_| learned::timed(place, closure))
}

/// The same for a join.
#[track_caller]
pub(crate) fn join<A, B, RA, RB>(oper_a: A, oper_b: B) -> (RA, RB)
where
    A: FnOnce(FnContext) -> RA + Send,
    B: FnOnce(FnContext) -> RB + Send,
    RA: Send,
    RB: Send,
{
    let place = Place::of_function(join::<A, B, RA, RB> as *const ());
    match STRETCH.get() {
        None if !learned::is_short(place) => {
            send(|visit| learned::timed(place, || join_in(visit, oper_a, oper_b)))
        }
        Some(own) if own.is_over => send(|visit| join_in(visit, oper_a, oper_b)),
        _ => {
            let _began = Began::here(place);
            let result = oper_a(FnContext::new(false));
            if is_over() {
                return (result, send(|_| oper_b(FnContext::new(true))));
            }
            (result, oper_b(FnContext::new(false)))
        }
    }
}

/// A join's first closure has ended in the thread's stretch, which lasts for too long by now.
fn is_over() -> bool {
    let Some(mut own) = STRETCH.get() else { return false };
    own.is_over |= own.stretch.go_on();
    STRETCH.set(Some(own));
    own.is_over
}

/// The thread's stretch, which ends when this is dropped; nothing within another one.
struct Began(Option<Place>);

impl Began {
    fn here(place: Place) -> Began {
        if STRETCH.get().is_some() {
            return Began(None);
        }
        STRETCH.set(Some(Own { stretch: Stretch::begin(), is_over: false }));
        Began(Some(place))
    }
}

impl Drop for Began {
    fn drop(&mut self) {
        if let Some(place) = self.0
            && let Some(own) = STRETCH.take()
        {
            learned::learn(place, own.stretch.lasted(), INLINE_LIMIT);
        }
    }
}
