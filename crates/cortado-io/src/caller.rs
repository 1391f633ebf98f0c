//! On whose behalf a stream is polled.
//!
//! A wait is reported with the place in the user's code that waits. The `poll_…` functions of
//! `futures-io` do not know it: they are called by futures, and those by other futures. So a
//! future that remembers its maker says so for the length of one poll, in a thread-local, and the
//! stream at the bottom, however deeply it is wrapped, reads it there.

use std::cell::Cell;
use std::panic::Location;

thread_local! {
    static CALLER: Cell<Option<&'static Location<'static>>> = const { Cell::new(None) };
}

/// Puts back what was there, also when the poll panics.
struct Restore(Option<&'static Location<'static>>);

impl Drop for Restore {
    fn drop(&mut self) {
        CALLER.set(self.0);
    }
}

/// Polls on behalf of the code at `location`.
pub(crate) fn on_behalf_of<R>(location: &'static Location<'static>, poll: impl FnOnce() -> R) -> R {
    let _restore = Restore(CALLER.replace(Some(location)));
    poll()
}

/// The code on whose behalf this thread polls; where no future said so, the caller of this.
#[track_caller]
pub(crate) fn current() -> &'static Location<'static> {
    CALLER.get().unwrap_or_else(Location::caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_caller_is_current_and_the_outer_one_comes_back() {
        let (outer, inner) = (here(), here());
        on_behalf_of(outer, || {
            on_behalf_of(inner, || assert_eq!(current(), inner));
            assert_eq!(current(), outer);
        });
        assert_ne!(current(), outer);
    }

    #[track_caller]
    fn here() -> &'static Location<'static> {
        Location::caller()
    }
}
