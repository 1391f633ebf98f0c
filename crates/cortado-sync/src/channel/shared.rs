//! What the ends of one channel share: the state behind its lock, and how many ends there are.

use std::mem::MaybeUninit;
use std::panic::Location;

use cortado_probe::Wait;

use super::desk::Desk;
use super::end::Side;
use super::lock::Lock;
use super::state::{Effects, State};
use super::wake::{wake, wake_all};
use crate::report::{self, Identity};
use crate::shim::atomic::{AtomicUsize, Ordering};

/// Room between what changes with every message and what does not, so that they share no line of a cache.
/// Bytes, and no alignment: for memory that is to begin at a multiple of more than 16, glibc's allocator
/// takes a slow way, which was a tenth of `runtime skynet`.
type Apart = MaybeUninit<[u8; 64]>;

/// See the module.
#[repr(C)]
pub(crate) struct Shared<T> {
    /// Beside the lock, since it never changes; `usize::MAX` where there is no bound.
    capacity: usize,
    senders: AtomicUsize,
    receivers: AtomicUsize,
    identity: Identity,
    _before: Apart,
    state: Lock<State<T>>,
    desk: Desk,
    _behind: Apart,
}

impl<T> Shared<T> {
    /// A channel with one sender and one receiver.
    pub(super) fn new(capacity: usize) -> Self {
        Shared {
            capacity,
            senders: AtomicUsize::new(1),
            receivers: AtomicUsize::new(1),
            identity: Identity::new(),
            _before: Apart::uninit(),
            state: Lock::new(State::new(capacity)),
            desk: Desk::new(),
            _behind: Apart::uninit(),
        }
    }

    /// Runs one transition with the state locked, and then wakes the one that it says. What it returns
    /// is dropped without the lock.
    #[inline]
    pub(crate) fn with<R>(
        &self,
        transition: impl FnOnce(&mut State<T>, &mut Effects<'_>) -> R,
    ) -> R {
        let mut woken = None;
        let mut effects = Effects { desk: &self.desk, woken: &mut woken };
        let result = self.state.with(|state| transition(state, &mut effects));
        wake(woken);
        result
    }

    /// The sender at the desk: true where its message was taken, and then it has left.
    #[inline]
    pub(super) fn leave_desk_if_served(&self) -> bool {
        self.desk.leave_if_served()
    }

    /// Tells the probe that somebody waits here.
    pub(crate) fn waits(&self, why: Wait, location: &'static Location<'static>) {
        report::waits(why, &self.identity, location);
    }

    /// True where the channel was open until now.
    pub(super) fn close(&self) -> bool {
        let (was_open, wakers) = self.with(|state, _| state.close());
        wake_all(wakers);
        was_open
    }

    /// How many messages it has room for; none where there is no bound.
    #[inline]
    pub(super) fn capacity(&self) -> Option<usize> {
        (self.capacity != usize::MAX).then_some(self.capacity)
    }

    pub(super) fn sender_count(&self) -> usize {
        self.senders.load(Ordering::Relaxed)
    }

    pub(super) fn receiver_count(&self) -> usize {
        self.receivers.load(Ordering::Relaxed)
    }
}

/// The side that sends.
pub(super) struct Sending;

impl Side for Sending {
    #[inline]
    fn count<T>(shared: &Shared<T>) -> &AtomicUsize {
        &shared.senders
    }

    fn last<T>(shared: &Shared<T>) {
        shared.close();
    }
}

/// The side that receives.
pub(super) struct Receiving;

impl Side for Receiving {
    #[inline]
    fn count<T>(shared: &Shared<T>) -> &AtomicUsize {
        &shared.receivers
    }

    /// With the last receiver go the messages.
    fn last<T>(shared: &Shared<T>) {
        let (messages, wakers) = shared.with(|state, _| state.abandon());
        wake_all(wakers);
        drop(messages);
    }
}
