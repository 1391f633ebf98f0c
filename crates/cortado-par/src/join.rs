//! `join`: two closures, perhaps at the same time.

use crate::install::{self, within};
use crate::job::{FnContext, Lent, StackJob};
use crate::member::Aboard;
use crate::outside;
use crate::visit::{self, Visit};

/// Calls both closures, perhaps at the same time on two threads, and returns both results.
///
/// # Panics
/// Where one of them panics; by then both have ended, or the second was not begun. Where both panic,
/// with the first one's.
///
/// # Examples
/// ```
/// let (a, b) = cortado_par::join(|| 6 * 7, || "text".len());
/// assert_eq!((a, b), (42, 4));
/// ```
#[inline]
#[track_caller]
pub fn join<A, B, RA, RB>(oper_a: A, oper_b: B) -> (RA, RB)
where
    A: FnOnce() -> RA + Send,
    B: FnOnce() -> RB + Send,
    RA: Send,
    RB: Send,
{
    if visit::offers_enough() {
        return (oper_a(), oper_b());
    }
    join_slowly(|_| oper_a(), |_| oper_b())
}

/// As [`join`], for closures that want to know whether they were moved to another thread.
///
/// # Examples
/// ```
/// let (a, b) = cortado_par::join_context(|context| context.migrated(), |_| "text".len());
/// assert_eq!((a, b), (false, 4));
/// ```
#[inline]
#[track_caller]
pub fn join_context<A, B, RA, RB>(oper_a: A, oper_b: B) -> (RA, RB)
where
    A: FnOnce(FnContext) -> RA + Send,
    B: FnOnce(FnContext) -> RB + Send,
    RA: Send,
    RB: Send,
{
    if visit::offers_enough() {
        return both(oper_a, oper_b);
    }
    join_slowly(oper_a, oper_b)
}

#[inline]
fn both<RA, RB>(
    oper_a: impl FnOnce(FnContext) -> RA,
    oper_b: impl FnOnce(FnContext) -> RB,
) -> (RA, RB) {
    let result = oper_a(FnContext::new(false));
    (result, oper_b(FnContext::new(false)))
}

#[cold]
#[inline(never)]
#[track_caller]
fn join_slowly<A, B, RA, RB>(oper_a: A, oper_b: B) -> (RA, RB)
where
    A: FnOnce(FnContext) -> RA + Send,
    B: FnOnce(FnContext) -> RB + Send,
    RA: Send,
    RB: Send,
{
    if !install::is_home() {
        return outside::join(oper_a, oper_b);
    }
    within(|visit| join_in(visit, oper_a, oper_b))
}

/// A join in a visit.
pub(crate) fn join_in<A, B, RA, RB>(visit: &Visit, oper_a: A, oper_b: B) -> (RA, RB)
where
    A: FnOnce(FnContext) -> RA,
    B: FnOnce(FnContext) -> RB + Send,
    RB: Send,
{
    match visit.aboard() {
        Some(aboard) => join_aboard(aboard, oper_a, oper_b),
        None => both(oper_a, oper_b),
    }
}

fn join_aboard<A, B, RA, RB>(aboard: &Aboard, oper_a: A, oper_b: B) -> (RA, RB)
where
    A: FnOnce(FnContext) -> RA,
    B: FnOnce(FnContext) -> RB + Send,
    RB: Send,
{
    let job = StackJob::of_member(oper_b, aboard);
    let lent = Lent::new(aboard, &job);
    let result = oper_a(FnContext::new(false));
    lent.settle();
    (result, job.end().unwrap_or_else(|oper_b| oper_b(FnContext::new(false))))
}
