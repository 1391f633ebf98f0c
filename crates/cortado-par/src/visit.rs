//! A visit: the stretch of a thread in which it may run joins and scopes, from the outermost one (or
//! from the beginning of a job) to its end.
//!
//! It begins cheaply; the thread takes a place in the pool, *boards*, at the first join. Only a task in
//! the wait lane, at a place in the program that has lately been short, computes in plain calls until a
//! limit of time has passed. When it boards it gives its seat up, as for a call that blocks.
//!
//! A place that is not known counts as long: to board costs a few microseconds, and of a parallel iterator,
//! which has three joins on two cores, half would run on one thread before the limit is looked at.
//!
//! - V1: `VISIT` is null or points to a visit on the stack of its thread, and `MEMBER` is null or points
//!   to the member that this visit has a place in: both are cleared before the visit goes.

use std::cell::{Cell, OnceCell};
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use cortado_core::work::Parker;

use crate::learned::{self, Place};
use crate::member::Aboard;
use crate::pool::{Member, Pool};
use crate::stretch::Stretch;
use crate::tuning::WAIT_LANE_LIMIT;

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
    /// Where in the program it began, in the wait lane.
    waits_at: Option<Place>,
    aboard: OnceCell<Aboard>,
    /// Since the first join or scope; in the wait lane.
    stretch: Cell<Option<Stretch>>,
}

impl Visit {
    fn new(pool: Arc<Pool>, waits_at: Option<Place>) -> Visit {
        Visit { pool, waits_at, aboard: OnceCell::new(), stretch: Cell::new(None) }
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
            // Where the pool is full, the thread goes on without, and keeps its seat.
            let aboard = Aboard::come(&self.pool, self.waits_at.is_some())?;
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
        let Some(place) = self.waits_at else { return true };
        let Some(mut stretch) = self.stretch.get() else {
            self.stretch.set(Some(Stretch::begin()));
            return !learned::is_short(place);
        };
        let is_too_long = stretch.go_on();
        self.stretch.set(Some(stretch));
        is_too_long
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let (Some(place), Some(stretch)) = (self.waits_at, self.stretch.get()) {
            learned::learn(place, stretch.lasted(), WAIT_LANE_LIMIT);
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

/// The thread has a place in the pool.
pub(crate) fn is_aboard() -> bool {
    !MEMBER.get().is_null()
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

/// Calls `body` in a visit of the thread, which has none yet; `waits_at` is the place in the program where
/// it begins, if that is in the wait lane.
pub(crate) fn with<R>(
    pool: Arc<Pool>,
    waits_at: Option<Place>,
    body: impl FnOnce(&Visit) -> R,
) -> R {
    let visit = Visit::new(pool, waits_at);
    let _visiting = Visiting::begin(&visit);
    body(&visit)
}

/// The same for a thread that has a place from the start.
pub(crate) fn with_aboard<R>(
    pool: Arc<Pool>,
    aboard: Aboard,
    body: impl FnOnce(&Aboard) -> R,
) -> R {
    with(pool, None, |visit| body(visit.board(aboard)))
}
