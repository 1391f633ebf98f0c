//! Stand-in for the fork-join core: a join over scoped threads, to a small depth.

use std::cell::Cell;
use std::panic::resume_unwind;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Whether a closure runs on another thread than the one that called join.
pub struct FnContext {
    migrated: bool,
}

impl FnContext {
    /// See the type.
    pub fn migrated(&self) -> bool {
        self.migrated
    }
}

/// How many threads there are.
pub fn current_num_threads() -> usize {
    4
}

/// Runs both.
pub fn join<A, B, RA, RB>(a: A, b: B) -> (RA, RB)
where
    A: FnOnce() -> RA + Send,
    B: FnOnce() -> RB + Send,
    RA: Send,
    RB: Send,
{
    join_context(|_| a(), |_| b())
}

/// Runs both.
pub fn join_context<A, B, RA, RB>(a: A, b: B) -> (RA, RB)
where
    A: FnOnce(FnContext) -> RA + Send,
    B: FnOnce(FnContext) -> RB + Send,
    RA: Send,
    RB: Send,
{
    let depth = DEPTH.get();
    if depth >= 2 {
        return (a(FnContext { migrated: false }), b(FnContext { migrated: false }));
    }
    std::thread::scope(|scope| {
        let other = scope.spawn(move || {
            DEPTH.set(depth + 1);
            b(FnContext { migrated: true })
        });
        DEPTH.set(depth + 1);
        let guard = Restore(depth);
        let left = a(FnContext { migrated: false });
        drop(guard);
        (left, other.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

struct Restore(usize);

impl Drop for Restore {
    fn drop(&mut self) {
        DEPTH.set(self.0);
    }
}
