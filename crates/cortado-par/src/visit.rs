//! A visit: the stretch of a thread in which it may run joins and scopes, from the outermost one (or
//! from the beginning of a job) to its end.
//!
//! It begins cheaply; the thread takes a place in the pool, *boards*, when that pays. In the work lane it
//! does at the first join. A task in the wait lane computes in plain calls until a first limit of time
//! has passed, and then gives its seat up as for a call that blocks; where what begins at this place in
//! the program was long the last time, it does so at once.
//!
//! - V1: `VISIT` is null or points to a visit on the stack of its thread, and `MEMBER` is null or points
//!   to the member that this visit has a place in: both are cleared before the visit goes.

use std::cell::{Cell, OnceCell};
use std::marker::PhantomData;
use std::panic::Location;
use std::ptr;
use std::sync::Arc;
use std::time::Instant;

use cortado_core::work::{Parker, Standing};
use cortado_probe::Lane;

use crate::learned;
use crate::member::Aboard;
use crate::pool::{Member, Pool};
use crate::tuning::{JOINS_PER_LOOK, WAIT_LANE_LIMIT};

thread_local! {
    /// For waiting on threads that are not aboard.
    pub(crate) static PARKER: Arc<Parker> = Arc::new(Parker::new());
    static VISIT: Cell<*const Visit> = const { Cell::new(ptr::null()) };
    static MEMBER: Cell<*const Member> = const { Cell::new(ptr::null()) };
}

/// The thread is aboard and has so much on offer that a join is two plain calls.
#[inline]
pub(crate) fn offers_enough() -> bool {
    let member = MEMBER.get();
    // SAFETY: V1.
    unsafe { member.as_ref() }.is_some_and(|member| member.deque.offers_enough())
}

/// See the module.
pub(crate) struct Visit {
    pool: Arc<Pool>,
    lane: Lane,
    /// Where in the program it began.
    place: &'static Location<'static>,
    aboard: OnceCell<Aboard>,
    /// Joins and scopes so far, and when the first one was; in the wait lane.
    joins: Cell<u32>,
    began: Cell<Option<Instant>>,
}

impl Visit {
    fn new(pool: Arc<Pool>, lane: Lane, place: &'static Location<'static>) -> Visit {
        let (joins, began) = (Cell::new(0), Cell::new(None));
        Visit { pool, lane, place, aboard: OnceCell::new(), joins, began }
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// The thread's parker, which is there until the visit ends.
    pub(crate) fn parker(&self) -> *const Arc<Parker> {
        match self.aboard.get() {
            Some(aboard) => &raw const aboard.member().parker,
            None => PARKER.with(ptr::from_ref),
        }
    }

    /// By which it is known as long as it lasts.
    pub(crate) fn address(&self) -> usize {
        ptr::from_ref(self) as usize
    }

    /// The thread's place, if it has one or should have one by now.
    pub(crate) fn aboard(&self) -> Option<&Aboard> {
        if self.aboard.get().is_none() && self.boards_now() {
            let standing = (self.lane == Lane::Wait).then(Standing::new);
            // Where the pool is full, the thread goes on without.
            let aboard = Aboard::come(&self.pool, standing)?;
            self.board(aboard);
        }
        self.aboard.get()
    }

    fn board(&self, aboard: Aboard) -> &Aboard {
        let aboard = self.aboard.get_or_init(|| aboard);
        MEMBER.set(aboard.member());
        aboard
    }

    fn boards_now(&self) -> bool {
        if self.lane == Lane::Work {
            return true;
        }
        let joins = self.joins.get();
        self.joins.set(joins.wrapping_add(1));
        if !joins.is_multiple_of(JOINS_PER_LOOK) {
            return false;
        }
        match self.began.get() {
            Some(began) => began.elapsed() >= WAIT_LANE_LIMIT,
            None => {
                self.began.set(Some(Instant::now()));
                learned::is_long(self.place.into())
            }
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let Some(began) = self.began.get() {
            learned::learn(self.place.into(), began.elapsed(), WAIT_LANE_LIMIT);
        }
    }
}

/// Ends the thread's visit.
struct Visiting<'a>(PhantomData<&'a Visit>);

impl<'a> Visiting<'a> {
    fn begin(visit: &'a Visit) -> Visiting<'a> {
        VISIT.set(visit);
        Visiting(PhantomData)
    }
}

impl Drop for Visiting<'_> {
    fn drop(&mut self) {
        VISIT.set(ptr::null());
        MEMBER.set(ptr::null());
    }
}

/// The thread is in a visit.
pub(crate) fn has_one() -> bool {
    !VISIT.get().is_null()
}

/// The thread's visit is the one at this address.
pub(crate) fn is_current(address: usize) -> bool {
    VISIT.get() as usize == address
}

/// Calls `body` with the thread's visit; gives it back where there is none.
pub(crate) fn current<B, R>(body: B) -> Result<R, B>
where
    B: FnOnce(&Visit) -> R,
{
    // SAFETY: V1.
    match unsafe { VISIT.get().as_ref() } {
        Some(visit) => Ok(body(visit)),
        None => Err(body),
    }
}

/// Calls `body` in a visit of the thread, which serves `lane` and has none yet.
pub(crate) fn with<R>(
    pool: Arc<Pool>,
    lane: Lane,
    place: &'static Location<'static>,
    body: impl FnOnce(&Visit) -> R,
) -> R {
    let visit = Visit::new(pool, lane, place);
    let _visiting = Visiting::begin(&visit);
    body(&visit)
}

/// The same for a thread that has a place from the start.
pub(crate) fn with_aboard<R>(
    pool: Arc<Pool>,
    aboard: Aboard,
    body: impl FnOnce(&Aboard) -> R,
) -> R {
    with(pool, Lane::Work, Location::caller(), |visit| body(visit.board(aboard)))
}
