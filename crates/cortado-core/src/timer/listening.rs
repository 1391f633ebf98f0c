//! Listening: the waker of the one who waits for a timer's entry, set by its `Sleep` and taken by
//! whoever fires.
//!
//! It is the protocol of the crate atomic-waker, for one listener, over a byte and a place that the
//! entry lends, because an `AtomicWaker` is larger than both. The byte has two flags: `LISTENS`
//! while the `Sleep` changes the place, `TAKES` while somebody takes the waker out.
//!
//! Invariants:
//! - L1: while somebody may take, the place is touched only by who found the byte at 0 and set a flag
//!   in that step, until it clears the flag; and by the listener that finds `TAKES` beside its own
//!   flag: who set that has left, and the listener takes the waker for it.
//! - L2: a flag is set with Acquire and cleared with Release, so each sees what the one before did.
//! - L3: while nobody takes, and nobody can begin to, the place is the listener's own, and the byte is
//!   at 0. The entry says when that is: so long as it is cancelled, or before another thread knows it.
//!
//! No wake-up is lost. Who fires sets `FIRED` before it takes, and the `Sleep` looks at `FIRED` after
//! it listened. Both change this byte, so one comes first. Either the one who takes finds the waker
//! or the listener's flag, and then the listener wakes itself; or the listener sees `FIRED`.

use std::cell::UnsafeCell;
use std::task::Waker;

use crate::shim::atomic::AtomicU8;
use crate::shim::atomic::Ordering::{AcqRel, Acquire, Release};

const LISTENS: u8 = 1;
const TAKES: u8 = 1 << 1;

/// See the module.
pub(super) struct Listening<'a> {
    state: &'a AtomicU8,
    place: &'a UnsafeCell<Option<Waker>>,
}

impl<'a> Listening<'a> {
    /// Both belong to one entry, and nothing else uses them.
    pub(super) fn new(state: &'a AtomicU8, place: &'a UnsafeCell<Option<Waker>>) -> Self {
        Listening { state, place }
    }

    /// Makes `waker` the one to wake, or wakes it where somebody takes the waker right now. For the
    /// only listener.
    pub(super) fn listen(&self, waker: &Waker) {
        match self.state.compare_exchange(0, LISTENS, AcqRel, Acquire) {
            Ok(_) => self.replace(waker),
            Err(_) => waker.wake_by_ref(),
        }
    }

    /// As `listen`, at a lower price.
    ///
    /// # Safety
    /// L3: the caller is the listener, and nobody takes before the caller lets them.
    pub(super) unsafe fn listen_alone(&self, waker: &Waker) {
        let waker = Some(waker.clone());
        // SAFETY: L3 (the caller says so; the clone, which is users' code, is over).
        let place = unsafe { &mut *self.place.get() };
        let replaced = std::mem::replace(place, waker);
        drop(replaced);
    }

    /// As `take`, for the listener, at a lower price.
    ///
    /// # Safety
    /// As `listen_alone`.
    pub(super) unsafe fn take_alone(&self) -> Option<Waker> {
        // SAFETY: L3 (the caller says so).
        unsafe { (*self.place.get()).take() }
    }

    fn replace(&self, waker: &Waker) {
        let leaves = Leaves(self);
        // SAFETY: L1 (we have set LISTENS; `leaves` clears it, after this reference is gone).
        let place = unsafe { &mut *self.place.get() };
        let is_known = place.as_ref().is_some_and(|known| known.will_wake(waker));
        // The clone is users' code and may panic; the place is as it was then.
        let replaced = if is_known { None } else { place.replace(waker.clone()) };
        drop(leaves);
        drop(replaced);
    }

    /// Takes the waker. None: there is none, or the listener or somebody else takes care of it.
    pub(super) fn take(&self) -> Option<Waker> {
        if self.state.fetch_or(TAKES, AcqRel) != 0 {
            return None;
        }
        // SAFETY: L1 (we have set TAKES in a state without flags).
        let waker = unsafe { (*self.place.get()).take() };
        self.state.fetch_and(!TAKES, Release);
        waker
    }
}

/// Ends a change of the place, also after a panic.
struct Leaves<'a, 'b>(&'a Listening<'b>);

impl Drop for Leaves<'_, '_> {
    fn drop(&mut self) {
        let Listening { state, place } = self.0;
        if state.compare_exchange(LISTENS, 0, AcqRel, Acquire).is_err() {
            // SAFETY: L1 (TAKES was set beside our flag, and who set it has left).
            let missed = unsafe { (*place.get()).take() };
            state.swap(0, AcqRel);
            missed.into_iter().for_each(crate::context::wake);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::UnsafeCell;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
    use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};
    use std::time::Duration;

    use super::{LISTENS, Listening, TAKES};
    use crate::Builder;
    use crate::time::sleep;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn the_last_waker_is_taken_once() {
        let (state, place) = (AtomicU8::new(0), UnsafeCell::new(None));
        let listening = Listening::new(&state, &place);
        let (one, other) = (Arc::new(Count::default()), Arc::new(Count::default()));
        listening.listen(&Waker::from(one.clone()));
        listening.listen(&Waker::from(other.clone()));
        assert_eq!(Arc::strong_count(&one), 1, "a waker that was replaced is dropped");
        listening.take().expect("there is one").wake();
        assert_eq!((one.0.load(Ordering::SeqCst), other.0.load(Ordering::SeqCst)), (0, 1));
        assert!(listening.take().is_none());
        assert_eq!(state.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn who_listens_while_it_is_taken_is_woken() {
        let (state, place) = (AtomicU8::new(TAKES), UnsafeCell::new(None));
        let listening = Listening::new(&state, &place);
        let count = Arc::new(Count::default());
        listening.listen(&Waker::from(count.clone()));
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn who_takes_while_somebody_listens_leaves_it_to_them() {
        let (state, place) = (AtomicU8::new(LISTENS), UnsafeCell::new(None));
        assert!(Listening::new(&state, &place).take().is_none());
        assert_eq!(state.load(Ordering::SeqCst), LISTENS | TAKES);
    }

    #[test]
    fn who_is_alone_replaces_and_takes_without_a_flag() {
        let (state, place) = (AtomicU8::new(0), UnsafeCell::new(None));
        let listening = Listening::new(&state, &place);
        let (one, other) = (Arc::new(Count::default()), Arc::new(Count::default()));
        for count in [&one, &other] {
            // SAFETY: L3 (no other thread knows of the place).
            unsafe { listening.listen_alone(&Waker::from(count.clone())) };
        }
        assert_eq!(Arc::strong_count(&one), 1, "a waker that was replaced is dropped");
        // SAFETY: L3 (as above).
        unsafe { listening.take_alone() }.expect("there is one").wake();
        assert_eq!((one.0.load(Ordering::SeqCst), other.0.load(Ordering::SeqCst)), (0, 1));
        assert!(listening.take().is_none());
    }

    /// Its clones panic.
    fn bad_waker() -> Waker {
        const PANICS: RawWakerVTable =
            RawWakerVTable::new(|_| panic!("a clone that panics"), |_| {}, |_| {}, |_| {});
        // SAFETY: L1 (the functions of this waker do not use its data, which is null).
        unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &PANICS)) }
    }

    #[test]
    fn a_panic_of_the_clone_leaves_it_as_it_was() {
        let (state, place) = (AtomicU8::new(0), UnsafeCell::new(None));
        let listening = Listening::new(&state, &place);
        let count = Arc::new(Count::default());
        listening.listen(&Waker::from(count.clone()));
        let bad = bad_waker();
        assert!(catch_unwind(AssertUnwindSafe(|| listening.listen(&bad))).is_err());
        // SAFETY: L3 (no other thread knows of the place).
        let alone = AssertUnwindSafe(|| unsafe { listening.listen_alone(&bad) });
        assert!(catch_unwind(alone).is_err());
        listening.take().expect("the one from before").wake();
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_sleep_whose_waker_cannot_be_cloned_has_not_begun_to_wait() {
        let runtime = Builder::new().worker_threads(1).build().expect("threads and descriptors");
        let _entered = runtime.handle().enter();
        let mut sleep = pin!(sleep(Duration::from_secs(3600)));
        let mut poll = |waker: &Waker| {
            let context = &mut Context::from_waker(waker);
            catch_unwind(AssertUnwindSafe(|| sleep.as_mut().poll(context)))
        };
        assert!(poll(&bad_waker()).is_err());
        assert!(poll(Waker::noop()).expect("no panic").is_pending());
        assert!(poll(&bad_waker()).is_err());
        assert!(poll(Waker::noop()).expect("no panic").is_pending());
    }
}
